//! Calls with a token, which are repeated once with another one if a server responds 401.

use std::sync::Arc;

use line_channel_token_core::{ChannelId, Error};

use crate::cache::TokenCache;
use crate::pool::TokenPool;
use crate::response_status::{ResponseStatus, is_unauthorized};
use crate::token::CachedToken;

impl TokenCache {
    /// Makes a call with a valid token. If its result is a 401, that token is [invalidated](Self::invalidate) and the call is made once more,
    /// with the next one. Whatever comes of that is returned, a second 401 too.
    ///
    /// If no other token can be had (an outage, a shutdown, a source that has this one alone), the first result is returned. However many
    /// calls meet one dead token, the source is asked once. Dropping the future leaves nothing behind: a refresh that it waited for goes on
    /// for the others. A token that was replaced meanwhile is not invalidated again.
    ///
    /// An error of another type than reqwest's has no status, so a call that makes one of a 401 (an SDK, `anyhow`) is not made again: return
    /// the response, or take [`authorized_by`](Self::authorized_by).
    ///
    /// ```
    /// # use http::StatusCode;
    /// # use http::header::{AUTHORIZATION, HeaderValue};
    /// # use line_channel_token_cache::{StatelessSource, TokenCache};
    /// # use line_channel_token_core::{ChannelId, ChannelSecret, Error, Operation};
    /// # use line_channel_token_mock::{MockBackend, Reply};
    /// # async fn push(authorization: HeaderValue) -> Result<StatusCode, std::io::Error> {
    /// #     Ok(if authorization == "Bearer revoked" { StatusCode::UNAUTHORIZED } else { StatusCode::OK })
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let line = MockBackend::new();
    /// # line.given(Operation::IssueStateless)
    /// #     .respond(Reply::stateless_token("revoked").then(Reply::stateless_token("valid")));
    /// # let source = StatelessSource::from_secret(line.client(), ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
    /// let tokens = TokenCache::new(source);
    /// // With reqwest: http.post(url).header(AUTHORIZATION, token.header_value()).json(&message).send()
    /// let status = tokens.authorized(|token| push(token.header_value())).await??;
    /// assert_eq!(status, StatusCode::OK);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token), if there is no token to begin with: then nothing was called.
    pub async fn authorized<R, F>(&self, call: impl FnMut(Arc<CachedToken>) -> F) -> Result<R, Error>
    where
        F: Future<Output = R>,
        R: ResponseStatus,
    {
        self.authorized_by(call, is_unauthorized).await
    }

    /// The same for any result: `is_unauthorized` says whether it is a 401. For SDKs whose errors hold the status, and for calls that return
    /// what was parsed.
    ///
    /// ```
    /// # use line_channel_token_cache::{CachedToken, StatelessSource, TokenCache};
    /// # use line_channel_token_core::{ChannelId, ChannelSecret, Error, Operation};
    /// # use line_channel_token_mock::{MockBackend, Reply};
    /// # #[derive(Debug)]
    /// # enum SdkError { Status(u16), Network }
    /// # async fn push(token: &str) -> Result<(), SdkError> {
    /// #     if token == "revoked" { Err(SdkError::Status(401)) } else { Ok(()) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// # let line = MockBackend::new();
    /// # line.given(Operation::IssueStateless)
    /// #     .respond(Reply::stateless_token("revoked").then(Reply::stateless_token("valid")));
    /// # let source = StatelessSource::from_secret(line.client(), ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
    /// # let tokens = TokenCache::new(source);
    /// let pushed = tokens
    ///     .authorized_by(
    ///         |token| async move { push(token.access_token().expose_secret()).await },
    ///         |result| matches!(result, Err(SdkError::Status(401))),
    ///     )
    ///     .await?;
    /// assert!(pushed.is_ok());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`authorized`](Self::authorized).
    pub async fn authorized_by<R, F>(
        &self,
        call: impl FnMut(Arc<CachedToken>) -> F,
        is_unauthorized: impl Fn(&R) -> bool,
    ) -> Result<R, Error>
    where
        F: Future<Output = R>,
    {
        let token = self.token().await?;
        Ok(call_authorized(&token, self.replacement(&token), call, is_unauthorized).await)
    }

    /// [Invalidates](Self::invalidate) `refused` and returns another token; `None` if none can be had now, or if the source has this one
    /// alone. For clients that cannot use [`authorized`](Self::authorized).
    ///
    /// ```
    /// # use line_channel_token_cache::{CachedToken, StaticSource, TokenCache};
    /// # use line_channel_token_core::AccessToken;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), line_channel_token_core::Error> {
    /// let tokens = TokenCache::new(StaticSource::new(AccessToken::new("long-lived")?));
    /// let token = tokens.token().await?;
    /// // The server said 401.
    /// assert!(tokens.replacement(&token).await.is_none(), "there is no other long-lived token");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn replacement(&self, refused: &CachedToken) -> Option<Arc<CachedToken>> {
        self.invalidate(refused);
        let next = self.token().await.ok()?;
        (!next.has_text_of(refused)).then_some(next)
    }
}

impl TokenPool {
    /// Makes a call with a valid token of the channel, and once more with the next one if the result is a 401: see
    /// [`TokenCache::authorized`].
    ///
    /// ```
    /// # use http::StatusCode;
    /// # use http::header::HeaderValue;
    /// use line_channel_token_cache::{StaticSource, TokenPool};
    /// use line_channel_token_core::{AccessToken, ChannelId};
    /// # async fn push(_: HeaderValue) -> StatusCode { StatusCode::OK }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), line_channel_token_core::Error> {
    /// let pool = TokenPool::builder(|_: &ChannelId| Ok(StaticSource::new(AccessToken::new("long-lived")?))).build();
    /// let channel = ChannelId::new("1234567890")?;
    /// let status = pool.authorized(&channel, |token| push(token.header_value())).await?;
    /// assert_eq!(status, StatusCode::OK);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token), if there is no token to begin with: then nothing was called.
    pub async fn authorized<R, F>(
        &self,
        channel: &ChannelId,
        call: impl FnMut(Arc<CachedToken>) -> F,
    ) -> Result<R, Error>
    where
        F: Future<Output = R>,
        R: ResponseStatus,
    {
        self.authorized_by(channel, call, is_unauthorized).await
    }

    /// The same for any result: see [`TokenCache::authorized_by`].
    ///
    /// # Errors
    ///
    /// As [`authorized`](Self::authorized).
    pub async fn authorized_by<R, F>(
        &self,
        channel: &ChannelId,
        call: impl FnMut(Arc<CachedToken>) -> F,
        is_unauthorized: impl Fn(&R) -> bool,
    ) -> Result<R, Error>
    where
        F: Future<Output = R>,
    {
        let token = self.token(channel).await?;
        Ok(call_authorized(&token, self.replacement(channel, &token), call, is_unauthorized).await)
    }

    /// Invalidates `refused` and returns another token of the channel, if one can be had: see [`TokenCache::replacement`].
    pub async fn replacement(&self, channel: &ChannelId, refused: &CachedToken) -> Option<Arc<CachedToken>> {
        let next = self.token_of_next_cache(channel, |cache| cache.invalidate(refused)).await.ok()?;
        (!next.has_text_of(refused)).then_some(next)
    }
}

/// `replacement` is polled only if the first result is a 401.
async fn call_authorized<R, F>(
    token: &Arc<CachedToken>,
    replacement: impl Future<Output = Option<Arc<CachedToken>>>,
    mut call: impl FnMut(Arc<CachedToken>) -> F,
    is_unauthorized: impl Fn(&R) -> bool,
) -> R
where
    F: Future<Output = R>,
{
    let first = call(Arc::clone(token)).await;
    if !is_unauthorized(&first) {
        return first;
    }
    match replacement.await {
        Some(next) => {
            // It may hold a connection that the second call needs.
            drop(first);
            call(next).await
        }
        None => first,
    }
}
