//! TLS errors of rustls, in our own words. Those of other TLS libraries are not known here.

use std::error::Error as StdError;
use std::io;

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

/// The error of rustls that an I/O error carries, if there is one.
///
/// ```
/// use std::io;
///
/// use line_channel_token_transport::tls_errors;
///
/// let error = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::DecryptError);
/// assert_eq!(tls_errors::in_error(&error), Some(&rustls::Error::DecryptError));
/// ```
#[must_use]
pub fn in_error(error: &io::Error) -> Option<&Error> {
    let inner = error.get_ref()?;
    // TLS inside of TLS, to a proxy that speaks it.
    inner.downcast_ref().or_else(|| in_error(inner.downcast_ref()?))
}

/// What an error means.
///
/// ```
/// use line_channel_token_transport::tls_errors;
///
/// assert_eq!(tls_errors::describe(&rustls::Error::DecryptError), "TLS: a record was damaged in transit");
/// ```
#[must_use]
pub fn describe(error: &Error) -> &'static str {
    match error {
        Error::InvalidCertificate(error) => certificate_cause(error),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "no TLS: the port does not speak TLS (plain http?)"
        }
        Error::InvalidMessage(_) => "no TLS: the server sends something else",
        Error::AlertReceived(alert) => alert_cause(*alert),
        Error::NoCertificatesPresented => "TLS: the server shows no certificate",
        Error::NoApplicationProtocol => NO_HTTP1,
        Error::PeerIncompatible(_) => "TLS: the server supports no version or cipher that this client does",
        Error::PeerMisbehaved(_) | Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            "TLS: the server breaks the protocol"
        }
        Error::DecryptError | Error::PeerSentOversizedRecord => "TLS: a record was damaged in transit",
        _ => "TLS failed",
    }
}

const NO_HTTP1: &str = "TLS: the server does not offer HTTP/1.1 (ALPN)";

fn certificate_cause(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet (is this machine's clock right?)"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "it is for another host",
        CertificateError::UnknownIssuer => "unknown issuer (a private CA, or a proxy that reads TLS? add its root)",
        CertificateError::Revoked => "it was revoked",
        CertificateError::BadEncoding => "it is malformed",
        CertificateError::BadSignature => "its signature is wrong",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => NOT_FOR_SERVERS,
        CertificateError::UnhandledCriticalExtension => "it has a critical extension that is not supported",
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => UNSUPPORTED,
        CertificateError::UnknownRevocationStatus
        | CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. }
        | CertificateError::InvalidOcspResponse => "its revocation status is unknown",
        CertificateError::Other(other) => verifier_cause(&*other.0),
        _ => "it was refused",
    }
}

const NOT_FOR_SERVERS: &str = "it is not meant for servers (extended key usage)";
const UNSUPPORTED: &str = "its signature algorithm is not supported";

/// An error of the certificate verifier that rustls passes on.
fn verifier_cause(error: &(dyn StdError + 'static)) -> &'static str {
    match error.downcast_ref::<webpki::Error>() {
        Some(webpki::Error::CaUsedAsEndEntity) => {
            "a CA certificate is used as the server's own (self-signed by `openssl req -x509`: make it with \
             basicConstraints=CA:FALSE)"
        }
        Some(webpki::Error::UnsupportedCertVersion) => "it is of an old version of X.509: make it with version 3",
        Some(webpki::Error::PathLenConstraintViolated | webpki::Error::NameConstraintViolation) => {
            "a CA above it may not issue it (path length or name constraint)"
        }
        Some(_) => "it was refused",
        // rustls-platform-verifier has an error of its own for this, without a public type.
        None if error.to_string() == "certificate had invalid extensions" => NOT_FOR_SERVERS,
        None => "it was refused",
    }
}

fn alert_cause(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::CertificateRequired => "TLS: the server demands a client certificate",
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::NoCertificate => "TLS: the server refuses the client certificate",
        AlertDescription::AccessDenied => "TLS: the server denies access",
        AlertDescription::UnrecognisedName => "TLS: the server does not know the host name",
        AlertDescription::NoApplicationProtocol => NO_HTTP1,
        AlertDescription::ProtocolVersion | AlertDescription::InsufficientSecurity => {
            "TLS: the server accepts no version or cipher that this client supports"
        }
        AlertDescription::HandshakeFailure => {
            "TLS: the server refuses the handshake (version, cipher, or a missing client certificate)"
        }
        _ => "TLS: the server refuses to go on",
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, OtherError};

    use super::{describe, in_error};

    #[test]
    fn each_error_has_its_words_below_io_errors() {
        let webpki_error = |error| Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(error))));
        for (error, cause) in [
            (Error::InvalidCertificate(CertificateError::Expired), "it expired"),
            (Error::InvalidCertificate(CertificateError::NotValidForName), "it is for another host"),
            (Error::InvalidCertificate(CertificateError::UnknownIssuer), "unknown issuer"),
            (webpki_error(webpki::Error::CaUsedAsEndEntity), "a CA certificate is used as the server's own"),
            (Error::InvalidMessage(InvalidMessage::InvalidContentType), "does not speak TLS"),
            (Error::AlertReceived(AlertDescription::CertificateRequired), "demands a client certificate"),
            (Error::AlertReceived(AlertDescription::NoApplicationProtocol), "ALPN"),
            (Error::General("s3cret.example".to_owned()), "TLS failed"),
        ] {
            let nested = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, error));
            let found = describe(in_error(&nested).unwrap());
            assert!(found.contains(cause), "{found}");
        }
        assert!(in_error(&io::Error::from(io::ErrorKind::ConnectionReset)).is_none());
    }
}
