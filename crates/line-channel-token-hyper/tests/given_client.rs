//! What holds even for a connector that says in its errors what it should not.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error;
use std::future::{Ready, ready};
use std::io;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use line_channel_token_core::{HttpBackend, Limits, Sent, TransportErrorKind};
use line_channel_token_hyper::HyperBackend;
use tokio::net::TcpStream;
use tower_service::Service;

type BoxError = Box<dyn Error + Send + Sync>;
type Make = fn() -> BoxError;

/// Fails with what its function makes.
#[derive(Clone)]
struct Failing(Make);

impl Service<Uri> for Failing {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Ready<Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(Err((self.0)()))
    }
}

#[tokio::test]
async fn the_text_of_a_connector_is_not_repeated() {
    let cases: [(Make, &str); 4] = [
        (|| "s3cret".into(), "the client reports a cause that this backend does not know"),
        // As TLS libraries other than rustls report a certificate.
        (|| Box::new(io::Error::other("s3cret")), "the client reports a cause that this backend does not know"),
        (|| Box::new(io::Error::new(io::ErrorKind::ConnectionRefused, "s3cret")), "connection refused"),
        (|| Box::new(io::Error::new(io::ErrorKind::TimedOut, "s3cret")), "the operating system's timeout passed"),
    ];
    for (make, cause) in cases {
        let backend = HyperBackend::from_client(Client::builder(TokioExecutor::new()).build(Failing(make)));
        // Its connector may know schemes of its own, of a Unix socket for example.
        let request = Request::get("s3cret://s3cret/?access_token=s3cret").body(Bytes::new()).unwrap();
        let error = backend.send(request, Limits::default()).await.unwrap_err();
        assert_eq!((error.kind(), error.sent()), (TransportErrorKind::Connect, Sent::NotSent));
        assert_eq!(error.to_string(), format!("could not connect: {cause}"));
        assert!(!format!("{error:?} {:?}", error.source()).contains("s3cret"), "{error:?}");
    }
}
