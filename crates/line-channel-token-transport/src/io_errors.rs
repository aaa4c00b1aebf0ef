//! The causes below HTTP, and those that hyper finds, in our own words.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::io::{self, ErrorKind};

use crate::causes::{chain, lost_its_runtime};
use crate::transport_errors::Attempt;

type Words = Cow<'static, str>;

/// What kept a connection from standing, if it is known.
pub(crate) fn of_connecting(error: &(dyn StdError + 'static)) -> Option<Words> {
    if is_of_name_lookup(error) {
        let system = system_error(error).filter(|&code| is_out_of_files(code));
        return Some(system.map_or("dns: no such host, or no name server responded".into(), |_| {
            format!("dns: {OUT_OF_FILES}").into()
        }));
    }
    last(error, |cause| of_io(cause, "connection closed during the TLS handshake"))
}

/// What broke an exchange, if it is known.
pub(crate) fn of_exchange(error: &(dyn StdError + 'static), attempt: &Attempt) -> Option<Words> {
    let of_hyper = chain(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>()).last();
    last(error, |cause| of_io(cause, "connection closed"))
        .or_else(|| of_hyper.and_then(|error| of_http(error, attempt)))
        .or_else(|| last(error, of_malformed))
}

/// The number of the operating system's error, if there is one.
pub(crate) fn system_error(error: &(dyn StdError + 'static)) -> Option<i32> {
    chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>()?.raw_os_error()).last()
}

/// hyper-util and reqwest export no types of theirs for it, only these texts.
fn is_of_name_lookup(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|cause| ["dns error", "error resolving DNS", SOCKS_LOOKUP].contains(&cause.to_string().as_str()))
}

/// What the last I/O error in the chain says that says anything.
fn last(error: &(dyn StdError + 'static), words: impl Fn(&io::Error) -> Option<Words>) -> Option<Words> {
    chain(error).filter_map(|cause| words(cause.downcast_ref::<io::Error>()?)).last()
}

/// A name that is looked up here, for SOCKS proxies that do not.
pub(crate) const SOCKS_LOOKUP: &str = "error resolving for socks proxy";

const OUT_OF_FILES: &str = "too many open files";

/// EMFILE and ENFILE, which have no kind of their own.
fn is_out_of_files(code: i32) -> bool {
    if cfg!(windows) { code == 10024 } else { matches!(code, 23 | 24) }
}

fn of_io(error: &io::Error, closed: &'static str) -> Option<Words> {
    let words = match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused",
        ErrorKind::ConnectionReset => "connection reset",
        ErrorKind::ConnectionAborted => "connection aborted",
        ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => closed,
        // hyper-util says so if a name has no address of a usable kind.
        ErrorKind::NotConnected => "the host has no address that can be connected to",
        ErrorKind::HostUnreachable => "host unreachable",
        ErrorKind::NetworkUnreachable => "network unreachable",
        ErrorKind::NetworkDown => "network down",
        ErrorKind::AddrInUse | ErrorKind::AddrNotAvailable => "no local address or port is free",
        ErrorKind::PermissionDenied => "the operating system does not permit it",
        ErrorKind::TimedOut => "the operating system gave up waiting for the other end",
        _ => match error.raw_os_error() {
            Some(code) if is_out_of_files(code) => OUT_OF_FILES,
            Some(code) => return Some(format!("os error {code}").into()),
            None => return None,
        },
    };
    Some(words.into())
}

/// hyper reports a broken frame around the body as an I/O error without a number.
fn of_malformed(error: &io::Error) -> Option<Words> {
    matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput)
        .then_some("the response is not HTTP: the framing of its body is malformed".into())
}

fn of_http(error: &hyper::Error, attempt: &Attempt) -> Option<Words> {
    // hyper tells a client so by its text alone.
    let words = if error.to_string() == "message head is too large" {
        "the response's headers are too large"
    } else if error.is_parse() {
        // A TLS port takes a plain request for a broken handshake, and responds with bytes that are no text.
        if attempt.encrypted { "the response is not HTTP" } else { "the response is not HTTP (a TLS port? use https)" }
    } else if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        "connection closed"
    } else if lost_its_runtime(error) {
        "the runtime that its connection belonged to has ended"
    } else if error.is_user() {
        "hyper refuses the request"
    } else {
        return None;
    };
    Some(words.into())
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{of_connecting, of_exchange, system_error};
    use crate::transport_errors::Attempt;

    #[test]
    fn each_kind_has_its_words() {
        for (kind, words) in [
            (io::ErrorKind::ConnectionRefused, "connection refused"),
            (io::ErrorKind::ConnectionReset, "connection reset"),
            (io::ErrorKind::HostUnreachable, "host unreachable"),
            (io::ErrorKind::NetworkUnreachable, "network unreachable"),
            (io::ErrorKind::UnexpectedEof, "connection closed during the TLS handshake"),
        ] {
            assert_eq!(of_connecting(&io::Error::from(kind)).as_deref(), Some(words));
        }
        let closed = io::Error::new(io::ErrorKind::UnexpectedEof, "s3cret");
        assert_eq!(of_exchange(&closed, &Attempt::default()).as_deref(), Some("connection closed"));
        assert_eq!(of_connecting(&io::Error::other("s3cret")), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_number_without_a_kind_is_told() {
        let full = io::Error::other(io::Error::from_raw_os_error(24));
        assert_eq!(of_connecting(&full).as_deref(), Some("too many open files"));
        assert_eq!(system_error(&full), Some(24));
        assert_eq!(of_connecting(&io::Error::from_raw_os_error(105)).as_deref(), Some("os error 105"));
    }
}
