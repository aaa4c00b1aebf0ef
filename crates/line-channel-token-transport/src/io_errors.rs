//! I/O and HTTP errors, in our own words.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::io::{self, ErrorKind};

use crate::attempt::Attempt;
use crate::error_chain::chain;
use crate::error_kinds::runtime_has_ended;

type Cause = Cow<'static, str>;

/// Why a connection was not established, if it is known.
pub(crate) fn connect_cause(error: &(dyn StdError + 'static)) -> Option<Cause> {
    if is_lookup_error(error) {
        let system = system_error(error).filter(|&code| is_out_of_files(code));
        return Some(system.map_or("dns: no such host, or no name server responded".into(), |_| {
            format!("dns: {OUT_OF_FILES}").into()
        }));
    }
    last_cause(error, |error| io_cause(error, "connection closed during the TLS handshake"))
}

/// Why an exchange failed, if it is known.
pub(crate) fn exchange_cause(error: &(dyn StdError + 'static), attempt: &Attempt) -> Option<Cause> {
    let hyper_error = chain(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>()).last();
    last_cause(error, |error| io_cause(error, "connection closed"))
        .or_else(|| hyper_error.and_then(|error| http_cause(error, attempt)))
        .or_else(|| last_cause(error, framing_cause))
}

/// The error code of the operating system, if there is one.
pub(crate) fn system_error(error: &(dyn StdError + 'static)) -> Option<i32> {
    chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>()?.raw_os_error()).last()
}

/// hyper-util and reqwest have no public types for it, only these texts.
fn is_lookup_error(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|cause| ["dns error", "error resolving DNS", SOCKS_LOOKUP].contains(&cause.to_string().as_str()))
}

/// The cause that the last I/O error in the chain with a known one has.
fn last_cause(error: &(dyn StdError + 'static), to_cause: impl Fn(&io::Error) -> Option<Cause>) -> Option<Cause> {
    chain(error).filter_map(|error| to_cause(error.downcast_ref::<io::Error>()?)).last()
}

/// The text of a failed local lookup, for SOCKS proxies that do none.
pub(crate) const SOCKS_LOOKUP: &str = "error resolving for socks proxy";

const OUT_OF_FILES: &str = "too many open files";

/// EMFILE and ENFILE, which have no kind of their own.
fn is_out_of_files(code: i32) -> bool {
    if cfg!(windows) { code == 10024 } else { matches!(code, 23 | 24) }
}

fn io_cause(error: &io::Error, closed: &'static str) -> Option<Cause> {
    let cause = match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused",
        ErrorKind::ConnectionReset => "connection reset",
        ErrorKind::ConnectionAborted => "connection aborted",
        ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => closed,
        // What hyper-util returns if a name has no address of a usable kind.
        ErrorKind::NotConnected => "the host has no address that can be connected to",
        ErrorKind::HostUnreachable => "host unreachable",
        ErrorKind::NetworkUnreachable => "network unreachable",
        ErrorKind::NetworkDown => "network down",
        ErrorKind::AddrInUse | ErrorKind::AddrNotAvailable => "no local address or port is free",
        ErrorKind::PermissionDenied => "the operating system does not permit it",
        ErrorKind::TimedOut => "the operating system's timeout passed",
        _ => match error.raw_os_error() {
            Some(code) if is_out_of_files(code) => OUT_OF_FILES,
            Some(code) => return Some(format!("os error {code}").into()),
            None => return None,
        },
    };
    Some(cause.into())
}

/// hyper reports malformed framing of a body as an I/O error without a code.
fn framing_cause(error: &io::Error) -> Option<Cause> {
    matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput)
        .then_some("the response is not HTTP: the framing of its body is malformed".into())
}

fn http_cause(error: &hyper::Error, attempt: &Attempt) -> Option<Cause> {
    // hyper has no method for it, only this text.
    let cause = if error.to_string() == "message head is too large" {
        "the response's headers are too large"
    } else if error.is_parse() {
        // A TLS port takes a plain request for a malformed handshake, and responds with an alert, which is not HTTP.
        if attempt.encrypted { "the response is not HTTP" } else { "the response is not HTTP (a TLS port? use https)" }
    } else if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        "connection closed"
    } else if runtime_has_ended(error) {
        "the runtime that its connection belonged to has ended"
    } else if error.is_user() {
        "hyper refuses the request"
    } else {
        return None;
    };
    Some(cause.into())
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{connect_cause, exchange_cause, system_error};
    use crate::attempt::Attempt;

    #[test]
    fn each_kind_has_its_words() {
        for (kind, cause) in [
            (io::ErrorKind::ConnectionRefused, "connection refused"),
            (io::ErrorKind::ConnectionReset, "connection reset"),
            (io::ErrorKind::HostUnreachable, "host unreachable"),
            (io::ErrorKind::NetworkUnreachable, "network unreachable"),
            (io::ErrorKind::UnexpectedEof, "connection closed during the TLS handshake"),
        ] {
            assert_eq!(connect_cause(&io::Error::from(kind)).as_deref(), Some(cause));
        }
        let closed = io::Error::new(io::ErrorKind::UnexpectedEof, "s3cret");
        assert_eq!(exchange_cause(&closed, &Attempt::default()).as_deref(), Some("connection closed"));
        assert_eq!(connect_cause(&io::Error::other("s3cret")), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_number_without_a_kind_is_told() {
        let full = io::Error::other(io::Error::from_raw_os_error(24));
        assert_eq!(connect_cause(&full).as_deref(), Some("too many open files"));
        assert_eq!(system_error(&full), Some(24));
        assert_eq!(connect_cause(&io::Error::from_raw_os_error(105)).as_deref(), Some("os error 105"));
    }
}
