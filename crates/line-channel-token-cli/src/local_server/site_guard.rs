//! No web page of another site may use a server of this machine: `Host` keeps out DNS rebinding, `Origin` and `Sec-Fetch-Site` other sites.

use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request};

use super::host;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Why a request may come from a page of another site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// There is no `Host`, or more than one.
    HostCount,
    /// `Host` is no name or address.
    HostForm,
    /// `Host` is neither loopback's nor an allowed one.
    Host,
    /// `Origin` is that of another site.
    Origin,
    /// `Sec-Fetch-Site` says that another site sent it.
    Site,
}

/// Refuses what a page of another site could have sent. `Host` must be loopback's or one of these names, or may be any without names; `page` is
/// a path that a person may come to by a link of another site.
pub(crate) fn check_site<B>(
    request: &Request<B>,
    allowed_hosts: Option<&[String]>,
    page: Option<&str>,
) -> Result<(), Foreign> {
    let hosts = hosts_of(request)?;
    if allowed_hosts.is_some_and(|names| !hosts.iter().all(|host| host::is_allowed(host, names))) {
        return Err(Foreign::Host);
    }
    let headers = request.headers();
    let host = hosts.into_iter().next();
    for origin in headers.get_all(ORIGIN) {
        if !host.as_ref().is_some_and(|host| host::is_own_origin(origin.as_bytes(), host)) {
            return Err(Foreign::Origin);
        }
    }
    let is_navigation = page.is_some_and(|page| request.uri().path() == page)
        && request.method() == Method::GET
        && only(headers, &SEC_FETCH_DEST, b"document");
    if headers.get_all(SEC_FETCH_SITE).iter().any(|site| site != "same-origin" && site != "none") && !is_navigation {
        return Err(Foreign::Site);
    }
    Ok(())
}

/// The token of the one header `Authorization: Bearer …`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.as_bytes().split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}

/// The hosts that the request names, in `Host` and in an absolute URI. One is needed, and no more than one of each.
fn hosts_of<B>(request: &Request<B>) -> Result<Vec<Authority>, Foreign> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return Err(Foreign::HostCount) };
    let host = Authority::try_from(host.as_bytes()).map_err(|_| Foreign::HostForm)?;
    Ok(std::iter::once(host).chain(request.uri().authority().cloned()).collect())
}

fn only(headers: &HeaderMap, name: &HeaderName, wanted: &[u8]) -> bool {
    let values: Vec<&HeaderValue> = headers.get_all(name).iter().collect();
    matches!(values[..], [value] if value.as_bytes() == wanted)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::{Foreign, check_site};

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let builder = Request::builder().uri("/page");
        headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value)).body(()).unwrap()
    }

    #[test]
    fn any_host_is_taken_if_none_is_listed() {
        let names = ["bot".to_owned()];
        for (host, listed) in [("bot:1", Ok(())), ("localhost", Ok(())), ("evil.example", Err(Foreign::Host))] {
            let request = request(&[("host", host)]);
            assert_eq!(check_site(&request, Some(&names), None), listed, "{host}");
            assert_eq!(check_site(&request, None, None), Ok(()), "{host}");
        }
        assert_eq!(check_site(&request(&[]), None, None), Err(Foreign::HostCount));
    }

    #[test]
    fn a_link_of_another_site_leads_to_the_page_alone() {
        let site = [("host", "localhost"), ("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "document")];
        assert_eq!(check_site(&request(&site), Some(&[]), Some("/page")), Ok(()));
        assert_eq!(check_site(&request(&site), Some(&[]), Some("/")), Err(Foreign::Site));
        assert_eq!(check_site(&request(&site), Some(&[]), None), Err(Foreign::Site));
    }
}
