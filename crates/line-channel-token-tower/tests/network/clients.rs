//! The layer over each of the clients, which find servers by the names that a test gives them.

use std::future::{Future, ready};
use std::net::SocketAddr;
use std::pin::Pin;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use line_channel_token_cache::{StaticSource, TokenCache};
use line_channel_token_core::AccessToken;
use line_channel_token_tower::{AuthorizationLayer, BoxError};
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};
use tower_http::follow_redirect::FollowRedirectLayer;
use tower_http::follow_redirect::policy::Limited;

use crate::ca;

/// Names, and the servers that have them. A port in a URL counts more than that of the address.
pub(crate) type Names = Vec<(&'static str, SocketAddr)>;

type Sending = Pin<Box<dyn Future<Output = Result<StatusCode, BoxError>> + Send>>;

/// A client with the layer.
pub(crate) struct Stack {
    pub(crate) name: &'static str,
    send: Box<dyn Fn(Method, String, Bytes) -> Sending + Send + Sync>,
}

impl Stack {
    pub(crate) async fn get(&self, url: &str) -> StatusCode {
        self.send(Method::GET, url, Bytes::new()).await
    }

    pub(crate) async fn post(&self, url: &str, body: &'static str) -> StatusCode {
        self.send(Method::POST, url, Bytes::from_static(body.as_bytes())).await
    }

    async fn send(&self, method: Method, url: &str, body: Bytes) -> StatusCode {
        (self.send)(method, url.to_owned(), body).await.unwrap_or_else(|error| panic!("{}: {error:?}", self.name))
    }
}

/// A layer whose token has this text.
pub(crate) fn layer(token: &str) -> AuthorizationLayer {
    AuthorizationLayer::new(TokenCache::new(StaticSource::new(AccessToken::new(token).unwrap())))
}

pub(crate) fn reqwest_client(names: &Names) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder().tls_backend_preconfigured(ca::client()).no_proxy();
    names.iter().fold(builder, |builder, (name, address)| builder.resolve(name, *address))
}

/// All of them.
pub(crate) fn stacks(layer: &AuthorizationLayer, names: &Names) -> Vec<Stack> {
    vec![
        over_reqwest(layer, reqwest_client(names).build().unwrap()),
        over_reqwest_middleware(layer, reqwest_client(names).build().unwrap()),
        over_hyper(layer, names),
        over_hyper_with_redirects(layer, names),
    ]
}

pub(crate) fn over_reqwest(layer: &AuthorizationLayer, client: reqwest::Client) -> Stack {
    let service = layer.layer(client);
    let send = move |method, url: String, body| -> Sending {
        let service = service.clone();
        Box::pin(async move {
            let mut request = reqwest::Request::new(method, url.parse()?);
            *request.body_mut() = Some(reqwest::Body::from(body));
            Ok(service.oneshot(request).await?.status())
        })
    };
    Stack { name: "reqwest", send: Box::new(send) }
}

pub(crate) fn over_reqwest_middleware(layer: &AuthorizationLayer, client: reqwest::Client) -> Stack {
    let client = reqwest_middleware::ClientBuilder::new(client).with(layer.clone()).build();
    let send = move |method, url: String, body| -> Sending {
        let request = client.request(method, url).body(body);
        Box::pin(async move { Ok(request.send().await?.status()) })
    };
    Stack { name: "reqwest-middleware", send: Box::new(send) }
}

macro_rules! hyper_client {
    ($names:expr) => {{
        let names: Vec<(String, SocketAddr)> =
            $names.iter().map(|(name, address)| ((*name).to_owned(), *address)).collect();
        let resolver = service_fn(move |name: Name| {
            let found = names.iter().find(|(known, _)| known == name.as_str()).map(|(_, address)| *address);
            ready(found.map(|address| std::iter::once(address)).ok_or_else(|| std::io::Error::other("unknown name")))
        });
        let mut http = HttpConnector::new_with_resolver(resolver);
        http.enforce_http(false);
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(ca::client())
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(https)
    }};
}

macro_rules! over {
    ($name:literal, $service:expr) => {{
        let service = $service;
        let send = move |method, url: String, body| -> Sending {
            let service = service.clone();
            Box::pin(async move {
                let request = Request::builder().method(method).uri(url).body(Full::<Bytes>::new(body))?;
                Ok(service.oneshot(request).await?.status())
            })
        };
        Stack { name: $name, send: Box::new(send) }
    }};
}

pub(crate) fn over_hyper(layer: &AuthorizationLayer, names: &Names) -> Stack {
    over!("hyper-util", layer.layer(hyper_client!(names)))
}

/// As it should be: each hop is a request of its own, which the layer decides about. So the policy need not take headers away.
pub(crate) fn over_hyper_with_redirects(layer: &AuthorizationLayer, names: &Names) -> Stack {
    let builder =
        ServiceBuilder::new().layer(FollowRedirectLayer::with_policy(Limited::default())).layer(layer.clone());
    over!("hyper-util that follows redirects", builder.service(hyper_client!(names)))
}

/// The other way round.
pub(crate) fn over_hyper_with_redirects_inside(layer: &AuthorizationLayer, names: &Names) -> Stack {
    let builder = ServiceBuilder::new().layer(layer.clone()).layer(FollowRedirectLayer::new());
    over!("hyper-util with redirects inside", builder.service(hyper_client!(names)))
}
