//! Reads a private key from DER: PKCS#8, PKCS#1 or SEC1, told apart by their outline.

use line_channel_token_core::Error;
use line_channel_token_pem::{Shape, Tlv};

use crate::der::{BIT_STRING, OCTET_STRING, OID, Reader, SEQUENCE, dotted, whole};
use crate::private_key::{EcKey, PrivateKey, RsaKey};

/// The contents of the object identifiers of rsaEncryption (1.2.840.113549.1.1.1), id-RSASSA-PSS (1.2.840.113549.1.1.10),
/// ecPublicKey (1.2.840.10045.2.1) and P-256 (1.2.840.10045.3.1.7).
pub(crate) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
pub(crate) const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
pub(crate) const P_256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

/// Reads the private key at the beginning of `der`. What follows it is passed over.
pub(crate) fn private_key(der: &[u8]) -> Result<PrivateKey, Error> {
    let shape = Shape::of(der);
    let Some((whole, _)) = Tlv::first(der) else {
        return Err(refusal(shape));
    };
    match shape {
        Shape::Pkcs8 => pkcs8(&whole),
        Shape::Sec1 => sec1(whole.whole, None),
        Shape::Pkcs1 => Ok(PrivateKey::Rsa(RsaKey::from_pkcs1(whole.whole)?)),
        other => Err(refusal(other)),
    }
}

/// Each private key in `der`, one after another, and what may be one that breaks off. Bytes that are no DER may follow.
pub(crate) fn private_keys(der: &[u8]) -> Vec<Result<PrivateKey, Error>> {
    let mut keys = Vec::new();
    let mut rest = der;
    while let Some((element, after)) = Tlv::first(rest).filter(|(element, _)| element.tag == 0x30) {
        if Shape::of(rest).is_private() {
            keys.push(private_key(element.whole));
        }
        rest = after;
    }
    // The length of what is long is written in bytes of its own; a short key begins with its version.
    if let ([0x30, 0x81..=0x84, ..] | [0x30, 0x20..=0x7f, 0x02, ..], true) = (rest, rest.len() < der.len()) {
        keys.push(Err(unreadable()));
    }
    keys
}

/// Says what DER of `shape` is, and what to do.
fn refusal(shape: Shape) -> Error {
    match shape {
        Shape::EncryptedPkcs8 => encrypted(),
        Shape::PublicKey => public_only(),
        Shape::Certificate | Shape::CertificateRequest => certificate(),
        Shape::RevocationList => Error::invalid_input("this is a list of revoked certificates: give the key file"),
        Shape::Dsa => Error::invalid_input("this private key is neither RSA nor EC: LINE takes RSA of 2048 bits"),
        Shape::Pkcs7 => Error::invalid_input("this is PKCS#7, which holds certificates and no key: give the key file"),
        Shape::Pkcs12 => pkcs12(),
        _ => unreadable(),
    }
}

/// The error for a text or a file with more than one private key.
pub(crate) fn several() -> Error {
    Error::invalid_input("there are several private keys: give the one that belongs to the kid alone")
}

/// The error for a key that needs a passphrase.
pub(crate) fn encrypted() -> Error {
    Error::invalid_input(
        "the private key is encrypted: decrypt it first, for example with `openssl pkey -in KEY -out PLAIN`, \
         and keep the result in a secret store",
    )
}

/// The error for a certificate or a request for one.
pub(crate) fn certificate() -> Error {
    Error::invalid_input("this is a certificate (or a request for one), which holds no private key: give the key file")
}

/// The error for PKCS#12.
pub(crate) fn pkcs12() -> Error {
    Error::invalid_input(
        "this looks like a PKCS#12 file: take the key out with `openssl pkcs12 -in FILE -nocerts -nodes`",
    )
}

/// The error for a public key.
pub(crate) fn public_only() -> Error {
    Error::invalid_input(
        "this is a public key: signing needs the private key that was generated together with it \
         (the public one is for the LINE Developers Console)",
    )
}

/// The error for bytes in none of the formats.
pub(crate) fn unreadable() -> Error {
    Error::invalid_input("this is no private key in PKCS#8, PKCS#1 or SEC1, or it is damaged")
}

/// The error for an elliptic curve other than P-256, which `name` names.
pub(crate) fn other_curve(name: &str) -> Error {
    Error::invalid_input(format!("this EC key is on {name}: ES256 needs P-256 (and LINE takes RSA of 2048 bits alone)"))
}

/// Attributes and a public key may follow, and are passed over: writers disagree about their form.
fn pkcs8(whole: &Tlv<'_>) -> Result<PrivateKey, Error> {
    let [_, algorithm, key, ..] = whole.children().unwrap_or_default()[..] else {
        return Err(unreadable());
    };
    let children = algorithm.children().unwrap_or_default();
    let (oid, parameters) = match children[..] {
        [oid] if oid.tag == OID => (oid.value, None),
        [oid, parameters] if oid.tag == OID => (oid.value, Some(parameters)),
        _ => return Err(unreadable()),
    };
    match oid {
        RSA_ENCRYPTION => Ok(PrivateKey::Rsa(RsaKey::from_pkcs1(key.value)?)),
        EC_PUBLIC_KEY => match parameters.filter(|parameters| parameters.tag == OID) {
            Some(curve) => sec1(key.value, Some(curve.value)),
            None => Err(explicit_curve()),
        },
        RSA_PSS => Err(Error::invalid_input(
            "this RSA key is restricted to PSS signatures: RS256 needs one for rsaEncryption (`openssl genrsa 2048`)",
        )),
        other => Err(Error::invalid_input(format!(
            "this private key is neither RSA nor EC (algorithm {}): LINE takes RSA of 2048 bits",
            dotted(other).ok_or_else(unreadable)?
        ))),
    }
}

/// What SEC1's `ECPrivateKey` holds.
struct Sec1<'a> {
    scalar: &'a [u8],
    curve: Option<Curve<'a>>,
    public: Option<&'a [u8]>,
}

/// A curve by the contents of its object identifier, or by its numbers.
enum Curve<'a> {
    Named(&'a [u8]),
    Explicit,
}

impl<'a> Sec1<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::sequence(der)?;
        if reader.number()? != [1] {
            return None;
        }
        let scalar = reader.next(OCTET_STRING)?;
        let (mut curve, mut public) = (None, None);
        if reader.is_next(0xa0) {
            let parameters = reader.next(0xa0)?;
            curve = Some(match whole(parameters, OID) {
                Some(oid) => Curve::Named(oid),
                None => whole(parameters, SEQUENCE).map(|_| Curve::Explicit)?,
            });
        }
        if reader.is_next(0xa1) {
            // Its first octet says how many bits of the last one are unused.
            public = Some(whole(reader.next(0xa1)?, BIT_STRING)?.strip_prefix(&[0])?);
        }
        reader.is_at_end().then_some(Self { scalar, curve, public })
    }
}

/// Reads SEC1's `ECPrivateKey`; `outer` is the curve that PKCS#8 names around it.
fn sec1(der: &[u8], outer: Option<&[u8]>) -> Result<PrivateKey, Error> {
    let key = Sec1::read(der).ok_or_else(unreadable)?;
    let curve = match (outer, key.curve) {
        (_, Some(Curve::Explicit)) | (None, None) => return Err(explicit_curve()),
        (Some(outer), Some(Curve::Named(inner))) if outer != inner => return Err(unreadable()),
        (Some(curve), _) | (None, Some(Curve::Named(curve))) => curve,
    };
    if curve != P_256 {
        return Err(other_curve(&curve_name(curve).ok_or_else(unreadable)?));
    }
    Ok(PrivateKey::Ec(EcKey::new(key.scalar, key.public.map(<[u8]>::to_vec))?))
}

fn explicit_curve() -> Error {
    Error::invalid_input(
        "this EC key does not name its curve: write it anew with \
         `openssl ec -in KEY -param_enc named_curve -out NAMED`",
    )
}

fn curve_name(oid: &[u8]) -> Option<String> {
    let dotted = dotted(oid)?;
    Some(match dotted.as_str() {
        "1.3.132.0.33" => "P-224".to_owned(),
        "1.3.132.0.34" => "P-384".to_owned(),
        "1.3.132.0.35" => "P-521".to_owned(),
        "1.3.132.0.10" => "secp256k1".to_owned(),
        other => format!("another curve ({other})"),
    })
}
