//! The kind of a transport error, by the types of its causes.

use std::error::Error as StdError;
use std::io;

use line_channel_token_core::TransportErrorKind;

use crate::over_hyper::error_chain::chain;

/// The kind for a failed exchange: the connection broke, unless a cause says that what came over it is not HTTP.
pub(crate) fn kind_of_causes(error: &(dyn StdError + 'static)) -> TransportErrorKind {
    let mut kind = TransportErrorKind::Other;
    for cause in chain(error) {
        if let Some(cause) = cause.downcast_ref::<hyper::Error>() {
            if cause.is_parse() || (cause.is_user() && !runtime_has_ended(cause)) {
                return TransportErrorKind::Other;
            }
            kind = TransportErrorKind::Interrupted;
        } else if let Some(cause) = cause.downcast_ref::<io::Error>() {
            if matches!(cause.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) {
                return TransportErrorKind::Other;
            }
            kind = TransportErrorKind::Interrupted;
        }
    }
    kind
}

/// Whether the runtime of the connection has ended, or its task panicked. For hyper that is a user error, like a request body that
/// fails, with a text of its own.
pub(crate) fn runtime_has_ended(error: &hyper::Error) -> bool {
    error.to_string() == "dispatch task is gone"
}

/// The kind for a connection that was not established: rustls does not trust the server's certificate, or anything else. A
/// certificate error of another TLS library looks like any other failure.
pub(crate) fn kind_of_connect_error(error: &(dyn StdError + 'static)) -> TransportErrorKind {
    let refused = |cause: &(dyn StdError + 'static)| {
        matches!(cause.downcast_ref::<rustls::Error>(), Some(rustls::Error::InvalidCertificate(_)))
    };
    if chain(error).any(refused) { TransportErrorKind::Certificate } else { TransportErrorKind::Connect }
}

#[cfg(test)]
mod tests {
    use std::fmt;
    use std::io;

    use line_channel_token_core::TransportErrorKind;

    use rustls::{CertificateError, InvalidMessage};

    use super::{kind_of_causes, kind_of_connect_error};
    use crate::over_hyper::error_chain::chain;

    #[derive(Debug)]
    struct Outer(io::Error);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("outer")
        }
    }

    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn the_cause_at_the_end_of_the_chain_decides() {
        for (io, kind) in [
            (io::ErrorKind::ConnectionReset, TransportErrorKind::Interrupted),
            (io::ErrorKind::UnexpectedEof, TransportErrorKind::Interrupted),
            (io::ErrorKind::InvalidData, TransportErrorKind::Other),
        ] {
            assert_eq!(kind_of_causes(&Outer(io.into())), kind);
        }
        assert_eq!(kind_of_causes(&fmt::Error), TransportErrorKind::Other);
    }

    #[test]
    fn a_refused_certificate_is_found_below_nested_io_errors() {
        for (tls, kind) in [
            (rustls::Error::InvalidCertificate(CertificateError::Expired), TransportErrorKind::Certificate),
            (rustls::Error::InvalidCertificate(CertificateError::NotValidForName), TransportErrorKind::Certificate),
            (rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer), TransportErrorKind::Certificate),
            (rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType), TransportErrorKind::Connect),
            (rustls::Error::NoCertificatesPresented, TransportErrorKind::Connect),
        ] {
            assert_eq!(kind_of_connect_error(&tls), kind);
            let of_tls = io::Error::new(io::ErrorKind::InvalidData, tls);
            let error = Outer(io::Error::other(of_tls));
            assert_eq!(chain(&error).count(), 4);
            assert_eq!(kind_of_connect_error(&error), kind);
        }
        assert_eq!(kind_of_connect_error(&Outer(io::ErrorKind::ConnectionRefused.into())), TransportErrorKind::Connect);
    }
}
