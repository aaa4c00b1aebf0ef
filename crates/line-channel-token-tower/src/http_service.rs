//! The service over `http::Request`.

use std::task::{Context, Poll};

use http::{Request, Response, StatusCode};
use tower_service::Service;

use crate::error::BoxError;
use crate::future::{Exchange, ResponseFuture};
use crate::origins::Destination;
use crate::send_once::SendOnce;
use crate::service::Authorization;

impl<S, B, T> Service<Request<B>> for Authorization<S>
where
    S: Service<Request<B>, Response = Response<T>> + Clone,
    S::Error: Into<BoxError>,
    B: Clone,
{
    type Response = Response<T>;
    type Error = BoxError;
    type Future = ResponseFuture<S, Request<B>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let to = Destination::from_uri(request.uri());
        let tokens = self.authorizer.tokens_for(to, request.headers(), Some(request.extensions()));
        self.send(request, tokens, exchange(|request| Some(request.clone())))
    }
}

/// Sent once, so its 401 is returned.
impl<S, B, T> Service<Request<SendOnce<B>>> for Authorization<S>
where
    S: Service<Request<B>, Response = Response<T>> + Clone,
    S::Error: Into<BoxError>,
{
    type Response = Response<T>;
    type Error = BoxError;
    type Future = ResponseFuture<S, Request<B>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<SendOnce<B>>) -> Self::Future {
        let to = Destination::from_uri(request.uri());
        let tokens = self.authorizer.tokens_for(to, request.headers(), Some(request.extensions()));
        self.send(request.map(SendOnce::into_inner), tokens, exchange(|_| None))
    }
}

fn exchange<B, T>(try_clone: fn(&Request<B>) -> Option<Request<B>>) -> Exchange<Request<B>, Response<T>> {
    Exchange {
        try_clone,
        headers_mut: Request::headers_mut,
        is_refused: |response, _, _| response.status() == StatusCode::UNAUTHORIZED,
    }
}
