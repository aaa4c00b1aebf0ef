//! Settings of a cache.

use std::fmt;
use std::sync::Arc;

use line_channel_token_core::{Clock, SystemClock};

use crate::inner::{Hook, Inner, Settings};
use crate::keeper::Keeper;
use crate::{Event, RefreshAhead, TokenCache, TokenSource};

/// Settings of a [`TokenCache`].
#[must_use]
pub struct TokenCacheBuilder {
    source: Arc<dyn TokenSource>,
    clock: Arc<dyn Clock>,
    hook: Option<Hook>,
    refresh_ahead: RefreshAhead,
}

impl TokenCacheBuilder {
    pub(crate) fn new(source: impl TokenSource) -> Self {
        let refresh_ahead = RefreshAhead::default();
        Self { source: Arc::new(source), clock: Arc::new(SystemClock), hook: None, refresh_ahead }
    }

    /// Another clock than the machine's. It must be the one of the source's client.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Calls this for each [`Event`], outside of every lock. It should return soon; a panic of it is caught.
    pub fn on_event(mut self, hook: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.hook = Some(Arc::new(move |_, event| hook(event)));
        self
    }

    /// Whether a token is replaced ahead of its expiry although nobody asks for it just then;
    /// [`WhenUsed`](RefreshAhead::WhenUsed) by default.
    pub fn refresh_ahead(mut self, when: RefreshAhead) -> Self {
        self.refresh_ahead = when;
        self
    }

    /// The cache. It asks the source for nothing yet.
    pub fn build(self) -> TokenCache {
        let Self { source, clock, hook, refresh_ahead } = self;
        let settings = Settings { clock, hook, refresh_ahead, keeper: Keeper::default(), dock: None };
        TokenCache::from_inner(Inner::new(source, None, Arc::new(settings)))
    }
}

impl fmt::Debug for TokenCacheBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCacheBuilder")
            .field("source", &self.source)
            .field("refresh_ahead", &self.refresh_ahead)
            .finish_non_exhaustive()
    }
}
