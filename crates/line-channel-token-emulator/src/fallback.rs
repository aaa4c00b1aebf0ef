//! A service of the user's beside the emulator's paths.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use tower_service::Service;

use crate::request_body_stream::RequestBodyStream;

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// The response's body: it may stream for ever.
pub(crate) type FallbackBody = UnsyncBoxBody<Bytes, BoxError>;

/// The address of the client, which each request to the service beside the emulator's paths has among its
/// [extensions](Request::extensions).
///
/// ```
/// use http::Request;
/// use line_channel_token_emulator::PeerAddr;
///
/// fn is_local<B>(request: &Request<B>) -> bool {
///     request.extensions().get::<PeerAddr>().is_some_and(|PeerAddr(addr)| addr.ip().is_loopback())
/// }
///
/// let mut request = Request::new(());
/// assert!(!is_local(&request));
/// request.extensions_mut().insert(PeerAddr(([127, 0, 0, 1], 4711).into()));
/// assert!(is_local(&request));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeerAddr(pub SocketAddr);

type FallbackFuture = Pin<Box<dyn Future<Output = Response<FallbackBody>> + Send>>;

/// A service whose type is not known here; each connection has a clone.
pub(crate) trait Fallback: Send {
    fn call(&self, request: Request<RequestBodyStream>) -> FallbackFuture;
    fn clone_box(&self) -> Box<dyn Fallback>;
}

struct TowerFallback<S>(S);

/// The service as one of many.
pub(crate) fn boxed<S, B>(service: S) -> Box<dyn Fallback>
where
    S: Service<Request<RequestBodyStream>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    Box::new(TowerFallback(service))
}

impl<S, B> Fallback for TowerFallback<S>
where
    S: Service<Request<RequestBodyStream>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    fn call(&self, request: Request<RequestBodyStream>) -> FallbackFuture {
        let mut service = self.0.clone();
        Box::pin(async move {
            let Ok(()) = poll_fn(|cx| service.poll_ready(cx)).await;
            let Ok(response) = service.call(request).await;
            response.map(|body| body.map_err(Into::into).boxed_unsync())
        })
    }

    fn clone_box(&self) -> Box<dyn Fallback> {
        boxed(self.0.clone())
    }
}
