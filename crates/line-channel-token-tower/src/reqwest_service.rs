//! The service over `reqwest::Request`.

use std::task::{Context, Poll};

use http::StatusCode;
use tower_service::Service;

use crate::channel_tokens::ChannelTokens;
use crate::error::BoxError;
use crate::future::{Exchange, ResponseFuture};
use crate::origins::Destination;
use crate::service::Authorization;

/// Repeated if the request can be cloned; a body that is a stream is sent once.
#[cfg_attr(docsrs, doc(cfg(feature = "reqwest")))]
impl<S> Service<reqwest::Request> for Authorization<S>
where
    S: Service<reqwest::Request, Response = reqwest::Response> + Clone,
    S::Error: Into<BoxError>,
{
    type Response = reqwest::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S, reqwest::Request>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: reqwest::Request) -> Self::Future {
        let tokens = self.authorizer.tokens_for(Destination::from_url(request.url()), request.headers(), None);
        let exchange = Exchange {
            try_clone: reqwest::Request::try_clone,
            headers_mut: reqwest::Request::headers_mut,
            is_refused: |response, again: Option<&reqwest::Request>, tokens| {
                is_refused(response, again.map(reqwest::Request::url), tokens)
            },
        };
        self.send(request, tokens, exchange)
    }
}

/// Whether a response refuses the token. One that another origin sent, after a redirect, does not: reqwest took the header away. `sent_to` is
/// there if the request can be repeated.
pub(crate) fn is_refused(response: &reqwest::Response, sent_to: Option<&reqwest::Url>, tokens: &ChannelTokens) -> bool {
    let came_from = response.url();
    response.status() == StatusCode::UNAUTHORIZED
        && sent_to.is_none_or(|url| url.origin() == came_from.origin())
        && Destination::from_url(came_from).is_some_and(|from| tokens.origins().allow(&from))
}
