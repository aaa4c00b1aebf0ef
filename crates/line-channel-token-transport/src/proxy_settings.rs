//! The proxies that a program names.

use std::env;
use std::ffi::OsString;

use line_channel_token_core::Error;

use crate::proxy_url::ProxyUrl;

/// Proxies for http and https, and hosts that are reached without one. By default there is no proxy. `Debug` shows no user name and
/// no password.
///
/// ```
/// use line_channel_token_transport::{ProxySettings, ProxyUrl};
///
/// let settings = ProxySettings::all(ProxyUrl::parse("http://user:pa%40ss@proxy.example:3128")?);
/// assert!(settings.http.is_some() && settings.https.is_some());
/// assert!(!format!("{settings:?}").contains("pa%40ss"));
/// # Ok::<(), &'static str>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ProxySettings {
    /// The proxy for http URLs.
    pub http: Option<ProxyUrl>,
    /// The proxy for https URLs.
    pub https: Option<ProxyUrl>,
    /// The hosts that are reached without one, as `NO_PROXY` lists them, with commas between them. Loopback addresses are not
    /// listed, and are reached without one all the same.
    pub exceptions: String,
}

impl ProxySettings {
    /// One for everything but loopback addresses.
    #[must_use]
    pub fn all(proxy: ProxyUrl) -> Self {
        Self { http: Some(proxy.clone()), https: Some(proxy), exceptions: String::new() }
    }

    /// The proxies that the environment names at this moment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, each in
    /// lower case if it is not set in upper case. Commas or white space separate the hosts of `NO_PROXY`.
    ///
    /// None of them is read if `REQUEST_METHOD` is set, as in a CGI program, in which a client can set `HTTP_PROXY` by a header.
    ///
    /// # Errors
    ///
    /// Kind [`Backend`](line_channel_token_core::ErrorKind::Backend) if the proxy for https cannot be parsed, or that for http
    /// if there is none for https. It names the variables and not their values. With `NO_PROXY=*` none is needed.
    pub fn from_environment() -> Result<Self, Error> {
        Self::from_variables(|name| env::var_os(name))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        if variable("REQUEST_METHOD").is_some() {
            return Ok(Self::default());
        }
        let exceptions = first(&variable, "NO_PROXY", "no_proxy").map(|(_, value)| value).unwrap_or_default();
        let exceptions = exceptions.to_string_lossy();
        let exceptions: Vec<&str> = exceptions.split([',', ' ', '\t', '\n']).filter(|host| !host.is_empty()).collect();
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
                Ok(Self { http: http.unwrap_or_default(), https, exceptions: exceptions.join(",") })
            }
            // No proxy is needed: each host is an exception.
            _ if exceptions.contains(&"*") => Ok(Self::default()),
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

    use super::ProxySettings;

    fn given(variables: &[(&str, &str)]) -> Result<ProxySettings, Error> {
        ProxySettings::from_variables(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(*value))
        })
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
            (&[("HTTPS_PROXY", "http://s:1"), ("HTTP_PROXY", "ftp://h:1")], None, Some("http://s:1")),
            // As desktops set them.
            (&[("ALL_PROXY", "socks://a:1080/")], Some("socks5h://a:1080"), Some("socks5h://a:1080")),
            (
                &[("HTTP_PROXY", "http://h:1/"), ("HTTPS_PROXY", "http://s:1/"), ("ALL_PROXY", "socks://a:1080/")],
                Some("http://h:1"),
                Some("http://s:1"),
            ),
        ] {
            let settings = given(variables).unwrap();
            assert_eq!(settings.http.map(|proxy| proxy.to_string()).as_deref(), http, "{variables:?}");
            assert_eq!(settings.https.map(|proxy| proxy.to_string()).as_deref(), https, "{variables:?}");
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
    fn the_hosts_without_a_proxy_are_listed() {
        for (variables, exceptions) in [
            (&[][..], ""),
            (&[("NO_PROXY", "line.me")], "line.me"),
            (&[("no_proxy", "*")], "*"),
            (&[("NO_PROXY", ""), ("no_proxy", "*")], ""),
            (&[("NO_PROXY", "e.me, 10.0.0.0/8")], "e.me,10.0.0.0/8"),
            (&[("NO_PROXY", " e.me\tline.me\n")], "e.me,line.me"),
        ] {
            let variables = [&[("HTTPS_PROXY", "http://s:1")], variables].concat();
            let settings = given(&variables).unwrap();
            assert_eq!((settings.https.is_some(), settings.exceptions.as_str()), (true, exceptions), "{variables:?}");
        }
    }

    #[test]
    fn a_proxy_that_no_host_needs_may_be_malformed() {
        for variables in [
            &[("HTTPS_PROXY", "ftp://s:1"), ("NO_PROXY", "*")][..],
            &[("ALL_PROXY", "ftp://s:1"), ("no_proxy", "e.me *")],
        ] {
            let settings = given(variables).unwrap();
            assert!(settings.http.is_none() && settings.https.is_none(), "{variables:?}");
        }
    }
}
