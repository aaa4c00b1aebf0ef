//! Why a step failed, in our own words.
//!
//! No error of another library is passed on: their texts can hold hosts, names of certificates and what a server sent. Only the code of
//! the operating system is.

use std::borrow::Cow;
use std::{error, fmt, io};

use line_channel_token_core::TransportErrorKind;
use line_channel_token_transport::{ProxyUrl, UNKNOWN, io_errors, tls_errors};

use crate::deadline::Expired;

/// Why a step failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Its deadline passed.
    Expired(Expired),
    /// It has this cause.
    Known(Cause),
}

/// The cause of a failure.
#[derive(Debug)]
pub(crate) struct Cause {
    pub(crate) kind: TransportErrorKind,
    pub(crate) words: Cow<'static, str>,
    pub(crate) system_error: Option<i32>,
}

impl Failure {
    /// A connection that was not established.
    pub(crate) fn connect(words: impl Into<Cow<'static, str>>) -> Self {
        Self::Known(Cause { kind: TransportErrorKind::Connect, words: words.into(), system_error: None })
    }

    /// A failure while connecting, the TLS handshake included.
    pub(crate) fn while_connecting(error: &io::Error) -> Self {
        if let Some(expired) = Expired::in_error(error) {
            return Self::Expired(expired);
        }
        let tls = tls_errors::in_error(error);
        let kind = match tls {
            Some(rustls::Error::InvalidCertificate(_)) => TransportErrorKind::Certificate,
            _ => TransportErrorKind::Connect,
        };
        Self::known(kind, error, tls, "connection closed during the TLS handshake")
    }

    /// A failure after the connection was established.
    pub(crate) fn while_exchanging(error: &io::Error) -> Self {
        if let Some(expired) = Expired::in_error(error) {
            return Self::Expired(expired);
        }
        let kind = match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => TransportErrorKind::Other,
            _ => TransportErrorKind::Interrupted,
        };
        Self::known(kind, error, tls_errors::in_error(error), "connection closed")
    }

    fn known(kind: TransportErrorKind, error: &io::Error, tls: Option<&rustls::Error>, closed: &'static str) -> Self {
        let words = tls
            .map(|error| tls_errors::describe(error).into())
            .or_else(|| io_errors::cause(error, closed))
            .unwrap_or(UNKNOWN.into());
        Self::Known(Cause { kind, words, system_error: error.raw_os_error() })
    }

    /// The same at this proxy, and not at the server behind it.
    pub(crate) fn at(self, proxy: &ProxyUrl) -> Self {
        match self {
            Self::Known(cause) => {
                let words = format!("proxy {proxy}: {}", cause.words).into();
                Self::Known(Cause { words, ..cause })
            }
            expired => expired,
        }
    }

    /// The error that goes through ureq.
    pub(crate) fn into_ureq(self) -> ureq::Error {
        match self {
            Self::Expired(Expired(reason)) => ureq::Error::Timeout(reason),
            Self::Known(cause) => ureq::Error::Other(Box::new(cause)),
        }
    }
}

impl From<Expired> for Failure {
    fn from(expired: Expired) -> Self {
        Self::Expired(expired)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl error::Error for Cause {}

#[cfg(test)]
mod tests {
    use std::io;

    use line_channel_token_core::TransportErrorKind;
    use rustls::CertificateError;

    use super::Failure;

    fn known(failure: Failure) -> (TransportErrorKind, String, Option<i32>) {
        match failure {
            Failure::Known(cause) => (cause.kind, cause.words.into_owned(), cause.system_error),
            Failure::Expired(expired) => panic!("{expired:?}"),
        }
    }

    #[test]
    fn the_text_of_a_foreign_error_is_not_shown() {
        for kind in [io::ErrorKind::Other, io::ErrorKind::InvalidData, io::ErrorKind::ConnectionReset] {
            let error = io::Error::new(kind, "s3cret");
            for failure in [Failure::while_connecting(&error), Failure::while_exchanging(&error)] {
                let text = format!("{failure:?}");
                assert!(!text.contains("s3cret"), "{text}");
            }
        }
    }

    #[test]
    fn a_certificate_has_a_kind_of_its_own() {
        for (tls, kind) in [
            (rustls::Error::InvalidCertificate(CertificateError::Expired), TransportErrorKind::Certificate),
            (rustls::Error::InvalidCertificate(CertificateError::NotValidForName), TransportErrorKind::Certificate),
            (rustls::Error::NoCertificatesPresented, TransportErrorKind::Connect),
        ] {
            let error = io::Error::new(io::ErrorKind::InvalidData, tls);
            assert_eq!(known(Failure::while_connecting(&error)).0, kind);
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_code_of_the_operating_system_is_kept() {
        let refused = io::Error::from_raw_os_error(111);
        let (kind, words, code) = known(Failure::while_connecting(&refused));
        assert_eq!((kind, code), (TransportErrorKind::Connect, Some(111)));
        if cfg!(target_os = "linux") {
            assert_eq!(words, "connection refused");
        }
    }
}
