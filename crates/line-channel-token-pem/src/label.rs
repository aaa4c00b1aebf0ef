//! What the BEGIN line of a PEM block says.

/// What a PEM block claims to be. The claim may be wrong: its contents decide.
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
    /// Of a label without spaces, in capitals.
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

    /// Whether the block claims to hold a private key of any kind.
    #[must_use]
    pub fn is_private(self) -> bool {
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
}
