//! What a piece of DER is, by the outline of its elements alone.

use crate::Tlv;

/// What a SEQUENCE of DER looks like. Whether its values are sound is for its reader to find out.
///
/// ```
/// use line_channel_token_pem::Shape;
///
/// // SubjectPublicKeyInfo: an algorithm and a BIT STRING.
/// assert_eq!(Shape::of(&[0x30, 5, 0x30, 0, 0x03, 1, 0]), Shape::PublicKey);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// `PrivateKeyInfo` or `OneAsymmetricKey` of PKCS#8.
    Pkcs8,
    /// `RSAPrivateKey` of PKCS#1.
    Pkcs1,
    /// `ECPrivateKey` of SEC1.
    Sec1,
    /// `EncryptedPrivateKeyInfo` of PKCS#8.
    EncryptedPkcs8,
    /// A private key of DSA, as openssl writes it.
    Dsa,
    /// A public key: `SubjectPublicKeyInfo`, or `RSAPublicKey` of PKCS#1.
    PublicKey,
    /// A certificate of X.509.
    Certificate,
    /// A request for a certificate, PKCS#10.
    CertificateRequest,
    /// A list of revoked certificates.
    RevocationList,
    /// `ContentInfo` of PKCS#7 or CMS.
    Pkcs7,
    /// `PFX` of PKCS#12.
    Pkcs12,
    /// Something else, or damaged.
    Unknown,
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const CONTEXT_0: u8 = 0xa0;

impl Shape {
    /// The shape of the element at the beginning of `der`.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        let Some((outer, _)) = Tlv::first(der).filter(|(outer, _)| outer.tag == SEQUENCE) else {
            // PKCS#12 and PKCS#7 are often written in BER, with lengths that are not known in advance.
            return match der {
                [SEQUENCE, 0x80, INTEGER, ..] => Self::Pkcs12,
                [SEQUENCE, 0x80, OID, ..] => Self::Pkcs7,
                _ => Self::Unknown,
            };
        };
        let Some(items) = outer.children() else {
            // What is of indefinite length inside is not looked into.
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
            [SEQUENCE, SEQUENCE, BIT_STRING] => items.first().map_or(Self::Unknown, signed),
            [OID, CONTEXT_0] => Self::Pkcs7,
            [INTEGER, SEQUENCE] | [INTEGER, SEQUENCE, SEQUENCE] => Self::Pkcs12,
            [INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER] => Self::Dsa,
            [first @ .., INTEGER | SEQUENCE] if first.len() >= 8 && first.iter().all(|tag| *tag == INTEGER) => {
                Self::Pkcs1
            }
            _ => Self::Unknown,
        }
    }

    /// Whether a private key is in it.
    #[must_use]
    pub fn is_private(self) -> bool {
        matches!(self, Self::Pkcs8 | Self::Pkcs1 | Self::Sec1 | Self::EncryptedPkcs8 | Self::Dsa)
    }
}

/// What three things have in common: they are signed.
fn signed(body: &Tlv<'_>) -> Shape {
    const TIME: std::ops::RangeInclusive<u8> = 0x17..=0x18;
    let tags: Vec<u8> = body.children().unwrap_or_default().iter().map(|item| item.tag).collect();
    match tags.as_slice() {
        [INTEGER, SEQUENCE, SEQUENCE] | [INTEGER, SEQUENCE, SEQUENCE, CONTEXT_0] => Shape::CertificateRequest,
        [SEQUENCE, SEQUENCE, time, ..] | [INTEGER, SEQUENCE, SEQUENCE, time, ..] if TIME.contains(time) => {
            Shape::RevocationList
        }
        _ => Shape::Certificate,
    }
}
