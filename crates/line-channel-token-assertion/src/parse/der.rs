//! Parses a private key from DER: PKCS#8, PKCS#1 or SEC1.

use der::Decode;
use der::asn1::ObjectIdentifier;
use line_channel_token_core::Error;
use line_channel_token_pem::{DerKind, Tlv};
use pkcs8::spki::AlgorithmIdentifierRef;
use sec1::{EcParameters, EcPrivateKey};

use crate::key_errors::{malformed, not_a_private_key, unnamed_curve, unsupported_curve};
use crate::private_key::{EcKey, P_256, PrivateKey, RsaKey};

const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
/// The tags of `[0]`, in which SEC1 has the parameters of the curve: primitive and constructed.
const CONTEXT_0: [u8; 2] = [0x80, 0xa0];

/// Parses the private key at the beginning of `der`, and ignores what follows it.
pub(crate) fn parse(der: &[u8]) -> Result<PrivateKey, Error> {
    let kind = DerKind::of(der);
    let Some((key, _)) = Tlv::split_first(der) else {
        return Err(not_a_private_key(kind));
    };
    match kind {
        DerKind::Pkcs8 => parse_pkcs8(&key),
        DerKind::Sec1 => parse_sec1(key.raw, None),
        DerKind::Pkcs1 => Ok(PrivateKey::Rsa(RsaKey::from_pkcs1(key.raw)?)),
        other => Err(not_a_private_key(other)),
    }
}

/// Parses each private key in `der`, one after another. An error stands for a key that is invalid or cut off. Bytes that are
/// not DER may follow.
pub(crate) fn parse_all(der: &[u8]) -> Vec<Result<PrivateKey, Error>> {
    let mut keys = Vec::new();
    let mut rest = der;
    while let Some((element, after)) = Tlv::split_first(rest).filter(|(element, _)| element.tag == 0x30) {
        if DerKind::of(rest).is_private_key() {
            keys.push(parse(element.raw));
        }
        rest = after;
    }
    // A key that is cut off: either its length has bytes of its own, or the key is short and begins with its version.
    if let ([0x30, 0x81..=0x84, ..] | [0x30, 0x20..=0x7f, 0x02, ..], true) = (rest, rest.len() < der.len()) {
        keys.push(Err(malformed()));
    }
    keys
}

/// Attributes and a public key may follow. They are ignored, because writers disagree about their encoding.
fn parse_pkcs8(key: &Tlv<'_>) -> Result<PrivateKey, Error> {
    let [_, algorithm, key, ..] = key.children().unwrap_or_default()[..] else {
        return Err(malformed());
    };
    let algorithm = AlgorithmIdentifierRef::from_der(algorithm.raw).map_err(|_| malformed())?;
    if algorithm.oid == pkcs1::ALGORITHM_OID {
        return Ok(PrivateKey::Rsa(RsaKey::from_pkcs1(key.value)?));
    }
    if algorithm.oid == sec1::ALGORITHM_OID {
        return match algorithm.parameters.map(|parameters| parameters.decode_as::<ObjectIdentifier>()) {
            Some(Ok(curve)) => parse_sec1(key.value, Some(curve)),
            _ => Err(unnamed_curve()),
        };
    }
    Err(Error::invalid_input(if algorithm.oid == RSA_PSS {
        "this RSA key is restricted to PSS signatures: RS256 needs one for rsaEncryption (`openssl genrsa 2048`)"
            .to_owned()
    } else {
        format!(
            "this private key is neither RSA nor EC (algorithm {}): LINE accepts only RSA with 2048 bits",
            algorithm.oid
        )
    }))
}

/// Parses SEC1's `ECPrivateKey`. `curve` is the one that PKCS#8 names around it.
fn parse_sec1(der: &[u8], curve: Option<ObjectIdentifier>) -> Result<PrivateKey, Error> {
    let key = EcPrivateKey::from_der(der).map_err(|_| {
        let items = Tlv::split_first(der).and_then(|(key, _)| key.children()).unwrap_or_default();
        match items.iter().find(|item| CONTEXT_0.contains(&item.tag)) {
            Some(parameters) if parameters.value.first() == Some(&0x30) => unnamed_curve(),
            _ => malformed(),
        }
    })?;
    let named = key.parameters.map(|EcParameters::NamedCurve(oid)| oid);
    match (curve, named) {
        (Some(outer), Some(inner)) if outer != inner => Err(malformed()),
        (Some(P_256), _) | (None, Some(P_256)) => {
            Ok(PrivateKey::Ec(EcKey::new(key.private_key, key.public_key.map(<[u8]>::to_vec))?))
        }
        (Some(other), _) | (None, Some(other)) => Err(unsupported_curve(&curve_name(other))),
        (None, None) => Err(unnamed_curve()),
    }
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
