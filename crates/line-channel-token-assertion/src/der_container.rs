//! Reads a private key from DER: PKCS#8, PKCS#1 or SEC1, told apart by their outline.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, Tagged};
use line_channel_token_core::Error;
use line_channel_token_pem::{Shape, Tlv};
use pkcs8::spki::AlgorithmIdentifierRef;
use sec1::{EcParameters, EcPrivateKey};

use crate::private_key::{EcKey, PrivateKey, RsaKey};

const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
/// The OID of P-256.
pub(crate) const P_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

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

/// What a whole SEQUENCE holds.
fn outline(der: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(der).ok()?;
    let items = reader
        .sequence(|reader| {
            let mut items = Vec::new();
            while !reader.is_finished() {
                items.push(reader.decode::<AnyRef<'_>>()?);
            }
            Ok(items)
        })
        .ok()?;
    reader.finish(items).ok()
}

/// Attributes and a public key may follow, and are passed over: writers disagree about their form.
fn pkcs8(whole: &Tlv<'_>) -> Result<PrivateKey, Error> {
    let [_, algorithm, key, ..] = whole.children().unwrap_or_default()[..] else {
        return Err(unreadable());
    };
    let algorithm = AlgorithmIdentifierRef::from_der(algorithm.whole).map_err(|_| unreadable())?;
    if algorithm.oid == pkcs1::ALGORITHM_OID {
        return Ok(PrivateKey::Rsa(RsaKey::from_pkcs1(key.value)?));
    }
    if algorithm.oid == sec1::ALGORITHM_OID {
        return match algorithm.parameters.map(|parameters| parameters.decode_as::<ObjectIdentifier>()) {
            Some(Ok(curve)) => sec1(key.value, Some(curve)),
            _ => Err(explicit_curve()),
        };
    }
    Err(Error::invalid_input(if algorithm.oid == RSA_PSS {
        "this RSA key is restricted to PSS signatures: RS256 needs one for rsaEncryption (`openssl genrsa 2048`)"
            .to_owned()
    } else {
        format!("this private key is neither RSA nor EC (algorithm {}): LINE takes RSA of 2048 bits", algorithm.oid)
    }))
}

/// Reads SEC1's `ECPrivateKey`; `curve` is the one that PKCS#8 names around it.
fn sec1(der: &[u8], curve: Option<ObjectIdentifier>) -> Result<PrivateKey, Error> {
    let key = EcPrivateKey::from_der(der).map_err(|_| {
        let parameters =
            |item: &AnyRef<'_>| matches!(item.tag(), Tag::ContextSpecific { number, .. } if number.value() == 0);
        let items = outline(der).unwrap_or_default();
        match items.iter().find(|item| parameters(item)) {
            Some(item) if item.value().first() == Some(&0x30) => explicit_curve(),
            _ => unreadable(),
        }
    })?;
    let named = key.parameters.map(|EcParameters::NamedCurve(oid)| oid);
    match (curve, named) {
        (Some(outer), Some(inner)) if outer != inner => Err(unreadable()),
        (Some(P_256), _) | (None, Some(P_256)) => {
            Ok(PrivateKey::Ec(EcKey::new(key.private_key, key.public_key.map(<[u8]>::to_vec))?))
        }
        (Some(other), _) | (None, Some(other)) => Err(other_curve(&curve_name(other))),
        (None, None) => Err(explicit_curve()),
    }
}

fn explicit_curve() -> Error {
    Error::invalid_input(
        "this EC key does not name its curve: write it anew with \
         `openssl ec -in KEY -param_enc named_curve -out NAMED`",
    )
}

fn curve_name(oid: ObjectIdentifier) -> String {
    match oid.to_string().as_str() {
        "1.3.132.0.33" => "P-224".to_owned(),
        "1.3.132.0.34" => "P-384".to_owned(),
        "1.3.132.0.35" => "P-521".to_owned(),
        "1.3.132.0.10" => "secp256k1".to_owned(),
        other => format!("another curve ({other})"),
    }
}
