//! What the causes of an error are in our own words: those of TLS, I/O and HTTP.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::io::{self, ErrorKind};

use crate::attempt::Attempt;
use crate::over_hyper::error_chain::chain;
use crate::over_hyper::error_kinds::runtime_has_ended;
use crate::{io_errors, tls_errors};

type Cause = Cow<'static, str>;

/// What the error of rustls in the chain means, if there is one. Those of other TLS libraries are not known.
pub(crate) fn tls_cause(error: &(dyn StdError + 'static)) -> Option<Cause> {
    let tls = chain(error).filter_map(|cause| cause.downcast_ref::<rustls::Error>()).last();
    tls.map(|error| tls_errors::describe(error).into())
}

/// Why a connection was not established, if it is known.
pub(crate) fn connect_cause(error: &(dyn StdError + 'static)) -> Option<Cause> {
    if is_lookup_error(error) {
        return Some(io_errors::lookup_cause(system_error(error)));
    }
    last_cause(error, |error| io_errors::cause(error, "connection closed during the TLS handshake"))
}

/// Why an exchange failed, if it is known.
pub(crate) fn exchange_cause(error: &(dyn StdError + 'static), attempt: &Attempt) -> Option<Cause> {
    let hyper_error = chain(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>()).last();
    last_cause(error, |error| io_errors::cause(error, "connection closed"))
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
    use std::fmt;
    use std::io;

    use super::{connect_cause, exchange_cause, system_error, tls_cause};
    use crate::attempt::Attempt;

    /// An error with the text of hyper-util's for a failed lookup.
    #[derive(Debug)]
    struct Lookup(io::Error);

    impl fmt::Display for Lookup {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("dns error")
        }
    }

    impl std::error::Error for Lookup {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn the_end_of_a_connection_is_told_by_its_stage() {
        let closed = io::Error::new(io::ErrorKind::UnexpectedEof, "s3cret");
        assert_eq!(connect_cause(&closed).as_deref(), Some("connection closed during the TLS handshake"));
        assert_eq!(exchange_cause(&closed, &Attempt::default()).as_deref(), Some("connection closed"));
        assert_eq!(connect_cause(&io::Error::other("s3cret")), None);
    }

    #[test]
    fn a_failed_lookup_is_told_with_its_code() {
        let failed = |inner: io::Error| connect_cause(&Lookup(inner)).unwrap_or_default();
        assert_eq!(failed(io::Error::other("s3cret")), "dns: no such host, or no name server responded");
        if cfg!(unix) {
            assert_eq!(failed(io::Error::from_raw_os_error(24)), "dns: too many open files");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_code_is_found_below_other_errors() {
        let full = io::Error::other(io::Error::from_raw_os_error(24));
        assert_eq!(connect_cause(&full).as_deref(), Some("too many open files"));
        assert_eq!(system_error(&full), Some(24));
    }

    #[test]
    fn tls_errors_are_found_below_io_errors() {
        let error = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
        let nested = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, error));
        assert_eq!(tls_cause(&nested).as_deref(), Some("it expired"));
        assert_eq!(tls_cause(&io::Error::from(io::ErrorKind::ConnectionReset)), None);
    }
}
