//! The label on the BEGIN line of a PEM block.

use std::fmt;

/// What the BEGIN line of a PEM block says. It may be wrong: the contents decide.
///
/// ```
/// use line_channel_token_pem::{Decoded, Label};
///
/// let pasted = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
/// let Decoded::Text(text) = Decoded::parse(pasted, "root certificate")? else { panic!() };
/// let [block] = &text.blocks()[..] else { panic!() };
/// assert_eq!(block.label, Label::Certificate);
/// assert_eq!(block.label.as_str(), "certificate");
/// assert!(!block.label.is_private_key());
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Label {
    /// `PRIVATE KEY`, `RSA PRIVATE KEY`, `EC PRIVATE KEY`.
    PrivateKey,
    /// `ENCRYPTED PRIVATE KEY`.
    EncryptedPrivateKey,
    /// `OPENSSH PRIVATE KEY`.
    OpenSshPrivateKey,
    /// `SSH2 ENCRYPTED PRIVATE KEY`, of ssh.com.
    Ssh2PrivateKey,
    /// `PGP PRIVATE KEY BLOCK`.
    PgpPrivateKey,
    /// A private key of another kind.
    OtherPrivateKey,
    /// A public key of any kind.
    PublicKey,
    /// `CERTIFICATE`, `X509 CERTIFICATE`, `TRUSTED CERTIFICATE`.
    Certificate,
    /// `CERTIFICATE REQUEST`, `NEW CERTIFICATE REQUEST`.
    CertificateRequest,
    /// `X509 CRL`.
    RevocationList,
    /// `PKCS7`, `CMS`.
    Pkcs7,
    /// `PKCS12`.
    Pkcs12,
    /// `EC PARAMETERS`, `DH PARAMETERS`.
    Parameters,
    /// Anything else.
    Other,
}

impl Label {
    /// Parses a label in capitals, without spaces.
    pub(crate) fn of(label: &str) -> Self {
        match label {
            "PRIVATEKEY" | "RSAPRIVATEKEY" | "ECPRIVATEKEY" | "RSAKEY" | "ECKEY" | "KEY" => Self::PrivateKey,
            "ENCRYPTEDPRIVATEKEY" => Self::EncryptedPrivateKey,
            "OPENSSHPRIVATEKEY" => Self::OpenSshPrivateKey,
            _ if label.starts_with("SSH2") && label.contains("PRIVATE") => Self::Ssh2PrivateKey,
            _ if label.starts_with("PGPPRIVATE") => Self::PgpPrivateKey,
            _ if label.contains("PRIVATEKEY") => Self::OtherPrivateKey,
            _ if label.contains("PUBLICKEY") => Self::PublicKey,
            _ if label.ends_with("REQUEST") => Self::CertificateRequest,
            "CERTIFICATE" | "X509CERTIFICATE" | "TRUSTEDCERTIFICATE" | "CERT" => Self::Certificate,
            _ if label.ends_with("CRL") => Self::RevocationList,
            "CMS" => Self::Pkcs7,
            _ if label.starts_with("PKCS7") || label.starts_with("PKCSNUMBER7") => Self::Pkcs7,
            _ if label.starts_with("PKCS12") || label == "PFX" => Self::Pkcs12,
            _ if label.ends_with("PARAMETERS") => Self::Parameters,
            _ => Self::Other,
        }
    }

    /// Whether it names a private key of any kind.
    #[must_use]
    pub fn is_private_key(self) -> bool {
        matches!(
            self,
            Self::PrivateKey
                | Self::EncryptedPrivateKey
                | Self::OpenSshPrivateKey
                | Self::Ssh2PrivateKey
                | Self::PgpPrivateKey
                | Self::OtherPrivateKey
        )
    }

    /// The label in snake case, for logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PrivateKey => "private_key",
            Self::EncryptedPrivateKey => "encrypted_private_key",
            Self::OpenSshPrivateKey => "openssh_private_key",
            Self::Ssh2PrivateKey => "ssh2_private_key",
            Self::PgpPrivateKey => "pgp_private_key",
            Self::OtherPrivateKey => "other_private_key",
            Self::PublicKey => "public_key",
            Self::Certificate => "certificate",
            Self::CertificateRequest => "certificate_request",
            Self::RevocationList => "revocation_list",
            Self::Pkcs7 => "pkcs7",
            Self::Pkcs12 => "pkcs12",
            Self::Parameters => "parameters",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
