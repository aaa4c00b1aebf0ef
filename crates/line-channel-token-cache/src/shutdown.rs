//! How a cache is shut down, and the report of what that did and left undone.

use std::time::Duration;

use line_channel_token_core::Error;

/// How a cache or a pool is shut down.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_cache::Shutdown;
/// # use line_channel_token_cache::{StaticSource, TokenCache};
/// # use line_channel_token_core::AccessToken;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), line_channel_token_core::Error> {
/// # let tokens = TokenCache::new(StaticSource::new(AccessToken::new("long-lived")?));
/// // Kubernetes kills after 30 s.
/// let report = tokens.shutdown(Shutdown::within(Duration::from_secs(20)).revoking_current()).await;
/// if !report.is_complete() {
///     eprintln!("left undone: {report:?}");
/// }
/// # assert!(report.is_complete());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shutdown {
    limit: Duration,
    revoke_current: bool,
}

impl Shutdown {
    /// Takes no longer than `limit`: it waits for calls in flight, for three quarters of that at most, and meanwhile revokes the
    /// tokens that were replaced and wait for that.
    ///
    /// Current tokens are left alone, and served until they expire.
    #[must_use]
    pub fn within(limit: Duration) -> Self {
        Self { limit, revoke_current: false }
    }

    /// Revokes the current tokens too, through their sources ([`TokenSource::retire`](crate::TokenSource::retire)), so that a
    /// restart leaves no slot used. Then no token is served any more.
    #[must_use]
    pub fn revoking_current(self) -> Self {
        Self { revoke_current: true, ..self }
    }

    /// The longest that the shutdown takes.
    #[must_use]
    pub fn limit(self) -> Duration {
        self.limit
    }

    /// Whether the current tokens are revoked too.
    #[must_use]
    pub fn revokes_current(self) -> bool {
        self.revoke_current
    }
}

impl Default for Shutdown {
    /// Within ten seconds, without revoking current tokens.
    fn default() -> Self {
        Self::within(Duration::from_secs(10))
    }
}

/// What a shutdown, or the removal of a channel, has done and left undone.
///
/// ```
/// use line_channel_token_cache::{ShortLivedSource, Shutdown, TokenCache};
/// use line_channel_token_core::{ChannelId, ChannelSecret, Operation};
/// use line_channel_token_mock::{MockBackend, Reply};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), line_channel_token_core::Error> {
/// let line = MockBackend::new();
/// line.given(Operation::Issue).respond(Reply::short_lived_token("the-token"));
/// line.given(Operation::Revoke).respond(Reply::revoked());
/// let source = ShortLivedSource::new(line.client(), ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
/// let tokens = TokenCache::new(source);
/// tokens.warm_up().await?;
///
/// let report = tokens.shutdown(Shutdown::default().revoking_current()).await;
/// assert_eq!(report.revoked, 1);
/// assert!(report.is_complete());
/// # Ok(())
/// # }
/// ```
///
/// With the feature `serde` it serializes to its fields, `is_complete` among them. An error is a map of its `kind`, `message`,
/// `operation` and whatever else is known of it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RevocationReport {
    /// How many tokens were revoked.
    pub revoked: usize,
    /// How many tokens their sources left to expire: a source that has no secret to revoke with, for example.
    pub left_to_expire: usize,
    /// How many revocations failed.
    pub failed: usize,
    /// How many revocations were not over in time. They may have arrived.
    pub unfinished: usize,
    /// How many calls for a token were not over in time. A token that they still bring is revoked if that was asked for and
    /// the process lives long enough.
    pub calls_in_flight: usize,
    /// The last error of a revocation that failed.
    pub last_error: Option<Error>,
}

impl RevocationReport {
    /// Whether nothing was left undone. Tokens that their sources leave to expire are not counted as such.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failed == 0 && self.unfinished == 0 && self.calls_in_flight == 0
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.revoked += other.revoked;
        self.left_to_expire += other.left_to_expire;
        self.failed += other.failed;
        self.unfinished += other.unfinished;
        self.calls_in_flight += other.calls_in_flight;
        self.last_error = other.last_error.or(self.last_error.take());
    }
}
