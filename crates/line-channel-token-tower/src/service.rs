//! The service around a client.

use std::mem;

use line_channel_token_core::ChannelId;
use tower_service::Service;

use crate::channel_tokens::{Authorizer, ChannelTokens};
use crate::future::{Exchange, ResponseFuture, Unsent};

/// A client whose requests to LINE carry the current token: see [`AuthorizationLayer`](crate::AuthorizationLayer), which makes it.
///
/// It is a [`Service`] of `http::Request<B>` if `B` is `Clone`, of `http::Request<SendOnce<B>>` for any `B`, and with the feature `reqwest`
/// of `reqwest::Request`.
///
/// ```
/// use http::{Request, Response};
/// use line_channel_token_cache::{StaticSource, TokenPool};
/// use line_channel_token_core::{AccessToken, ChannelId, Error};
/// use line_channel_token_tower::{Authorization, AuthorizationLayer};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), line_channel_token_tower::BoxError> {
/// # let client = service_fn(async |_: Request<()>| Ok::<_, std::io::Error>(Response::new(())));
/// let pool = TokenPool::builder(|_: &ChannelId| Ok(StaticSource::new(AccessToken::new("long-lived")?))).build();
/// let service: Authorization<_> = AuthorizationLayer::from_pool(pool).layer(client);
/// let request = Request::get("https://api.line.me/v2/bot/info").body(())?;
/// let error = service.clone().oneshot(request.clone()).await.unwrap_err();
/// assert!(error.downcast_ref::<Error>().is_some_and(|error| error.to_string().contains("names no channel")));
///
/// let service = service.with_channel(ChannelId::new("1234567890")?);
/// assert!(service.oneshot(request).await.is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Authorization<S> {
    pub(crate) inner: S,
    pub(crate) authorizer: Authorizer,
}

impl<S> Authorization<S> {
    /// The channel of requests that name none: see [`AuthorizationLayer::with_channel`](crate::AuthorizationLayer::with_channel). For
    /// `reqwest::Request`, whose extensions nobody can reach: `service.clone().with_channel(channel)` is cheap.
    #[must_use]
    pub fn with_channel(mut self, channel: ChannelId) -> Self {
        self.authorizer.channel = Some(channel);
        self
    }

    /// The client.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The client.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The client.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// Sends a request with one of these tokens; as it is if there are none.
    pub(crate) fn send<Q>(
        &mut self,
        request: Q,
        tokens: Option<ChannelTokens>,
        exchange: Exchange<Q, S::Response>,
    ) -> ResponseFuture<S, Q>
    where
        S: Service<Q> + Clone,
    {
        let Some(tokens) = tokens else { return ResponseFuture::passing(self.inner.call(request)) };
        // The clone is not ready; the service that was polled is.
        let clone = self.inner.clone();
        let service = mem::replace(&mut self.inner, clone);
        let token = tokens.try_token();
        let unsent = Unsent { service, request, tokens, exchange };
        match token {
            Some(token) => ResponseFuture::first_attempt(unsent.send(token)),
            None => ResponseFuture::waiting(unsent),
        }
    }
}
