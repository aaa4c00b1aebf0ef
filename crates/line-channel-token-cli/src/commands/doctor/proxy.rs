//! Which proxy requests go through, and which root certificates count.

use std::ffi::OsString;

use line_channel_token::{BaseUrl, HyperBackend};

use super::report::Report;
use crate::failure::Exit;
use crate::line_service;

/// The check of this file.
const CHECK: &str = "proxy";
/// Where the proxy of https URLs is looked for, in this order.
const VARIABLES: [[&str; 2]; 2] = [["HTTPS_PROXY", "https_proxy"], ["ALL_PROXY", "all_proxy"]];

/// A backend, and the proxy that it sends requests to the service through.
#[derive(Debug)]
pub(super) struct Backend {
    pub(super) backend: HyperBackend,
    pub(super) proxy: Option<String>,
}

/// Builds the backend. `None` if that is not possible.
pub(super) fn check(base_url: &BaseUrl, report: &mut Report) -> Option<Backend> {
    let backend = match line_service::backend(base_url) {
        Ok(backend) => backend,
        Err(error) => {
            let is_about_roots = error.to_string().contains("root certificates");
            let check = if is_about_roots { "tls" } else { CHECK };
            report.problem(check, Exit::Usage, error.to_string(), None);
            return None;
        }
    };
    let proxy = base_url.to_string().parse().ok().and_then(|url| backend.proxy_for(&url));
    let variable = variable(|name| std::env::var_os(name));
    match (&proxy, variable) {
        (Some(proxy), Some(variable)) => report.ok(CHECK, format!("{proxy}, of {variable}")),
        (Some(proxy), None) => report.ok(CHECK, proxy.clone()),
        (None, Some(variable)) if is_https(base_url) => {
            report.ok(
                CHECK,
                format!("none: {variable} is set, but does not count for this host (NO_PROXY, or a loopback address)"),
            );
        }
        (None, Some(variable)) => {
            report.ok(CHECK, format!("none: {variable} is set, but a loopback address is reached directly"));
        }
        (None, None) => report.ok(CHECK, "none: the service is reached directly"),
    }
    Some(Backend { backend, proxy })
}

pub(super) fn is_https(base_url: &BaseUrl) -> bool {
    base_url.to_string().starts_with("https:")
}

/// The variable that names the proxy of https URLs.
fn variable(value: impl Fn(&str) -> Option<OsString>) -> Option<&'static str> {
    VARIABLES.into_iter().find_map(|[upper, lower]| {
        // The lower case does not count if the upper case is set, even to nothing.
        let (name, value) = [upper, lower].into_iter().find_map(|name| Some((name, value(name)?)))?;
        (!value.to_string_lossy().trim().is_empty()).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::variable;

    #[test]
    fn the_variable_that_counts_is_named() {
        for (set, expected) in [
            (&[][..], None),
            (&[("HTTPS_PROXY", "http://p:1")], Some("HTTPS_PROXY")),
            (&[("https_proxy", "http://p:1"), ("ALL_PROXY", "http://a:1")], Some("https_proxy")),
            (&[("HTTPS_PROXY", ""), ("https_proxy", "http://p:1")], None),
            (&[("HTTPS_PROXY", " "), ("all_proxy", "http://a:1")], Some("all_proxy")),
            (&[("HTTP_PROXY", "http://p:1")], None),
        ] {
            let value = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
            assert_eq!(variable(value), expected, "{set:?}");
        }
    }
}
