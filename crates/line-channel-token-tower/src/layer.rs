//! The layer, and its settings.

use std::sync::Arc;

use line_channel_token_cache::{TokenCache, TokenPool};
use line_channel_token_core::{BaseUrl, ChannelId};
use tower_layer::Layer;

use crate::channel_tokens::{Authorizer, Shared, Tokens};
use crate::origins::Origins;
use crate::service::Authorization;

/// Puts the current token into the `Authorization` header of each request to LINE, and repeats a request once, with the next token, if the
/// response is a 401. See the [crate's page](crate) for which requests get it.
///
/// A [`Layer`] of tower over clients that take `http::Request` or (feature `reqwest`) `reqwest::Request`; with the feature
/// `reqwest-middleware` also a middleware of that crate. A clone shares the tokens.
///
/// ```
/// use http::{Request, Response, StatusCode};
/// use line_channel_token_cache::{StaticSource, TokenCache};
/// use line_channel_token_core::AccessToken;
/// use line_channel_token_tower::AuthorizationLayer;
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), line_channel_token_tower::BoxError> {
/// let client = service_fn(async |request: Request<String>| {
///     // A client of hyper-util, for example.
///     assert_eq!(request.headers()["authorization"], "Bearer long-lived");
///     Ok::<_, std::io::Error>(Response::new(()))
/// });
/// let tokens = TokenCache::new(StaticSource::new(AccessToken::new("long-lived")?));
/// let service = ServiceBuilder::new().layer(AuthorizationLayer::new(tokens)).service(client);
///
/// let request = Request::post("https://api.line.me/v2/bot/message/push").body("{}".to_owned())?;
/// assert_eq!(service.oneshot(request).await?.status(), StatusCode::OK);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AuthorizationLayer {
    pub(crate) authorizer: Authorizer,
}

impl AuthorizationLayer {
    /// Requests carry the tokens of this cache.
    #[must_use]
    pub fn new(tokens: TokenCache) -> Self {
        Self::from_tokens(Tokens::Cache(tokens))
    }

    /// Requests carry the token of their channel: of the [`ChannelId`] in their extensions, and without one of that of
    /// [`with_channel`](Self::with_channel). A request that has neither gets an error, and is not sent.
    ///
    /// ```
    /// # use http::{Request, Response};
    /// # use line_channel_token_cache::{StaticSource, TokenPool};
    /// # use line_channel_token_core::{AccessToken, ChannelId};
    /// # use line_channel_token_tower::AuthorizationLayer;
    /// # use tower::{Layer, ServiceExt, service_fn};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), line_channel_token_tower::BoxError> {
    /// # let client = service_fn(async |request: Request<()>| {
    /// #     assert_eq!(request.headers()["authorization"], "Bearer of-1234567890");
    /// #     Ok::<_, std::io::Error>(Response::new(()))
    /// # });
    /// let pool = TokenPool::builder(|channel: &ChannelId| Ok(StaticSource::new(AccessToken::new(format!("of-{channel}"))?))).build();
    /// let service = AuthorizationLayer::from_pool(pool).layer(client);
    /// let channel = ChannelId::new("1234567890")?;
    /// service.oneshot(Request::get("https://api.line.me/v2/bot/info").extension(channel).body(())?).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn from_pool(pool: TokenPool) -> Self {
        Self::from_tokens(Tokens::Pool(pool))
    }

    fn from_tokens(tokens: Tokens) -> Self {
        let shared = Arc::new(Shared { tokens, origins: Origins::default() });
        Self { authorizer: Authorizer { shared, channel: None } }
    }

    /// Sends the token to this base URL's scheme, host and port too, whatever the path: to a gateway, or to an emulator.
    ///
    /// It is https or a loopback address, because [`BaseUrl::new`] accepts nothing else. One of [`BaseUrl::insecure`] is taken at its word:
    /// the token then crosses the network in clear.
    ///
    /// ```
    /// # use line_channel_token_cache::{StaticSource, TokenCache};
    /// # use line_channel_token_core::{AccessToken, BaseUrl};
    /// # use line_channel_token_tower::AuthorizationLayer;
    /// # let tokens = TokenCache::new(StaticSource::new(AccessToken::new("long-lived")?));
    /// let layer = AuthorizationLayer::new(tokens)
    ///     .allow_origin(&BaseUrl::new("https://gateway.example/line")?)
    ///     .allow_origin(&BaseUrl::new("http://127.0.0.1:8787")?);
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn allow_origin(mut self, base_url: &BaseUrl) -> Self {
        Arc::make_mut(&mut self.authorizer.shared).origins.add(base_url);
        self
    }

    /// The channel of requests that name none in their extensions. For a layer of a pool: one of a single cache has one channel in any case.
    ///
    /// ```
    /// # use line_channel_token_cache::{StaticSource, TokenPool};
    /// # use line_channel_token_core::{AccessToken, ChannelId};
    /// # use line_channel_token_tower::AuthorizationLayer;
    /// # let pool = TokenPool::builder(|_: &ChannelId| Ok(StaticSource::new(AccessToken::new("long-lived")?))).build();
    /// let layer = AuthorizationLayer::from_pool(pool);
    /// let of_this_channel = layer.clone().with_channel(ChannelId::new("1234567890")?);
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_channel(mut self, channel: ChannelId) -> Self {
        self.authorizer.channel = Some(channel);
        self
    }
}

impl<S> Layer<S> for AuthorizationLayer {
    type Service = Authorization<S>;

    fn layer(&self, inner: S) -> Authorization<S> {
        Authorization { inner, authorizer: self.authorizer.clone() }
    }
}
