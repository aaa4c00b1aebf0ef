//! Settings of a cache and of a pool.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::{ChannelId, Clock, Error};

use crate::event::{Event, Hook};
use crate::refresh_ahead::RefreshAhead;
use crate::source::TokenSource;

pub(crate) type MakeSource = Box<dyn Fn(&ChannelId) -> Result<Arc<dyn TokenSource>, Error> + Send + Sync>;

/// The settings that a cache and a pool have in common.
pub(crate) struct Common {
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) hook: Option<Hook>,
    pub(crate) refresh_ahead: RefreshAhead,
    pub(crate) issue_timeout: Duration,
}

impl Common {
    fn new() -> Self {
        Self { clock: None, hook: None, refresh_ahead: RefreshAhead::default(), issue_timeout: Duration::from_secs(60) }
    }
}

/// Gives a builder the setters that a cache and a pool have in common.
macro_rules! common_setters {
    ($builder:ident, $(#[$docs_of_clock:meta])+) => {
        impl $builder {
            $(#[$docs_of_clock])+
            pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
                self.common.clock = Some(clock);
                self
            }

            /// Whether a token is replaced ahead of its expiry although nobody asks for it just then;
            /// [`WhenUsed`](RefreshAhead::WhenUsed) by default.
            pub fn refresh_ahead(mut self, when: RefreshAhead) -> Self {
                self.common.refresh_ahead = when;
                self
            }

            /// The deadline of each call to a source, 60 s by default; at least a second. Leave room for the client's own
            /// deadline and attempts: with the defaults these take half a minute.
            pub fn issue_timeout(mut self, timeout: Duration) -> Self {
                self.common.issue_timeout = timeout.max(Duration::from_secs(1));
                self
            }
        }
    };
}

/// Settings of a [`TokenCache`](crate::TokenCache).
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_cache::{RefreshAhead, StaticSource, TokenCache};
/// # use line_channel_token_core::AccessToken;
///
/// # fn main() -> Result<(), line_channel_token_core::Error> {
/// let tokens = TokenCache::builder(StaticSource::new(AccessToken::new("long-lived")?))
///     .refresh_ahead(RefreshAhead::Always)
///     .issue_timeout(Duration::from_secs(30))
///     .build();
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct TokenCacheBuilder {
    pub(crate) source: Arc<dyn TokenSource>,
    pub(crate) common: Common,
}

impl TokenCacheBuilder {
    pub(crate) fn new(source: impl TokenSource) -> Self {
        Self { source: Arc::new(source), common: Common::new() }
    }

    /// Calls this for each [`Event`], outside of every lock. It should return soon; a panic of it is caught.
    pub fn on_event(mut self, hook: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.common.hook = Some(Arc::new(move |_, event| hook(event)));
        self
    }
}

common_setters! {
    TokenCacheBuilder,
    /// Another clock than that of the [source's policy](crate::SourcePolicy::with_clock), or than the machine's if that has none.
    /// It must be the one of the source's client: see [`IssueRequest::clock`](crate::IssueRequest::clock).
    ///
    /// ```
    /// use line_channel_token_cache::{StatelessSource, TokenCache};
    /// use line_channel_token_core::{ChannelId, ChannelSecret, Operation};
    /// use line_channel_token_mock::{MockBackend, Reply};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), line_channel_token_core::Error> {
    /// let line = MockBackend::new();
    /// line.given(Operation::IssueStateless).respond(Reply::stateless_token("the-token"));
    /// let source = StatelessSource::from_secret(line.client(), ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
    /// let tokens = TokenCache::builder(source).clock(line.client().clock()).build();
    /// assert_eq!(tokens.token().await?.header_value(), "Bearer the-token");
    /// # Ok(())
    /// # }
    /// ```
}

impl fmt::Debug for TokenCacheBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCacheBuilder")
            .field("source", &self.source)
            .field("refresh_ahead", &self.common.refresh_ahead)
            .finish_non_exhaustive()
    }
}

/// Settings of a [`TokenPool`](crate::TokenPool).
///
/// ```
/// use line_channel_token_cache::{StaticSource, TokenPool};
/// use line_channel_token_core::{AccessToken, ChannelId};
///
/// let pool = TokenPool::builder(|_: &ChannelId| Ok(StaticSource::new(AccessToken::new("long-lived")?)))
///     .max_capacity(10_000)
///     .max_concurrent_issues(32)
///     .build();
/// assert!(pool.is_empty());
/// ```
#[must_use]
pub struct TokenPoolBuilder {
    pub(crate) make: MakeSource,
    pub(crate) common: Common,
    pub(crate) max_capacity: usize,
    pub(crate) max_concurrent_issues: usize,
}

impl TokenPoolBuilder {
    pub(crate) fn new<S: TokenSource>(make: impl Fn(&ChannelId) -> Result<S, Error> + Send + Sync + 'static) -> Self {
        Self {
            make: Box::new(move |channel| make(channel).map(|source| Arc::new(source) as Arc<dyn TokenSource>)),
            common: Common::new(),
            max_capacity: 100_000,
            max_concurrent_issues: 64,
        }
    }

    /// Calls this for each [`Event`] of each channel, outside of every lock. It should return soon; a panic of it is caught.
    pub fn on_event(mut self, hook: impl Fn(&ChannelId, &Event) + Send + Sync + 'static) -> Self {
        self.common.hook = Some(Arc::new(move |channel, event| {
            // A pool's caches all know their channel.
            if let Some(channel) = channel {
                hook(channel, event);
            }
        }));
        self
    }

    /// How many channels are kept at most: 100,000 by default, and at least one. Past that, those that were not used for long are evicted. A
    /// channel takes at most a KiB beyond its token. Give it room for all channels that are in use at a time: a channel that is
    /// evicted and comes back costs a token, which for v2 and v2.1 counts towards the channel's budget.
    pub fn max_capacity(mut self, channels: usize) -> Self {
        self.max_capacity = channels.max(1);
        self
    }

    /// How many calls for tokens are in flight at a time at most: 64 by default, and at least one. A part of them is kept for callers who wait,
    /// and a part for channels whose last call did not fail. A burst of more new channels that never respond than there are
    /// calls can still delay a healthy one.
    pub fn max_concurrent_issues(mut self, calls: usize) -> Self {
        self.max_concurrent_issues = calls.max(1);
        self
    }
}

common_setters! {
    TokenPoolBuilder,
    /// Another clock than the machine's. It must be the one of the sources' clients: `client.clock()`. Unlike a single cache, a
    /// pool does not take it from the policy of a source, because it needs a clock before it has a source, and one for all of
    /// them; a source that is on another one is an error of kind
    /// [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) for those who ask for its channel.
}

impl fmt::Debug for TokenPoolBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPoolBuilder")
            .field("max_capacity", &self.max_capacity)
            .field("max_concurrent_issues", &self.max_concurrent_issues)
            .field("refresh_ahead", &self.common.refresh_ahead)
            .finish_non_exhaustive()
    }
}
