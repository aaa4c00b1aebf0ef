//! What a piece of DER holds, by the tags of its elements.

use std::fmt;

use crate::Tlv;

/// What a SEQUENCE of DER seems to hold, by the tags of its elements. Their values are not checked.
///
/// ```
/// use line_channel_token_pem::DerKind;
///
/// // SubjectPublicKeyInfo: an algorithm and a BIT STRING.
/// let kind = DerKind::of(&[0x30, 5, 0x30, 0, 0x03, 1, 0]);
/// assert_eq!(kind, DerKind::PublicKey);
/// assert_eq!(kind.as_str(), "public_key");
/// assert!(!kind.is_private_key());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DerKind {
    /// `PrivateKeyInfo` or `OneAsymmetricKey` of PKCS#8.
    Pkcs8,
    /// `RSAPrivateKey` of PKCS#1.
    Pkcs1,
    /// `ECPrivateKey` of SEC1.
    Sec1,
    /// `EncryptedPrivateKeyInfo` of PKCS#8.
    EncryptedPkcs8,
    /// A DSA private key in openssl's own format.
    Dsa,
    /// A public key: `SubjectPublicKeyInfo`, or `RSAPublicKey` of PKCS#1.
    PublicKey,
    /// An X.509 certificate.
    Certificate,
    /// A certificate signing request, PKCS#10.
    CertificateRequest,
    /// A certificate revocation list.
    RevocationList,
    /// `ContentInfo` of PKCS#7 or CMS.
    Pkcs7,
    /// `PFX` of PKCS#12.
    Pkcs12,
    /// Anything else, or damaged DER.
    Unknown,
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const CONTEXT_0: u8 = 0xa0;

impl DerKind {
    /// The kind of the element at the beginning of `der`.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        let Some((outer, _)) = Tlv::split_first(der).filter(|(outer, _)| outer.tag == SEQUENCE) else {
            // PKCS#12 and PKCS#7 are often BER, with indefinite lengths.
            return match der {
                [SEQUENCE, 0x80, INTEGER, ..] => Self::Pkcs12,
                [SEQUENCE, 0x80, OID, ..] => Self::Pkcs7,
                _ => Self::Unknown,
            };
        };
        let Some(items) = outer.children() else {
            // Elements of indefinite length inside are not parsed.
            return match outer.value {
                [INTEGER, 1, 3, SEQUENCE, 0x80, ..] => Self::Pkcs12,
                [OID, ..] => Self::Pkcs7,
                _ => Self::Unknown,
            };
        };
        let tags: Vec<u8> = items.iter().map(|item| item.tag).collect();
        match tags.as_slice() {
            [INTEGER, SEQUENCE, OCTET_STRING, ..] => Self::Pkcs8,
            [INTEGER, OCTET_STRING, ..] => Self::Sec1,
            [SEQUENCE, OCTET_STRING] => Self::EncryptedPkcs8,
            [SEQUENCE, BIT_STRING] | [INTEGER, INTEGER] => Self::PublicKey,
            [SEQUENCE, SEQUENCE, BIT_STRING] => items.first().map_or(Self::Unknown, signed_object),
            [OID, CONTEXT_0] => Self::Pkcs7,
            [INTEGER, SEQUENCE] | [INTEGER, SEQUENCE, SEQUENCE] => Self::Pkcs12,
            [INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER] => Self::Dsa,
            [first @ .., INTEGER | SEQUENCE] if first.len() >= 8 && first.iter().all(|tag| *tag == INTEGER) => {
                Self::Pkcs1
            }
            _ => Self::Unknown,
        }
    }

    /// Whether it is a private key, encrypted or not.
    #[must_use]
    pub fn is_private_key(self) -> bool {
        matches!(self, Self::Pkcs8 | Self::Pkcs1 | Self::Sec1 | Self::EncryptedPkcs8 | Self::Dsa)
    }

    /// The kind in snake case, for logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pkcs8 => "pkcs8",
            Self::Pkcs1 => "pkcs1",
            Self::Sec1 => "sec1",
            Self::EncryptedPkcs8 => "encrypted_pkcs8",
            Self::Dsa => "dsa",
            Self::PublicKey => "public_key",
            Self::Certificate => "certificate",
            Self::CertificateRequest => "certificate_request",
            Self::RevocationList => "revocation_list",
            Self::Pkcs7 => "pkcs7",
            Self::Pkcs12 => "pkcs12",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for DerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Certificates, requests and revocation lists have the same outer tags: an object, an algorithm and a signature.
fn signed_object(object: &Tlv<'_>) -> DerKind {
    const TIME: std::ops::RangeInclusive<u8> = 0x17..=0x18;
    let tags: Vec<u8> = object.children().unwrap_or_default().iter().map(|item| item.tag).collect();
    match tags.as_slice() {
        [INTEGER, SEQUENCE, SEQUENCE] | [INTEGER, SEQUENCE, SEQUENCE, CONTEXT_0] => DerKind::CertificateRequest,
        [SEQUENCE, SEQUENCE, time, ..] | [INTEGER, SEQUENCE, SEQUENCE, time, ..] if TIME.contains(time) => {
            DerKind::RevocationList
        }
        _ => DerKind::Certificate,
    }
}
