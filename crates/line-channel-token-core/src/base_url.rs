//! The URL that the endpoints are below.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use secrecy::zeroize::Zeroizing;

use crate::wiped::wiped_bytes;
use crate::{Error, Operation, credential, mistaken};

/// The URL that the endpoints are below: LINE, an emulator, a gateway.
///
/// Only `https` is accepted, because every request carries a secret; `http` is accepted for a loopback address, and
/// elsewhere only through [`insecure`](Self::insecure).
///
/// ```
/// use line_channel_token_core::BaseUrl;
///
/// let gateway: BaseUrl = "https://gateway.example/line".parse()?;
/// let emulator: BaseUrl = "http://127.0.0.1:8787".parse()?;
/// assert!("http://gateway.example".parse::<BaseUrl>().is_err(), "secrets would cross the network in clear");
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    scheme: Scheme,
    authority: Authority,
    /// Without a trailing slash; empty for the root.
    path: Box<str>,
}

impl BaseUrl {
    /// LINE's own: `https://api.line.me`.
    #[must_use]
    pub fn line() -> Self {
        Self { scheme: Scheme::HTTPS, authority: Authority::from_static("api.line.me"), path: "".into() }
    }

    /// Takes a base URL such as `https://gateway.example/line` or `http://127.0.0.1:8787`. White space and quotes around it
    /// are trimmed.
    ///
    /// ```
    /// use line_channel_token_core::BaseUrl;
    ///
    /// assert_eq!(BaseUrl::new("https://api.line.me/\n")?, BaseUrl::line());
    /// let error = BaseUrl::new("api.line.me").unwrap_err();
    /// assert!(error.to_string().contains("https://"));
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is not an absolute http or https URL, has a
    /// query or user information, ends with the path of an endpoint, or is `http` for a host that is not the loopback.
    pub fn new(url: impl AsRef<str>) -> Result<Self, Error> {
        let base = Self::insecure(url)?;
        if base.scheme == Scheme::HTTP && !is_loopback(base.authority.host()) {
            let host = base.authority.host();
            return Err(Error::invalid_input(if matches!(host, "0.0.0.0" | "[::]") {
                format!("the base URL is http for {host}, which a server listens on: connect to 127.0.0.1 instead")
            } else {
                format!(
                    "the base URL is http for {host}, and requests carry secrets: use https, a loopback address, or \
                     BaseUrl::insecure if the network between is trusted, as that of a compose file is"
                )
            }));
        }
        Ok(base)
    }

    /// The same without the demand for https. Secrets then cross the network in clear.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), the demand for https aside.
    pub fn insecure(url: impl AsRef<str>) -> Result<Self, Error> {
        let url = credential::bare(url.as_ref());
        if let Some(mistake) = mistaken::unfilled(url) {
            return Err(Error::invalid_input(format!("the base URL {mistake}")));
        }
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        if let Some(mistake) = rest.split(['/', ':', '?', '@']).find_map(mistaken::unfilled) {
            return Err(Error::invalid_input(format!("a part of the base URL {mistake}")));
        }
        if rest.contains(['$', '{', '}', ',', ';', '<', '>', '"', '\\']) {
            return Err(Error::invalid_input(
                "the base URL holds a character that no URL has ($, braces, angle brackets, a comma, a quotation mark or a \
                 backslash): was a variable not expanded?",
            ));
        }
        if url.contains('#') {
            return Err(Error::invalid_input("the base URL has a fragment: give scheme, host and path alone"));
        }
        // The text is not shown: a base URL with user information holds a password.
        if !url.contains("://") {
            return Err(Error::invalid_input(
                "the base URL is not absolute: write https:// before the host, as in https://host[:port][/path]",
            ));
        }
        let not_a_url =
            || Error::invalid_input("the base URL is not a URL: expected the form https://host[:port][/path]");
        let parts = Uri::from_str(url).map_err(|_| not_a_url())?.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(not_a_url());
        };
        if scheme != Scheme::HTTPS && scheme != Scheme::HTTP {
            return Err(Error::invalid_input("the scheme of the base URL is neither https nor http: use https"));
        }
        if authority.as_str().contains('@') {
            return Err(Error::invalid_input("the base URL holds a user name or password: give scheme and host alone"));
        }
        if authority.host().is_empty() {
            return Err(Error::invalid_input("the base URL has no host"));
        }
        let port = authority.as_str().get(authority.host().len()..).unwrap_or_default();
        if !port.is_empty() && authority.port_u16().is_none_or(|port| port == 0) {
            return Err(Error::invalid_input("the base URL's port is not a number from 1 to 65535"));
        }
        let path = parts.path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/"));
        if path.query().is_some() {
            return Err(Error::invalid_input("the base URL has a query: give scheme, host and path alone"));
        }
        let path = path.path().trim_end_matches('/');
        if Operation::ALL.iter().any(|operation| path.ends_with(operation.path())) {
            return Err(Error::invalid_input(
                "the base URL ends with the path of an endpoint, which is added to it for each call: give what stands before",
            ));
        }
        Ok(Self { scheme, authority, path: path.into() })
    }

    #[cfg(feature = "tracing")]
    pub(crate) fn scheme_and_authority(&self) -> (&Scheme, &Authority) {
        (&self.scheme, &self.authority)
    }

    /// The absolute URI of an endpoint. `path` begins with a slash; `query` is already encoded.
    pub(crate) fn join(&self, path: &'static str, query: Option<&str>) -> Result<Uri, Error> {
        let path = match (&*self.path, query) {
            ("", None) => PathAndQuery::from_static(path),
            (base, query) => {
                let room = base.len() + path.len() + query.map_or(0, |query| query.len() + 1);
                let mut text = Zeroizing::new(String::with_capacity(room));
                text.push_str(base);
                text.push_str(path);
                if let Some(query) = query {
                    text.push('?');
                    text.push_str(query);
                }
                PathAndQuery::from_maybe_shared(wiped_bytes(text)).map_err(|_| too_long())?
            }
        };
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).map_err(|_| too_long())
    }
}

/// The parts are valid by themselves, so only their length together can be at fault.
fn too_long() -> Error {
    Error::invalid_input("the token or assertion is too long for the query of a URL (64 KiB)")
}

fn is_loopback(host: &str) -> bool {
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || literal.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

impl Default for BaseUrl {
    fn default() -> Self {
        Self::line()
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::BaseUrl;

    #[test]
    fn https_and_loopback_http_are_accepted() {
        for (given, kept) in [
            ("https://api.line.me", "https://api.line.me"),
            ("https://api.line.me/\n", "https://api.line.me"),
            ("https://gateway.example:8443/line/", "https://gateway.example:8443/line"),
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
            ("http://127.8.0.1", "http://127.8.0.1"),
            ("http://[::1]:8787/", "http://[::1]:8787"),
            ("http://LOCALHOST:1", "http://LOCALHOST:1"),
            ("http://[::ffff:127.0.0.1]:1", "http://[::ffff:127.0.0.1]:1"),
            ("\"https://api.line.me\"", "https://api.line.me"),
            (" 'https://api.line.me/' \u{a0}", "https://api.line.me"),
        ] {
            assert_eq!(BaseUrl::new(given).unwrap().to_string(), kept);
        }
    }

    #[test]
    fn anything_that_could_leak_or_mislead_is_refused() {
        for (given, says) in [
            ("http://api.line.me", "is http for api.line.me"),
            ("http://127.0.0.1.evil.example", "is http for"),
            ("http://localhost.evil.example", "is http for"),
            ("http://10.0.0.1", "is http for"),
            ("https://user:pa55@api.line.me", "user name or password"),
            ("https://api.line.me?x=pa55", "has a query"),
            ("https://api.line.me#pa55", "fragment"),
            ("pa55://api.line.me", "neither https nor http"),
            ("https:/api.line.me", "not absolute"),
            ("api.line.me:443", "https://"),
            ("https://api.line.me/v2/oauth/accessToken", "path of an endpoint"),
            ("https://api.line.me/oauth2/v2.1/token/", "path of an endpoint"),
            ("http://0.0.0.0:8787", "connect to 127.0.0.1"),
            ("http://emulator:8787", "BaseUrl::insecure"),
            ("${LINE_API_BASE_URL}", "not expanded"),
            ("undefined", "missing value"),
            ("https://$LINE_HOST", "not expanded"),
            ("https://undefined:8787", "missing value"),
            ("https://YOUR_HOST", "placeholder"),
            ("https://<YOUR_HOST>", "placeholder"),
            ("https://%LINE%", "not expanded"),
            ("https://api.line.me/${PATH}", "not expanded"),
            ("https://api.line.me/{{p}}", "not expanded"),
            ("https://api.line.me/v${N}", "variable not expanded"),
            ("https://api.line.me,", "a comma"),
            ("api.line.me", "not absolute"),
            ("/oauth", "not absolute"),
            ("", "not absolute"),
            ("https://", "not a URL"),
            ("https://h:99999", "port is not a number"),
            ("https://h:", "port is not a number"),
            ("http://127.0.0.1:0", "port is not a number"),
        ] {
            let error = BaseUrl::new(given).unwrap_err().to_string();
            assert!(error.contains(says), "{given}: {error}");
            assert!(!error.contains("pa55"), "{error}");
        }
        assert!(BaseUrl::insecure("http://api.line.me").is_ok());
    }

    #[test]
    fn endpoints_are_joined_below_the_path_and_with_the_query() {
        let plain = BaseUrl::new("https://api.line.me/").unwrap();
        assert_eq!(plain.join("/a", None).unwrap(), "https://api.line.me/a");
        let below = BaseUrl::new("https://gateway.example/line/").unwrap();
        assert_eq!(below.join("/a", Some("b=c")).unwrap(), "https://gateway.example/line/a?b=c");
        let error = plain.join("/a", Some(&"x".repeat(70_000))).unwrap_err().to_string();
        assert!(error.contains("too long"), "{error}");
    }
}
