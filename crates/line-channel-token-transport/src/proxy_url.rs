//! The URL of a proxy, whose user and password are secrets.

use std::fmt;

use http::Uri;
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

type SecretBytes = Zeroizing<Vec<u8>>;

/// How a proxy is spoken to.
///
/// ```
/// use line_channel_token_transport::{Protocol, ProxyUrl};
///
/// assert_eq!(ProxyUrl::parse("socks://proxy.example")?.protocol, Protocol::Socks5h);
/// assert_eq!(Protocol::Socks5h.as_str(), "socks5h");
/// # Ok::<(), &'static str>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Plain HTTP, with a tunnel for https URLs.
    Http,
    /// HTTP within TLS, with a tunnel for https URLs.
    Https,
    /// SOCKS 4: the client looks the host up, and connects to IPv4 alone.
    Socks4,
    /// SOCKS 4a: the proxy looks the host up.
    Socks4a,
    /// SOCKS 5, if the client looks the host up.
    Socks5,
    /// SOCKS 5, if the proxy looks the host up.
    Socks5h,
}

impl Protocol {
    fn of_scheme(scheme: &str) -> Option<Self> {
        Some(match scheme.to_ascii_lowercase().as_str() {
            "http" => Self::Http,
            "https" => Self::Https,
            "socks4" => Self::Socks4,
            "socks4a" => Self::Socks4a,
            "socks5" => Self::Socks5,
            // The second is the name that desktops use.
            "socks5h" | "socks" => Self::Socks5h,
            _ => return None,
        })
    }

    /// The scheme of its URLs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks4 => "socks4",
            Self::Socks4a => "socks4a",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            _ => 1080,
        }
    }
}

/// The address of a proxy, and the credentials for it. `Debug` and `Display` show scheme, host and port alone.
///
/// ```
/// use line_channel_token_transport::ProxyUrl;
///
/// let url = ProxyUrl::parse("http://user:pa%40ss@proxy.example:3128")?;
/// assert_eq!(url.to_string(), "http://proxy.example:3128");
/// assert_eq!(*url.expose_url(), "http://user:pa%40ss@proxy.example:3128");
/// # Ok::<(), &'static str>(())
/// ```
#[derive(Clone)]
pub struct ProxyUrl {
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Its name or its address, the latter in brackets if it is one of IPv6.
    pub host: String,
    /// From 1 to 65535.
    pub port: u16,
    /// `user:password`, percent-encoded.
    credentials: Option<Zeroizing<String>>,
}

impl ProxyUrl {
    /// Parses `scheme://[user:password@]host[:port]`. Without a scheme it is http; white space around it is trimmed, and a path
    /// is ignored, as curl does.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as the end of a sentence whose subject is the URL. It shows nothing of the text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Err("is empty: expected the form http://host:port");
        }
        if text.starts_with(['"', '\'']) || text.ends_with(['"', '\'']) {
            return Err("is in quotes: remove them");
        }
        let scheme = if text.contains("://") { "" } else { "http://" };
        let whole = Zeroizing::new([scheme, text].concat());
        let uri: Uri = whole.parse().map_err(|_| MALFORMED)?;
        let rest = uri.path_and_query().map(|rest| rest.as_str()).unwrap_or_default();
        // A password with one of these that is not encoded ends the authority too early, so that a part of it would become the host.
        if rest.contains('@') || whole.contains('#') {
            return Err(MALFORMED);
        }
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(MALFORMED) };
        let protocol = Protocol::of_scheme(scheme)
            .ok_or("has a scheme that is not supported: use http, https, socks5, socks5h, socks4 or socks4a")?;
        let (credentials, address) = match authority.as_str().rsplit_once('@') {
            // The last `@` ends the credentials, and HTTP clients would take the first.
            Some((credentials, address)) => (Some(Zeroizing::new(credentials.replace('@', "%40"))), address),
            None => (None, authority.as_str()),
        };
        if credentials.is_some() && matches!(protocol, Protocol::Socks4 | Protocol::Socks4a) {
            return Err("is of SOCKS 4, which knows no user and password: use socks5");
        }
        let host = authority.host();
        if host.is_empty() {
            return Err("has no host: expected the form http://host:port");
        }
        let port = match address.get(host.len()..).unwrap_or_default() {
            "" => protocol.default_port(),
            _ => authority
                .port_u16()
                .filter(|&port| port > 0)
                .ok_or("has a port that is not a number from 1 to 65535")?,
        };
        Ok(Self { protocol, host: host.to_owned(), port, credentials })
    }

    /// The whole URL, with user and password, for those who connect.
    #[must_use]
    pub fn expose_url(&self) -> Zeroizing<String> {
        let Self { protocol, host, port, credentials } = self;
        let scheme = protocol.as_str();
        Zeroizing::new(match credentials {
            Some(credentials) => format!("{scheme}://{}@{host}:{port}", credentials.as_str()),
            None => self.to_string(),
        })
    }

    /// User and password, as bytes, if the URL has them.
    #[must_use]
    pub fn expose_credentials(&self) -> Option<(SecretBytes, SecretBytes)> {
        let credentials = self.credentials.as_ref()?;
        let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
        let decoded = |text: &str| Zeroizing::new(percent_decode_str(text).collect());
        Some((decoded(user), decoded(password)))
    }
}

const MALFORMED: &str = "cannot be parsed: expected the form http://[user:password@]host[:port], with special characters \
                          of user and password percent-encoded";

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.protocol.as_str(), self.host, self.port)
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::ProxyUrl;

    #[test]
    fn what_people_set_is_understood() {
        for (text, address, whole) in [
            ("http://proxy.example:3128", "http://proxy.example:3128", "http://proxy.example:3128"),
            (" http://proxy.example:3128/\n", "http://proxy.example:3128", "http://proxy.example:3128"),
            ("proxy.example:3128", "http://proxy.example:3128", "http://proxy.example:3128"),
            ("proxy.example", "http://proxy.example:80", "http://proxy.example:80"),
            ("HTTPS://proxy.example", "https://proxy.example:443", "https://proxy.example:443"),
            ("socks5h://10.0.0.1", "socks5h://10.0.0.1:1080", "socks5h://10.0.0.1:1080"),
            ("socks://10.0.0.1/", "socks5h://10.0.0.1:1080", "socks5h://10.0.0.1:1080"),
            ("http://[::1]:3128", "http://[::1]:3128", "http://[::1]:3128"),
            ("http://us%40er:s3%2Fcret@h:1", "http://h:1", "http://us%40er:s3%2Fcret@h:1"),
            ("http://us@er:s3@cret@h:1", "http://h:1", "http://us%40er:s3%40cret@h:1"),
            ("user:s3cret@h:1", "http://h:1", "http://user:s3cret@h:1"),
        ] {
            let url = ProxyUrl::parse(text).unwrap();
            assert_eq!((url.to_string().as_str(), url.expose_url().as_str()), (address, whole), "{text}");
        }
    }

    #[test]
    fn credentials_are_decoded() {
        for (text, user, password) in [
            ("http://us%40er:s3%2Fcret@h:1", "us@er", "s3/cret"),
            ("http://us@er:s3@cret@h:1", "us@er", "s3@cret"),
            ("user:s3:cret@h:1", "user", "s3:cret"),
            ("http://user@h:1", "user", ""),
        ] {
            let url = ProxyUrl::parse(text).unwrap();
            assert_eq!(url.to_string(), "http://h:1");
            let (given_user, given_password) = url.expose_credentials().unwrap();
            assert_eq!((&given_user[..], &given_password[..]), (user.as_bytes(), password.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_text() {
        for (text, says) in [
            ("", "is empty"),
            ("\"http://s3cret:1\"", "in quotes"),
            ("'http://s3cret:1'", "in quotes"),
            ("ftp://s3cret.example", "scheme"),
            ("socks9://s3cret.example:1080", "scheme"),
            ("http://", "cannot be parsed"),
            ("http://user:s3/cret@host:1", "cannot be parsed"),
            ("http://user:12#s3cret@host:1", "cannot be parsed"),
            ("http://user:12?s3cret@host:1", "cannot be parsed"),
            ("http://s3cret host:1", "cannot be parsed"),
            ("http://${s3cret}:1", "cannot be parsed"),
            ("http://user@:3128", "no host"),
            ("http://s3cret.example:0", "port"),
            ("http://s3cret.example:99999", "port"),
            ("http://s3cret.example:http", "port"),
            ("socks4://user:s3cret@host", "SOCKS 4"),
        ] {
            let reason = ProxyUrl::parse(text).expect_err(text);
            assert!(reason.contains(says) && !reason.contains("s3cret"), "{text}: {reason}");
        }
    }

    #[test]
    fn user_and_password_are_not_shown() {
        let url = ProxyUrl::parse("http://user:s3cret@proxy.example:3128").unwrap();
        let text = format!("{url} {url:?} {url:#?}");
        assert!(!text.contains("s3cret") && !text.contains("user"), "{text}");
    }
}
