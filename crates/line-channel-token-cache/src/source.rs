//! The contract between a cache and what issues its tokens.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use line_channel_token_core::{Error, TokenKeyId};

use crate::issue::{IssueRequest, Issued, NewToken, RetireReason, Retired};
use crate::policy::SourcePolicy;

/// Issues tokens for one channel.
///
/// Implement it for whatever is not among the sources of this crate; only `issue` has to be written. The trait is async through
/// `async_trait`, which this crate re-exports. The cache makes one call for a token at a time and gives it up at a deadline; it
/// calls nothing under a lock.
///
/// # A source of your own
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_cache::{IssueRequest, Issued, NewToken, TokenCache, TokenSource, async_trait};
/// use line_channel_token_core::{AccessToken, Error};
///
/// #[derive(Debug)]
/// struct Sidecar;
///
/// #[async_trait]
/// impl TokenSource for Sidecar {
///     async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
///         let sent_at = request.clock().now(); // before the request is sent
///         let (token, seconds) = ask_the_sidecar().await.map_err(|_| Error::transient("the sidecar does not respond"))?;
///         Ok(NewToken::new(AccessToken::new(token)?, sent_at, Duration::from_secs(seconds)).into())
///     }
/// }
/// # async fn ask_the_sidecar() -> Result<(&'static str, u64), ()> { Ok(("the-token", 900)) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let tokens = TokenCache::new(Sidecar);
/// assert_eq!(tokens.token().await?.access_token().expose_secret(), "the-token");
/// # Ok(())
/// # }
/// ```
///
/// # A source around another
///
/// Four methods pass everything on; what is added here is a log of each issue.
///
/// ```
/// use line_channel_token_cache::{
///     IssueRequest, Issued, NewToken, RetireReason, Retired, SourcePolicy, TokenSource, async_trait,
/// };
/// use line_channel_token_core::{Error, TokenKeyId};
///
/// #[derive(Debug)]
/// struct Logged<S>(S);
///
/// #[async_trait]
/// impl<S: TokenSource> TokenSource for Logged<S> {
///     fn policy(&self) -> SourcePolicy {
///         self.0.policy()
///     }
///
///     async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
///         println!("a token is asked for: {:?}", request.reason());
///         self.0.issue(request).await
///     }
///
///     async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
///         self.0.retire(token, reason).await
///     }
///
///     async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
///         self.0.key_ids().await
///     }
/// }
/// ```
///
/// # Which error to return
///
/// The constructor says whether the cache retries soon, and whether a token may exist that nobody holds, which then counts
/// towards the [budget](crate::IssueBudget). `Error::retry_after`, if set, replaces the delay; it is clamped to a second and ten
/// minutes. While no valid token is held, the first failure of any kind is followed by a second attempt after a second.
///
/// | the error | retried after | uses a slot |
/// |---|---|---|
/// | [`Error::transient`]: the vault is sealed, the KMS timed out | 1 s, doubling up to a minute | no |
/// | [`Error::signing`], [`Error::invalid_input`], [`Error::backend`], [`Error::token_unavailable`]: a person has to act | 30 s, doubling up to 10 minutes | no |
/// | any of them `.with_sent(Sent::Unknown)`: a request may have arrived, and no response came back | 30 s, doubling up to 10 minutes | yes |
/// | what the methods of [`Client`](line_channel_token_core::Client) return: pass it on | as its kind says | if it may have been issued: a lost response, a 5xx, a 408, a body that is no token; not if LINE refused it |
/// | a panic, or the deadline | as a lost response | yes |
/// | a call that is cancelled because its runtime ended | at once; with a budget, from the sixth in a row on after 1 s, doubling up to a minute | yes |
#[async_trait]
pub trait TokenSource: fmt::Debug + Send + Sync + 'static {
    /// What the cache must keep to. It is read when the cache is made, not again later; it must not block and does no I/O.
    fn policy(&self) -> SourcePolicy {
        SourcePolicy::new()
    }

    /// Issues a token, or returns one that others issued.
    ///
    /// # Errors
    ///
    /// Whatever kept it from returning one; the cache retries later, whatever the kind. See the table above.
    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error>;

    /// Revokes a token that is no longer needed, or leaves it to expire, which is what this default does.
    ///
    /// It is called for a token that was replaced if the policy says so
    /// ([`with_revoke_previous_after`](SourcePolicy::with_revoke_previous_after)), and for one that a server refused, whose
    /// channel was removed, or whose cache is shut down and told to revoke. A token that others issued is retired only if it was
    /// refused or its channel removed.
    ///
    /// # Errors
    ///
    /// Whatever kept it from revoking the token; the cache retries later.
    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        let _ = (token, reason);
        Ok(Retired::LeftToExpire)
    }

    /// The key ids of all valid tokens of the channel, as the server lists them; `None` if this family cannot be listed. Only
    /// v2.1 tokens can.
    ///
    /// # Errors
    ///
    /// Whatever kept it from asking.
    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        Ok(None)
    }
}

#[async_trait]
impl<S: TokenSource + ?Sized> TokenSource for Arc<S> {
    fn policy(&self) -> SourcePolicy {
        (**self).policy()
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        (**self).issue(request).await
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        (**self).retire(token, reason).await
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        (**self).key_ids().await
    }
}

/// The outcome of a call to user code; a panic of it is the error that `panicked` makes.
pub(crate) async fn catch_panic<T>(
    call: impl Future<Output = Result<T, Error>>,
    panicked: impl FnOnce() -> Error,
) -> Result<T, Error> {
    AssertUnwindSafe(call).catch_unwind().await.unwrap_or_else(|_| Err(panicked()))
}
