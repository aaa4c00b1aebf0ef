//! Which requests may carry the token, by where they go.

use std::net::IpAddr;

use http::Uri;
use http::uri::Scheme;
use line_channel_token_core::{BaseUrl, Operation};

/// LINE's hosts that take a channel access token, over https on its own port alone.
const LINE_HOSTS: [&str; 2] = ["api.line.me", "api-data.line.me"];
const HTTPS_PORT: u16 = 443;
const HTTP_PORT: u16 = 80;

/// Where a request goes. There is none for a request that says no scheme and host, or that has user information, which authenticates it already.
#[derive(Clone, Copy)]
pub(crate) struct Destination<'a> {
    is_https: bool,
    host: &'a str,
    port: u16,
    path: &'a str,
}

impl<'a> Destination<'a> {
    pub(crate) fn from_uri(uri: &'a Uri) -> Option<Self> {
        let is_https = is_https(uri.scheme()?)?;
        let authority = uri.authority()?;
        let text = authority.as_str();
        let host = authority.host();
        if text.contains('@') {
            return None;
        }
        let port = if text.len() == host.len() { default_port(is_https) } else { authority.port_u16()? };
        Some(Self { is_https, host, port, path: uri.path() })
    }

    #[cfg(feature = "reqwest")]
    pub(crate) fn from_url(url: &'a reqwest::Url) -> Option<Self> {
        let is_https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        if !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        Some(Self { is_https, host: url.host_str()?, port: url.port_or_known_default()?, path: url.path() })
    }

    /// An endpoint that issues, verifies or revokes tokens takes none in a header. A token source whose own calls came through this layer would
    /// wait for itself.
    fn is_token_endpoint(&self) -> bool {
        Operation::ALL.iter().any(|operation| self.path.ends_with(operation.path()))
    }
}

/// The origins that get the token: LINE's, and those that the user has added.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins {
    added: Vec<Origin>,
}

#[derive(Clone, Debug)]
struct Origin {
    is_https: bool,
    host: Box<str>,
    port: u16,
}

impl Origins {
    /// Adds the origin of a base URL. That of plain http is a loopback address, or one that the user has called insecure.
    pub(crate) fn add(&mut self, base: &BaseUrl) {
        let uri = base.to_string().parse::<Uri>().ok();
        if let Some(Destination { is_https, host, port, .. }) = uri.as_ref().and_then(Destination::from_uri) {
            self.added.push(Origin { is_https, host: host.into(), port });
        }
    }

    pub(crate) fn allow(&self, to: &Destination<'_>) -> bool {
        let is_line =
            || to.is_https && to.port == HTTPS_PORT && LINE_HOSTS.iter().any(|host| to.host.eq_ignore_ascii_case(host));
        let is_added = |origin: &Origin| {
            origin.is_https == to.is_https && origin.port == to.port && is_same_host(&origin.host, to.host)
        };
        (is_line() || self.added.iter().any(is_added)) && !to.is_token_endpoint()
    }
}

fn is_https(scheme: &Scheme) -> Option<bool> {
    if *scheme == Scheme::HTTPS {
        Some(true)
    } else if *scheme == Scheme::HTTP {
        Some(false)
    } else {
        None
    }
}

fn default_port(is_https: bool) -> u16 {
    if is_https { HTTPS_PORT } else { HTTP_PORT }
}

/// By the text, without regard to case; an address by its value, because clients write IPv6 in different ways.
fn is_same_host(one: &str, other: &str) -> bool {
    let address = |host: &str| host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    one.eq_ignore_ascii_case(other) || address(one).is_some_and(|one| address(other) == Some(one))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use line_channel_token_core::{BaseUrl, Operation};

    use super::{Destination, Origins};

    /// As an `http::Uri` and as a URL of reqwest, which must agree.
    fn allowed(origins: &Origins, url: &str) -> bool {
        let by_uri = url.parse().is_ok_and(|uri| Destination::from_uri(&uri).is_some_and(|to| origins.allow(&to)));
        #[cfg(feature = "reqwest")]
        {
            let parsed = reqwest::Url::parse(url);
            let by_url = parsed.is_ok_and(|url| Destination::from_url(&url).is_some_and(|to| origins.allow(&to)));
            assert!(by_url || !by_uri, "{url}: {by_uri} as a URI, {by_url} as a URL");
        }
        by_uri
    }

    fn with(bases: &[BaseUrl]) -> Origins {
        let mut origins = Origins::default();
        bases.iter().for_each(|base| origins.add(base));
        origins
    }

    #[test]
    fn lines_hosts_are_allowed_over_https() {
        for url in [
            "https://api.line.me",
            "https://api.line.me/v2/bot/message/push",
            "https://api-data.line.me/v2/bot/message/1/content",
            "https://API.Line.ME/v2/bot/info?x=y",
            "https://api.line.me:443/v2/bot/info",
            "HTTPS://api.line.me/v2/bot/info",
        ] {
            assert!(allowed(&Origins::default(), url), "{url}");
        }
    }

    #[test]
    fn all_else_is_not_allowed() {
        let bases = ["https://gateway.example:8443/line", "http://127.0.0.1:8787"];
        let origins = with(&bases.map(|base| BaseUrl::new(base).unwrap()));
        for url in [
            "http://api.line.me/",
            "http://api.line.me:443/",
            "https://api.line.me:8443/",
            "https://api.line.me:80/",
            "https://api.line.me./",
            "https://api.line.me.evil.example/",
            "https://evil.example/api.line.me",
            "https://evil.example/?https://api.line.me",
            "https://api.line.me@evil.example/",
            "https://user:pa55@api.line.me/",
            "https://user@api.line.me/",
            "https://user@api.line.me:443/",
            "https://user:pa55@api.line.me:443/",
            "https://evil.example:443@api.line.me:443/",
            "https://evil.example:443@api.line.me:8443/",
            "https://xapi.line.me/",
            "https://x.api.line.me/",
            "https://line.me/",
            "https://api.line.me:/",
            "wss://api.line.me/",
            "api.line.me:443",
            "/v2/bot/info",
            "*",
            "https://gateway.example/",
            "http://gateway.example:8443/",
            "https://gateway.example:8444/",
            "https://127.0.0.1:8787/",
            "http://127.0.0.1:8788/",
            "http://127.0.0.1/",
            "http://127.0.0.2:8787/",
            "http://127.0.0.1.evil.example:8787/",
            "http://localhost:8787/",
        ] {
            // An empty port is the default one for reqwest, which drops it.
            let by_uri = url.parse().is_ok_and(|uri| Destination::from_uri(&uri).is_some_and(|to| origins.allow(&to)));
            assert!(!by_uri, "{url}");
            #[cfg(feature = "reqwest")]
            if url != "https://api.line.me:/" {
                let url = reqwest::Url::parse(url);
                let by_url = |url: &reqwest::Url| Destination::from_url(url).is_some_and(|to| origins.allow(&to));
                assert!(!url.as_ref().is_ok_and(by_url), "{url:?}");
            }
        }
    }

    #[test]
    fn added_origins_are_allowed_with_their_scheme_and_port() {
        for (base, url) in [
            ("https://gateway.example/line", "https://gateway.example/v2/bot/info"),
            ("https://gateway.example", "https://GATEWAY.example:443/v2/bot/info"),
            ("https://gateway.example:8443", "https://gateway.example:8443/"),
            ("http://localhost:8787", "http://LOCALHOST:8787/v2/bot/info"),
            ("http://127.0.0.1", "http://127.0.0.1:80/"),
            ("http://127.9.9.9:1", "http://127.9.9.9:1/"),
            ("http://[::1]:8787", "http://[0:0:0:0:0:0:0:1]:8787/"),
            ("http://[::ffff:127.0.0.1]:1", "http://[::ffff:7f00:1]:1/"),
        ] {
            let origins = with(&[BaseUrl::new(base).unwrap()]);
            assert!(allowed(&origins, url), "{base} {url}");
            assert!(allowed(&origins, "https://api.line.me/"), "LINE's own stay");
            assert!(!allowed(&Origins::default(), url), "{url}");
        }
    }

    #[test]
    fn plain_http_beyond_the_loopback_must_be_called_insecure() {
        assert!(BaseUrl::new("http://emulator:8787").is_err());
        let origins = with(&[BaseUrl::insecure("http://emulator:8787").unwrap()]);
        assert!(allowed(&origins, "http://emulator:8787/v2/bot/info"));
        assert!(!allowed(&origins, "http://emulator:8788/v2/bot/info"));
        assert!(!allowed(&origins, "http://api.line.me/v2/bot/info"));
    }

    #[test]
    fn token_endpoints_get_none() {
        let origins = with(&[BaseUrl::new("https://gateway.example/line").unwrap()]);
        for operation in Operation::ALL {
            let path = operation.path();
            assert!(!allowed(&origins, &format!("https://api.line.me{path}")), "{path}");
            assert!(!allowed(&origins, &format!("https://gateway.example/line{path}?x=y")), "{path}");
        }
    }
}
