//! Which proxy a request goes through.

use std::fmt;
use std::sync::Arc;

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use crate::proxy_settings::ProxySettings;
use crate::proxy_url::ProxyUrl;

/// Hosts that are never reached through a proxy: `localhost` and the names below it, and each loopback address, also as IPv6
/// writes those of IPv4.
const LOOPBACK: &str = "localhost,localhost.,127.0.0.0/8,::1,::ffff:127.0.0.0/104";

/// Proxies for http and https, and hosts that are reached without one. A clone is cheap.
///
/// ```
/// use line_channel_token_transport::{Proxies, ProxySettings, ProxyUrl};
///
/// let proxies = Proxies::new(ProxySettings::all(ProxyUrl::parse("http://user:pa%40ss@proxy.example:3128")?));
/// let name = proxies.name_for(&"https://api.line.me/".parse().unwrap());
/// assert_eq!(name.as_deref(), Some("http://proxy.example:3128"));
/// assert_eq!(proxies.name_for(&"http://127.0.0.1:8080/".parse().unwrap()), None);
/// # Ok::<(), &'static str>(())
/// ```
#[derive(Clone)]
pub struct Proxies(Arc<Rules>);

struct Rules {
    http: Option<ProxyUrl>,
    https: Option<ProxyUrl>,
    exceptions: String,
    matcher: Matcher,
}

impl Proxies {
    /// The rules of these settings.
    #[must_use]
    pub fn new(settings: ProxySettings) -> Self {
        let ProxySettings { http, https, exceptions } = settings;
        let exceptions = format!("{LOOPBACK},{exceptions}");
        let url = |proxy: &Option<ProxyUrl>| proxy.as_ref().map(ProxyUrl::expose_url).unwrap_or_default();
        let matcher = Matcher::builder()
            .http(url(&http).to_string())
            .https(url(&https).to_string())
            .no(exceptions.as_str())
            .build();
        Self(Arc::new(Rules { http, https, exceptions, matcher }))
    }

    /// The proxy for http URLs.
    #[must_use]
    pub fn http(&self) -> Option<&ProxyUrl> {
        self.0.http.as_ref()
    }

    /// The proxy for https URLs.
    #[must_use]
    pub fn https(&self) -> Option<&ProxyUrl> {
        self.0.https.as_ref()
    }

    /// The hosts that are reached without one, as `NO_PROXY` lists them, loopback addresses among them.
    #[must_use]
    pub fn exceptions(&self) -> &str {
        &self.0.exceptions
    }

    /// The proxy for a request to this URL, with its credentials.
    #[must_use]
    pub fn intercept(&self, url: &Uri) -> Option<Intercept> {
        let any = self.0.http.is_some() || self.0.https.is_some();
        any.then(|| self.0.matcher.intercept(url)).flatten()
    }

    /// The proxy of a URL as `scheme://host:port`.
    #[must_use]
    pub fn name_for(&self, url: &Uri) -> Option<String> {
        self.intercept(url).map(|proxy| proxy.uri().to_string().trim_end_matches('/').to_owned())
    }
}

/// User names and passwords are not shown.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies").field("http", &self.0.http).field("https", &self.0.https).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Proxies, ProxySettings, ProxyUrl};

    fn with_exceptions(exceptions: &str) -> Proxies {
        let proxy = ProxyUrl::parse("http://user:s3cret@proxy.example:3128").unwrap();
        Proxies::new(ProxySettings { exceptions: exceptions.to_owned(), ..ProxySettings::all(proxy) })
    }

    fn name_for(proxies: &Proxies, url: &str) -> Option<String> {
        proxies.name_for(&url.parse().unwrap())
    }

    #[test]
    fn each_scheme_has_its_proxy() {
        let http = ProxyUrl::parse("http://h:1").ok();
        for (settings, http, https) in [
            (ProxySettings::default(), None, None),
            (ProxySettings { http: http.clone(), ..ProxySettings::default() }, Some("http://h:1"), None),
            (ProxySettings { https: http, ..ProxySettings::default() }, None, Some("http://h:1")),
            (
                ProxySettings::all(ProxyUrl::parse("socks://a").unwrap()),
                Some("socks5h://a:1080"),
                Some("socks5h://a:1080"),
            ),
        ] {
            let proxies = Proxies::new(settings);
            assert_eq!(name_for(&proxies, "http://api.line.me/").as_deref(), http, "{proxies:?}");
            assert_eq!(name_for(&proxies, "https://api.line.me/").as_deref(), https, "{proxies:?}");
        }
    }

    #[test]
    fn an_exception_is_not_proxied() {
        for (exceptions, proxied) in
            [("line.me", false), ("*", false), ("e.me,line.me", false), ("e.me,10.0.0.0/8", true), ("", true)]
        {
            let proxies = with_exceptions(exceptions);
            assert_eq!(name_for(&proxies, "https://api.line.me/").is_some(), proxied, "{exceptions}");
        }
    }

    #[test]
    fn a_loopback_address_is_never_proxied() {
        for proxies in [with_exceptions(""), with_exceptions("elsewhere.example")] {
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
        let proxies = with_exceptions("");
        let name = name_for(&proxies, "https://api.line.me/").unwrap();
        assert_eq!(name, "http://proxy.example:3128");
        assert!(!format!("{proxies:?}").contains("s3cret"));
    }
}
