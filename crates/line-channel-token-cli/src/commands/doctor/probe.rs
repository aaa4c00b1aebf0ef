//! TLS, and what responds: LINE verifies any text, and says of one that is no token that it is none.

use line_channel_token::{AccessToken, BaseUrl, Error, ErrorKind, Sent};

use super::connection::Found;
use super::proxy::is_https;
use super::report::Report;
use crate::error_advice;
use crate::line_service::LineService;

const TLS: &str = "tls";
const SERVICE: &str = "service";
/// It has the form of a token, and is none.
const NO_TOKEN: &str = "line-channel-token.doctor.no-token";

/// Whether anything responds to requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    Yes,
    No,
}

/// Makes one request that changes nothing.
pub(super) async fn check(
    service: &LineService,
    base_url: &BaseUrl,
    proxy: Option<&str>,
    found: Found,
    report: &mut Report,
) -> Reached {
    if found == Found::Nothing {
        let why = "there is no connection: see above";
        report.skipped(TLS, why);
        report.skipped(SERVICE, why);
        return Reached::No;
    }
    let error = match AccessToken::new(NO_TOKEN) {
        Ok(token) => service.client_without_retry().verify_jwt(&token).await.err(),
        Err(error) => Some(error),
    };
    let at_tls = error.as_ref().is_some_and(|error| failed_before_request(error) && is_https(base_url));
    match &error {
        Some(error) if at_tls => {
            // A proxy that refuses comes before TLS.
            let is_of_proxy = proxy.is_some() && error.kind() != ErrorKind::Certificate;
            let check = if is_of_proxy { "proxy" } else { TLS };
            report.failed(check, error, hint(error));
            if check != TLS {
                report.skipped(TLS, "there is no connection through the proxy: see above");
            }
            report.skipped(SERVICE, "no request could be sent: see above");
            return Reached::No;
        }
        _ if is_https(base_url) => report.ok(TLS, format!("the certificate is trusted, by {}", roots())),
        _ => report.skipped(TLS, "plain http to a loopback address"),
    }
    match error {
        // The text is no token.
        Some(error) if error.kind() == ErrorKind::InvalidToken => {
            let id = error.request_id().map(|id| format!(" (request id {id})")).unwrap_or_default();
            report.ok(SERVICE, format!("responds as LINE does{id}"));
            Reached::Yes
        }
        Some(error) => {
            report.failed(SERVICE, &error, hint(&error));
            // A 429 or an error page of one endpoint says nothing about the others.
            if error.status().is_some() { Reached::Yes } else { Reached::No }
        }
        None => {
            let advice = "it is a stub and not LINE: check LINE_API_BASE_URL";
            report.warning(SERVICE, "calls a text valid that is no token", advice);
            Reached::Yes
        }
    }
}

/// A handshake that hangs ends with the time of the call, and not with an error of its own.
fn failed_before_request(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Connect | ErrorKind::Certificate)
        || error.kind() == ErrorKind::Timeout && error.sent() == Sent::NotSent
}

/// What to do about it, which this command is not.
pub(super) fn hint(error: &Error) -> Option<String> {
    match error.kind() {
        // It would name this command.
        ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Interrupted => Some(
            "check what is between: a firewall, a proxy, a gateway; or wait, and look at https://status.line.me".to_owned(),
        ),
        ErrorKind::BodyTooLarge | ErrorKind::UnexpectedResponse | ErrorKind::Transport | ErrorKind::Rejected => {
            Some("something else than LINE may respond: check LINE_API_BASE_URL, the proxy, and whether the network demands a login".to_owned())
        }
        kind => error_advice::hint(kind).map(str::to_owned),
    }
}

/// Which root certificates count.
fn roots() -> String {
    let set = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().filter(|name| std::env::var_os(name).is_some());
    let set: Vec<&str> = set.collect();
    if set.is_empty() || cfg!(any(target_vendor = "apple", windows)) {
        "the root certificates of this machine".to_owned()
    } else {
        format!("the root certificates of {}", set.join(" and "))
    }
}
