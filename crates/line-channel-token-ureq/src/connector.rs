//! The connections that ureq uses, directly or through a proxy.

use std::fmt;
use std::sync::Arc;

use http::Uri;
use http::uri::Scheme;
use line_channel_token_transport::{Protocol, ProxyUrl};
use rustls::ClientConfig;
use ureq::config::Config;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout};

use crate::channel::Channel;
use crate::deadline::Deadline;
use crate::dial::{dial, look_up};
use crate::failure::Failure;
use crate::proxies::Proxies;
use crate::wire::Wire;
use crate::{http_tunnel, socks};

/// Connects to a server, or to the proxy in between.
#[derive(Clone)]
pub(crate) struct Route {
    tls: Arc<ClientConfig>,
    /// To the proxy itself, if its URL is https.
    tls_to_proxy: Arc<ClientConfig>,
    proxies: Proxies,
}

impl Route {
    pub(crate) fn new(tls: ClientConfig, proxies: Proxies) -> Self {
        let mut to_proxy = tls.clone();
        // Some proxies refuse a handshake that names a protocol.
        to_proxy.alpn_protocols.clear();
        Self { tls: Arc::new(tls), tls_to_proxy: Arc::new(to_proxy), proxies }
    }

    fn open(&self, url: &Uri, deadline: Deadline) -> Result<Wire, Failure> {
        let encrypted = url.scheme() == Some(&Scheme::HTTPS);
        let host = url.host().unwrap_or_default();
        let port = url.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        let mut forwarding = None;
        let channel = match self.proxies.for_url(url) {
            None => Channel::tcp(dial(host, port, deadline)?, deadline),
            Some(proxy) => match proxy.protocol {
                Protocol::Http | Protocol::Https => {
                    let mut channel = self.to_proxy(proxy, deadline)?;
                    if encrypted {
                        http_tunnel::open(&mut channel, proxy, host, port)?;
                    } else {
                        forwarding = http_tunnel::authorization(proxy);
                    }
                    channel
                }
                _ => self.through_socks(proxy, host, port, deadline)?,
            },
        };
        let channel = if encrypted { channel.encrypt(Arc::clone(&self.tls), host)? } else { channel };
        Ok(Wire::new(channel, encrypted, forwarding))
    }

    fn to_proxy(&self, proxy: &ProxyUrl, deadline: Deadline) -> Result<Channel, Failure> {
        let channel = dial(&proxy.host, proxy.port, deadline).map(|stream| Channel::tcp(stream, deadline));
        let channel = match proxy.protocol {
            Protocol::Https => channel.and_then(|channel| channel.encrypt(Arc::clone(&self.tls_to_proxy), &proxy.host)),
            _ => channel,
        };
        channel.map_err(|failure| failure.at(proxy))
    }

    fn through_socks(&self, proxy: &ProxyUrl, host: &str, port: u16, deadline: Deadline) -> Result<Channel, Failure> {
        let target = match proxy.protocol {
            // IPv4 if there is one, which every proxy can reach and SOCKS 4 requires.
            Protocol::Socks4 | Protocol::Socks5 => {
                let addresses = look_up(host, port, deadline)?;
                let v4 = addresses.iter().find(|address| address.is_ipv4());
                let address = v4.or(addresses.first()).map(std::net::SocketAddr::ip);
                address.map_or_else(|| socks::Target::of_host(host), socks::Target::Address)
            }
            _ => socks::Target::of_host(host),
        };
        let mut channel = self.to_proxy(proxy, deadline)?;
        socks::open(&mut channel, proxy, &target, port)?;
        Ok(channel)
    }
}

impl Connector for Route {
    type Out = Wire;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Wire>, ureq::Error> {
        self.open(details.uri, Deadline::of(details.timeout)).map(Some).map_err(Failure::into_ureq)
    }
}

/// The TLS configuration is not shown: it can hold a client certificate and its key.
impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("proxies", &self.proxies).finish_non_exhaustive()
    }
}

/// Looks nothing up: which name has to be is up to the proxy in between, so [`Route`] does that.
#[derive(Debug)]
pub(crate) struct NoResolver;

impl Resolver for NoResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}
