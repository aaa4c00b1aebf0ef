//! Reads a private key from DER: PKCS#8, PKCS#1 or SEC1, told apart by their outline.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, Tagged};
use line_channel_token_core::Error;
use sec1::{EcParameters, EcPrivateKey};

use crate::pem_block::{certificate, encrypted, public_only};
use crate::private_key::{EcKey, PrivateKey, RsaKey};

const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
/// The OID of P-256.
pub(crate) const P_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// Reads the private key in `der`.
pub(crate) fn private_key(der: &[u8]) -> Result<PrivateKey, Error> {
    let Some(items) = outline(der) else {
        return Err(unreadable());
    };
    let tags: Vec<Tag> = items.iter().map(Tagged::tag).collect();
    match tags.as_slice() {
        [Tag::Integer, Tag::Sequence, Tag::OctetString, ..] => pkcs8(der),
        [Tag::Integer, Tag::OctetString, ..] => sec1(der, None),
        [first, .., last]
            if tags.len() >= 9 && *first == Tag::Integer && matches!(last, Tag::Integer | Tag::Sequence) =>
        {
            Ok(PrivateKey::Rsa(RsaKey::from_pkcs1(der)?))
        }
        [Tag::Sequence, Tag::OctetString] => Err(encrypted()),
        [Tag::Sequence, Tag::BitString] | [Tag::Integer, Tag::Integer] => Err(public_only()),
        [Tag::Sequence, Tag::Sequence, Tag::BitString] => Err(certificate()),
        [Tag::Integer, Tag::Sequence, ..] => Err(Error::invalid_input(
            "this looks like a PKCS#12 file: take the key out with `openssl pkcs12 -in FILE -nocerts -nodes`",
        )),
        _ => Err(unreadable()),
    }
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

fn pkcs8(der: &[u8]) -> Result<PrivateKey, Error> {
    let info = pkcs8::PrivateKeyInfo::from_der(der).map_err(|_| unreadable())?;
    if info.algorithm.oid == pkcs1::ALGORITHM_OID {
        return Ok(PrivateKey::Rsa(RsaKey::from_pkcs1(info.private_key)?));
    }
    if info.algorithm.oid == sec1::ALGORITHM_OID {
        return match info.algorithm.parameters.map(|parameters| parameters.decode_as::<ObjectIdentifier>()) {
            Some(Ok(curve)) => sec1(info.private_key, Some(curve)),
            _ => Err(explicit_curve()),
        };
    }
    Err(Error::invalid_input(if info.algorithm.oid == RSA_PSS {
        "this RSA key is restricted to PSS signatures: RS256 needs one for rsaEncryption (`openssl genrsa 2048`)"
            .to_owned()
    } else {
        format!(
            "this private key is neither RSA nor EC (algorithm {}): LINE takes RSA of 2048 bits",
            info.algorithm.oid
        )
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
