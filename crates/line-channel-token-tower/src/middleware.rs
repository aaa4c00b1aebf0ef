//! The layer as a middleware of the crate `reqwest-middleware`.

use async_trait::async_trait;
use http::Extensions;
use http::header::AUTHORIZATION;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next, Result};

use crate::layer::AuthorizationLayer;
use crate::origins::Destination;
use crate::reqwest_service::is_refused;

/// The channel is that of `with_extension(channel_id)`. If there is no token to begin with, the error is
/// [`reqwest_middleware::Error::Middleware`], and holds a [`line_channel_token_core::Error`].
#[cfg_attr(docsrs, doc(cfg(feature = "reqwest-middleware")))]
#[async_trait]
impl Middleware for AuthorizationLayer {
    async fn handle(&self, mut request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        let to = Destination::from_url(request.url());
        let Some(tokens) = self.authorizer.tokens_for(to, request.headers(), Some(extensions)) else {
            return next.run(request, extensions).await;
        };
        let token = match tokens.try_token() {
            Some(token) => token,
            None => tokens.token().await.map_err(Error::middleware)?,
        };
        let again = request.try_clone();
        request.headers_mut().insert(AUTHORIZATION, token.header_value());
        let refusal = next.clone().run(request, extensions).await?;
        if !is_refused(&refusal, again.as_ref().map(Request::url), &tokens) {
            return Ok(refusal);
        }
        let Some(mut request) = again else {
            tokens.invalidate(&token);
            return Ok(refusal);
        };
        let Some(token) = tokens.replacement(token).await else { return Ok(refusal) };
        // It may hold a connection that the second attempt needs.
        drop(refusal);
        request.headers_mut().insert(AUTHORIZATION, token.header_value());
        next.run(request, extensions).await
    }
}
