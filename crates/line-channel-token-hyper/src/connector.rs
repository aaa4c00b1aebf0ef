//! Name resolution, TCP, the proxy and TLS, within one time limit.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use line_channel_token_transport::Proxies;
use rustls::ClientConfig;
use tokio::time::timeout;
use tower_service::Service;

use crate::route::Route;
use crate::stream::Stream;
use crate::transport_error::ConnectTimedOut;

type BoxError = Box<dyn StdError + Send + Sync>;

/// Connects over TLS for `https`, and without for `http`.
#[derive(Clone)]
pub(crate) struct Connector {
    https: HttpsConnector<Route>,
    timeout: Duration,
}

impl Connector {
    pub(crate) fn new(tls: ClientConfig, proxies: Proxies, timeout: Duration) -> Self {
        let route = Route::new(tls.clone(), proxies);
        Self { https: HttpsConnector::from((route, tls)), timeout }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<Stream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(context)
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        let limit = self.timeout;
        let connecting = timeout(limit, self.https.call(destination));
        Box::pin(async move { connecting.await.unwrap_or_else(|_| Err(ConnectTimedOut(limit).into())) })
    }
}
