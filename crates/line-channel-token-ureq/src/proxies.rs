//! Which proxy a request goes through.

use std::fmt;
use std::sync::Arc;

use http::Uri;
use http::uri::Scheme;
use line_channel_token_transport::{ProxySettings, ProxyUrl};

use crate::no_proxy::NoProxy;

/// Proxies for http and https, and hosts that are reached without one. A clone is cheap.
#[derive(Clone)]
pub(crate) struct Proxies(Arc<Rules>);

struct Rules {
    settings: ProxySettings,
    exceptions: NoProxy,
}

impl Proxies {
    pub(crate) fn new(settings: ProxySettings) -> Self {
        let exceptions = NoProxy::parse(&settings.exceptions);
        Self(Arc::new(Rules { settings, exceptions }))
    }

    /// The proxy for a request to this URL.
    pub(crate) fn for_url(&self, url: &Uri) -> Option<&ProxyUrl> {
        let Rules { settings, exceptions } = &*self.0;
        let proxy = if url.scheme() == Some(&Scheme::HTTPS) { &settings.https } else { &settings.http };
        proxy.as_ref().filter(|_| !exceptions.contains(url.host().unwrap_or_default()))
    }
}

/// User names and passwords are not shown.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.settings.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use line_channel_token_transport::{ProxySettings, ProxyUrl};

    use super::Proxies;

    fn name_for(settings: ProxySettings, url: &str) -> Option<String> {
        Proxies::new(settings).for_url(&url.parse().unwrap()).map(ToString::to_string)
    }

    #[test]
    fn each_scheme_has_its_proxy_and_its_exceptions() {
        let (h, s) = (ProxyUrl::parse("http://h:1").ok(), ProxyUrl::parse("http://s:1").ok());
        for (exceptions, http, https) in [
            ("", Some("http://h:1"), Some("http://s:1")),
            ("e.me,10.0.0.0/8", Some("http://h:1"), Some("http://s:1")),
            ("e.me,line.me", None, None),
            ("*", None, None),
        ] {
            let settings = ProxySettings { http: h.clone(), https: s.clone(), exceptions: exceptions.to_owned() };
            assert_eq!(name_for(settings.clone(), "http://api.line.me/").as_deref(), http, "{exceptions}");
            assert_eq!(name_for(settings, "https://api.line.me/").as_deref(), https, "{exceptions}");
        }
        let https = ProxySettings { https: s, ..ProxySettings::default() };
        assert_eq!(name_for(https, "http://api.line.me/"), None);
    }

    #[test]
    fn a_loopback_address_is_never_proxied() {
        let settings = ProxySettings::all(ProxyUrl::parse("http://proxy.example:3128").unwrap());
        for host in ["localhost", "app.localhost", "127.0.0.1", "[::1]"] {
            for url in [format!("http://{host}:8080/"), format!("https://{host}/")] {
                assert_eq!(name_for(settings.clone(), &url), None, "{url}");
            }
        }
        assert!(name_for(settings, "https://[::2]/").is_some());
    }

    #[test]
    fn credentials_are_not_shown() {
        let proxies =
            Proxies::new(ProxySettings::all(ProxyUrl::parse("http://user:s3cret@proxy.example:3128").unwrap()));
        let text = format!("{proxies:?}");
        assert!(text.contains("proxy.example") && !text.contains("s3cret"), "{text}");
    }
}
