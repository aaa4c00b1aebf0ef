//! Settings of a pool.

use std::fmt;
use std::sync::Arc;

use line_channel_token_core::{ChannelId, Clock, Error, SystemClock};

use crate::dock::Dock;
use crate::inner::{Hook, Settings};
use crate::keeper::Keeper;
use crate::{Event, RefreshAhead, TokenPool, TokenSource};

pub(crate) type MakeSource = Box<dyn Fn(&ChannelId) -> Result<Arc<dyn TokenSource>, Error> + Send + Sync>;

/// Settings of a [`TokenPool`].
#[must_use]
pub struct TokenPoolBuilder {
    make: MakeSource,
    clock: Arc<dyn Clock>,
    hook: Option<Hook>,
    refresh_ahead: RefreshAhead,
    max_channels: usize,
    max_calls: usize,
}

impl TokenPoolBuilder {
    pub(crate) fn new<S: TokenSource>(make: impl Fn(&ChannelId) -> Result<S, Error> + Send + Sync + 'static) -> Self {
        Self {
            make: Box::new(move |channel| make(channel).map(|source| Arc::new(source) as Arc<dyn TokenSource>)),
            clock: Arc::new(SystemClock),
            hook: None,
            refresh_ahead: RefreshAhead::default(),
            max_channels: 100_000,
            max_calls: 64,
        }
    }

    /// Another clock than the machine's. It must be the one of the sources' clients.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Calls this for each [`Event`] of each channel, outside of every lock. It should return soon; a panic of it is caught.
    pub fn on_event(mut self, hook: impl Fn(&ChannelId, &Event) + Send + Sync + 'static) -> Self {
        self.hook = Some(Arc::new(move |channel, event| {
            // A pool's caches all know their channel.
            if let Some(channel) = channel {
                hook(channel, event);
            }
        }));
        self
    }

    /// Whether tokens are replaced ahead of their expiry although nobody asks for them just then;
    /// [`WhenUsed`](RefreshAhead::WhenUsed) by default.
    pub fn refresh_ahead(mut self, when: RefreshAhead) -> Self {
        self.refresh_ahead = when;
        self
    }

    /// How many channels are kept, 100,000 by default; past that, those that were not used for longest are dropped. A channel
    /// takes at most a KiB beyond its token. Give it room for all channels that are in use at a time: a channel that is dropped and
    /// comes back costs a token, which for v2 and v2.1 counts towards the channel's budget.
    pub fn max_channels(mut self, channels: usize) -> Self {
        self.max_channels = channels.max(1);
        self
    }

    /// How many calls to sources are under way at a time, 64 by default. A part of them is kept for callers who wait.
    pub fn max_calls(mut self, calls: usize) -> Self {
        self.max_calls = calls.max(1);
        self
    }

    /// The pool. It has no channel yet.
    pub fn build(self) -> TokenPool {
        let Self { make, clock, hook, refresh_ahead, max_channels, max_calls } = self;
        let dock = Some(Arc::new(Dock::new(max_calls)));
        let settings = Settings { clock, hook, refresh_ahead, keeper: Keeper::default(), dock };
        TokenPool::of(make, settings, max_channels, max_calls)
    }
}

impl fmt::Debug for TokenPoolBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPoolBuilder")
            .field("max_channels", &self.max_channels)
            .field("max_calls", &self.max_calls)
            .field("refresh_ahead", &self.refresh_ahead)
            .finish_non_exhaustive()
    }
}
