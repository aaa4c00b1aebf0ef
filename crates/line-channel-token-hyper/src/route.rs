//! The connection to a server, directly or through a proxy, below the TLS of the server itself.

use std::error::Error as StdError;
use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use http::uri::Scheme;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV4, SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::Intercept;
use line_channel_token_transport::Proxies;
use rustls::ClientConfig;
use tokio::net::lookup_host;
use tower_service::Service;

use crate::stream::Stream;

type BoxError = Box<dyn StdError + Send + Sync>;

/// Connects to a server, or to its proxy.
#[derive(Clone)]
pub(crate) struct Route {
    tcp: HttpConnector,
    /// To the proxy itself, if its URL is https.
    to_proxy: HttpsConnector<HttpConnector>,
    proxies: Proxies,
}

impl Route {
    pub(crate) fn new(mut tls: ClientConfig, proxies: Proxies) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // Some proxies refuse a handshake that names a protocol.
        tls.alpn_protocols.clear();
        let to_proxy = HttpsConnector::from((tcp.clone(), Arc::new(tls)));
        Self { tcp, to_proxy, proxies }
    }

    async fn connect(mut self, destination: Uri) -> Result<Stream, BoxError> {
        let Some(proxy) = self.proxies.intercept(&destination) else {
            return Ok(Stream::direct(MaybeHttpsStream::Http(self.tcp.call(destination).await?)));
        };
        match proxy.uri().scheme_str() {
            Some("http" | "https") if destination.scheme() == Some(&Scheme::HTTPS) => {
                let mut tunnel = Tunnel::new(proxy.uri().clone(), self.to_proxy);
                if let Some(authorization) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(authorization.clone());
                }
                Ok(Stream::direct(tunnel.call(destination).await?))
            }
            Some("http" | "https") => Ok(Stream::to_proxy(self.to_proxy.call(proxy.uri().clone()).await?)),
            _ => self.through_socks(&proxy, &destination).await,
        }
    }

    async fn through_socks(self, proxy: &Intercept, destination: &Uri) -> Result<Stream, BoxError> {
        let host = destination.host().unwrap_or_default();
        let port = destination.port_u16().unwrap_or(if destination.scheme() == Some(&Scheme::HTTP) { 80 } else { 443 });
        let scheme = proxy.uri().scheme_str();
        let host = match scheme {
            // hyper-util would look the name up itself, and block the thread meanwhile.
            Some("socks4" | "socks5") => look_up(host, port).await?,
            _ => host.to_owned(),
        };
        let destination: Uri = format!("https://{host}:{port}").parse()?;
        let stream = if matches!(scheme, Some("socks4" | "socks4a")) {
            SocksV4::new(proxy.uri().clone(), self.tcp).call(destination).await?
        } else {
            let mut socks = SocksV5::new(proxy.uri().clone(), self.tcp);
            if let Some((user, password)) = proxy.raw_auth() {
                socks = socks.with_auth(user.to_owned(), password.to_owned());
            }
            socks.call(destination).await?
        };
        Ok(Stream::direct(MaybeHttpsStream::Http(stream)))
    }
}

/// An address of a host, as in a URL: IPv4 if there is one, which every proxy can reach and SOCKS 4 requires.
async fn look_up(host: &str, port: u16) -> Result<String, LookupFailed> {
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let addresses: Vec<IpAddr> =
        lookup_host((name, port)).await.map_err(|_| LookupFailed)?.map(|address| address.ip()).collect();
    let v4 = addresses.iter().find(|address| address.is_ipv4());
    let address = v4.or(addresses.first()).ok_or(LookupFailed)?;
    Ok(if address.is_ipv6() { format!("[{address}]") } else { address.to_string() })
}

/// The local lookup of a host failed, and the proxy does none.
#[derive(Debug)]
struct LookupFailed;

impl fmt::Display for LookupFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The text of reqwest, by which transport tells the failure from one of the proxy.
        f.write_str("error resolving for socks proxy")
    }
}

impl StdError for LookupFailed {}

impl Service<Uri> for Route {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        Box::pin(self.clone().connect(destination))
    }
}
