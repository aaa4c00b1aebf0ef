//! Which proxy a request goes through.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

use http::Uri;
use http::uri::Scheme;
use line_channel_token_core::Error;

use crate::no_proxy::NoProxy;
use crate::proxy_url::ProxyUrl;

/// Proxies for http and https, and hosts that are reached without one. A clone is cheap.
#[derive(Clone)]
pub(crate) struct Proxies(Arc<Rules>);

struct Rules {
    http: Option<ProxyUrl>,
    https: Option<ProxyUrl>,
    exceptions: NoProxy,
}

impl Proxies {
    /// No proxy at all.
    pub(crate) fn none() -> Self {
        Self::new(None, None, NoProxy::default())
    }

    /// One for everything but loopback addresses.
    pub(crate) fn all(proxy: ProxyUrl) -> Self {
        Self::new(Some(proxy.clone()), Some(proxy), NoProxy::default())
    }

    fn new(http: Option<ProxyUrl>, https: Option<ProxyUrl>, exceptions: NoProxy) -> Self {
        Self(Arc::new(Rules { http, https, exceptions }))
    }

    /// The proxies that the environment names at this moment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, each in
    /// lower case if it is not set in upper case. Commas or white space separate the hosts of `NO_PROXY`.
    ///
    /// None of them is read if `REQUEST_METHOD` is set, as in a CGI program, in which a client can set `HTTP_PROXY` by a header.
    ///
    /// An error of kind [`Backend`](line_channel_token_core::ErrorKind::Backend) if the proxy for https cannot be parsed, or that for http
    /// if there is none for https. It names the variables and not their values. With `NO_PROXY=*` none is needed.
    pub(crate) fn from_environment() -> Result<Self, Error> {
        Self::from_variables(|name| env::var_os(name))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        if variable("REQUEST_METHOD").is_some() {
            return Ok(Self::none());
        }
        let exceptions = first(&variable, "NO_PROXY", "no_proxy").map(|(_, value)| value).unwrap_or_default();
        let exceptions = NoProxy::parse(&exceptions.to_string_lossy());
        // `None` if it is not set, or set to nothing.
        let proxy = |upper: &'static str, lower: &'static str| {
            let (name, value) = first(&variable, upper, lower)?;
            let parsed = match value.to_str() {
                Some(text) if text.trim_ascii().is_empty() => return None,
                Some(text) => ProxyUrl::parse(text),
                None => Err("is not valid UTF-8"),
            };
            Some(parsed.map_err(|reason| format!("{name} {reason}")))
        };
        let all = || proxy("ALL_PROXY", "all_proxy");
        let https = proxy("HTTPS_PROXY", "https_proxy").or_else(all).transpose();
        let http = proxy("HTTP_PROXY", "http_proxy").or_else(all).transpose();
        match (http, https) {
            // LINE is https, so a mistake in the proxy for http must not fail anything.
            (http, Ok(https)) if https.is_some() || http.is_ok() => {
                Ok(Self::new(http.unwrap_or_default(), https, exceptions))
            }
            // No proxy is needed: each host is an exception.
            _ if exceptions.is_everything() => Ok(Self::none()),
            (http, https) => {
                let mut faults: Vec<String> = [https.err(), http.err()].into_iter().flatten().collect();
                faults.dedup();
                Err(Error::backend(format!(
                    "the environment names a proxy that cannot be used: {}. Set it right, or call no_proxy() or proxy() of \
                     the backend's builder",
                    faults.join("; ")
                )))
            }
        }
    }

    /// The proxy for a request to this URL.
    pub(crate) fn for_url(&self, url: &Uri) -> Option<&ProxyUrl> {
        let proxy = if url.scheme() == Some(&Scheme::HTTPS) { &self.0.https } else { &self.0.http };
        proxy.as_ref().filter(|_| !self.0.exceptions.contains(url.host().unwrap_or_default()))
    }
}

/// User names and passwords are not shown.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies").field("http", &self.0.http).field("https", &self.0.https).finish_non_exhaustive()
    }
}

/// The first of the two that is set, even to nothing.
fn first<'a>(
    variable: impl Fn(&str) -> Option<OsString>,
    upper: &'a str,
    lower: &'a str,
) -> Option<(&'a str, OsString)> {
    [upper, lower].into_iter().find_map(|name| Some((name, variable(name)?)))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use line_channel_token_core::{Error, ErrorKind};

    use super::{Proxies, ProxyUrl};

    fn given(variables: &[(&str, &str)]) -> Result<Proxies, Error> {
        Proxies::from_variables(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(*value))
        })
    }

    fn name_for(proxies: &Proxies, url: &str) -> Option<String> {
        proxies.for_url(&url.parse().unwrap()).map(ToString::to_string)
    }

    #[test]
    fn each_scheme_has_its_variable_and_all_stands_in() {
        for (variables, http, https) in [
            (&[][..], None, None),
            (&[("HTTPS_PROXY", "http://s:1")], None, Some("http://s:1")),
            (&[("https_proxy", "http://s:1")], None, Some("http://s:1")),
            (&[("HTTPS_PROXY", "http://s:1"), ("https_proxy", "http://l:1")], None, Some("http://s:1")),
            (&[("HTTPS_PROXY", ""), ("https_proxy", "http://l:1")], None, None),
            (&[("HTTP_PROXY", "h:1")], Some("http://h:1"), None),
            (&[("ALL_PROXY", "socks5h://a")], Some("socks5h://a:1080"), Some("socks5h://a:1080")),
            (&[("all_proxy", "http://a:1"), ("http_proxy", "http://h:1")], Some("http://h:1"), Some("http://a:1")),
            (&[("HTTPS_PROXY", "http://s:1"), ("REQUEST_METHOD", "GET")], None, None),
            (&[("HTTPS_PROXY", "http://s:1"), ("NO_PROXY", "line.me")], None, None),
            (&[("HTTPS_PROXY", "http://s:1"), ("no_proxy", "*")], None, None),
            (&[("HTTPS_PROXY", "http://s:1"), ("NO_PROXY", "e.me, 10.0.0.0/8")], None, Some("http://s:1")),
            (&[("HTTPS_PROXY", "http://s:1"), ("NO_PROXY", "e.me line.me")], None, None),
            (&[("HTTPS_PROXY", "ftp://s:1"), ("NO_PROXY", "*")], None, None),
            (&[("HTTPS_PROXY", "http://s:1"), ("HTTP_PROXY", "ftp://h:1")], None, Some("http://s:1")),
            // As desktops set them.
            (&[("ALL_PROXY", "socks://a:1080/")], Some("socks5h://a:1080"), Some("socks5h://a:1080")),
            (
                &[("HTTP_PROXY", "http://h:1/"), ("HTTPS_PROXY", "http://s:1/"), ("ALL_PROXY", "socks://a:1080/")],
                Some("http://h:1"),
                Some("http://s:1"),
            ),
        ] {
            let proxies = given(variables).unwrap();
            assert_eq!(name_for(&proxies, "http://api.line.me/").as_deref(), http, "{variables:?}");
            assert_eq!(name_for(&proxies, "https://api.line.me/").as_deref(), https, "{variables:?}");
        }
    }

    #[test]
    fn malformed_variables_are_named_without_their_values() {
        let error = given(&[("HTTPS_PROXY", "\"http://s3cret:1\""), ("http_proxy", "ftp://s3cret")]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Backend);
        let text = format!("{error} {error:?}");
        assert!(text.contains("HTTPS_PROXY is in quotes") && text.contains("http_proxy has a scheme"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
        assert!(given(&[("ALL_PROXY", "ftp://s3cret:1080")]).is_err());
        let only_http = given(&[("HTTP_PROXY", "ftp://s3cret:1080")]).unwrap_err().to_string();
        assert!(only_http.contains("HTTP_PROXY has a scheme"), "{only_http}");
    }

    #[test]
    fn a_loopback_address_is_never_proxied() {
        for proxies in [
            Proxies::all(ProxyUrl::parse("http://proxy.example:3128").unwrap()),
            given(&[("ALL_PROXY", "http://proxy.example:3128"), ("NO_PROXY", "elsewhere.example")]).unwrap(),
        ] {
            for host in [
                "localhost",
                "LOCALHOST",
                "localhost.",
                "app.localhost",
                "127.0.0.1",
                "127.255.0.9",
                "[::1]",
                "[::ffff:127.0.0.1]",
            ] {
                for url in [format!("http://{host}:8080/"), format!("https://{host}/")] {
                    assert_eq!(name_for(&proxies, &url), None, "{url}");
                }
            }
            for host in ["api.line.me", "notlocalhost", "128.0.0.1", "[::2]", "[::ffff:10.0.0.1]"] {
                assert!(name_for(&proxies, &format!("https://{host}/")).is_some(), "{host}");
            }
        }
    }

    #[test]
    fn credentials_are_not_shown() {
        let proxies = given(&[("HTTPS_PROXY", "http://user:s3cret@proxy.example:3128")]).unwrap();
        let name = name_for(&proxies, "https://api.line.me/").unwrap();
        assert_eq!(name, "http://proxy.example:3128");
        assert!(!format!("{proxies:?}").contains("s3cret"));
    }
}
