//! Settings of a cache.

use std::fmt;
use std::sync::Arc;

use line_channel_token_core::{Clock, SystemClock};

use crate::{Event, TokenCache, TokenSource};

pub(crate) type Hook = Arc<dyn Fn(&Event) + Send + Sync>;

/// Settings of a [`TokenCache`].
#[must_use]
pub struct TokenCacheBuilder {
    pub(crate) source: Arc<dyn TokenSource>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hook: Option<Hook>,
}

impl TokenCacheBuilder {
    pub(crate) fn new(source: impl TokenSource) -> Self {
        Self { source: Arc::new(source), clock: Arc::new(SystemClock), hook: None }
    }

    /// Another clock than the machine's. It must be the one of the source's client.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Calls this for each [`Event`], outside of every lock. It should return soon; a panic of it is caught.
    pub fn on_event(mut self, hook: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.hook = Some(Arc::new(hook));
        self
    }

    /// The cache. It asks the source for nothing yet.
    pub fn build(self) -> TokenCache {
        TokenCache::from_settings(self)
    }
}

impl fmt::Debug for TokenCacheBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCacheBuilder").field("source", &self.source).finish_non_exhaustive()
    }
}
