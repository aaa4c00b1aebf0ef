//! What the causes of a failed exchange mean.

use std::error::Error as StdError;
use std::io;

use line_channel_token_core::TransportErrorKind;

use crate::proxy_errors::below_socks;

/// What a failed exchange means: a connection that broke, unless a cause says that what came over it was wrong.
pub(crate) fn kind_of_causes(error: &(dyn StdError + 'static)) -> TransportErrorKind {
    let mut kind = TransportErrorKind::Other;
    for cause in chain(error) {
        if let Some(cause) = cause.downcast_ref::<hyper::Error>() {
            if cause.is_parse() || (cause.is_user() && !lost_its_runtime(cause)) {
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

/// Whether the runtime has ended that the connection belonged to, or its task panicked. hyper counts that as an error of
/// the user's, as it does a body that fails, and tells it apart by its text alone.
pub(crate) fn lost_its_runtime(error: &hyper::Error) -> bool {
    error.to_string() == "dispatch task is gone"
}

/// What a connection that never stood means: its server could not be reached, or showed a certificate that rustls
/// does not trust. Another TLS library's refusal of a certificate looks like any other failure.
pub(crate) fn kind_of_failed_connect(error: &(dyn StdError + 'static)) -> TransportErrorKind {
    let refused = |cause: &(dyn StdError + 'static)| {
        matches!(cause.downcast_ref::<rustls::Error>(), Some(rustls::Error::InvalidCertificate(_)))
    };
    if chain(error).any(refused) { TransportErrorKind::Certificate } else { TransportErrorKind::Connect }
}

/// An error and all its causes.
pub fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            // An I/O error names its inner error's source as its own, and so passes the inner error over.
            Some(inner as &(dyn StdError + 'static))
        } else if let Some(socks) = error.downcast_ref() {
            below_socks(socks)
        } else {
            error.source()
        }
    })
}

#[cfg(test)]
mod tests {
    use std::fmt;
    use std::io;

    use line_channel_token_core::TransportErrorKind;

    use rustls::{CertificateError, InvalidMessage};

    use super::{chain, kind_of_causes, kind_of_failed_connect};

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
            assert_eq!(kind_of_failed_connect(&tls), kind);
            let of_tls = io::Error::new(io::ErrorKind::InvalidData, tls);
            let error = Outer(io::Error::other(of_tls));
            assert_eq!(chain(&error).count(), 4);
            assert_eq!(kind_of_failed_connect(&error), kind);
        }
        assert_eq!(
            kind_of_failed_connect(&Outer(io::ErrorKind::ConnectionRefused.into())),
            TransportErrorKind::Connect
        );
    }
}
