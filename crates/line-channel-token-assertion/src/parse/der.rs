//! Parses a private key from DER: PKCS#8, PKCS#1 or SEC1.

use line_channel_token_core::Error;
use line_channel_token_pem::{DerKind, Tlv};

use crate::der::{
    BIT_STRING, CONTEXT_0, CONTEXT_1, EC_PUBLIC_KEY, OBJECT_IDENTIFIER, OCTET_STRING, P_256, RSA_ENCRYPTION,
    RSASSA_PSS, Reader, contents, dotted,
};
use crate::key_errors::{malformed, not_a_private_key, unnamed_curve, unsupported_curve};
use crate::private_key::{EcKey, PrivateKey, RsaKey};

/// `[0]` if it is not constructed.
const PRIMITIVE_CONTEXT_0: u8 = 0x80;

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
    let (oid, parameters) = match algorithm.children().unwrap_or_default()[..] {
        [oid] if oid.tag == OBJECT_IDENTIFIER => (oid.value, None),
        [oid, parameters] if oid.tag == OBJECT_IDENTIFIER => (oid.value, Some(parameters)),
        _ => return Err(malformed()),
    };
    match oid {
        RSA_ENCRYPTION => Ok(PrivateKey::Rsa(RsaKey::from_pkcs1(key.value)?)),
        EC_PUBLIC_KEY => match parameters.filter(|parameters| parameters.tag == OBJECT_IDENTIFIER) {
            Some(curve) => parse_sec1(key.value, Some(curve.value)),
            None => Err(unnamed_curve()),
        },
        RSASSA_PSS => Err(Error::invalid_input(
            "this RSA key is restricted to PSS signatures: RS256 needs one for rsaEncryption (`openssl genrsa 2048`)",
        )),
        other => Err(Error::invalid_input(format!(
            "this private key is neither RSA nor EC (algorithm {}): LINE accepts only RSA with 2048 bits",
            dotted(other).ok_or_else(malformed)?
        ))),
    }
}

/// SEC1's `ECPrivateKey`.
struct Sec1<'a> {
    scalar: &'a [u8],
    /// The OID of the curve.
    curve: Option<&'a [u8]>,
    public: Option<&'a [u8]>,
}

impl<'a> Sec1<'a> {
    fn parse(der: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::of_sequence(der)?;
        if reader.unsigned()? != [1] {
            return None;
        }
        let scalar = reader.next(OCTET_STRING)?;
        let curve = match reader.next_if(CONTEXT_0)? {
            Some(parameters) => Some(contents(parameters, OBJECT_IDENTIFIER)?),
            None => None,
        };
        let public = match reader.next_if(CONTEXT_1)? {
            // The first octet is the number of unused bits in the last one.
            Some(public) => Some(contents(public, BIT_STRING)?.strip_prefix(&[0])?),
            None => None,
        };
        reader.is_finished().then_some(Self { scalar, curve, public })
    }
}

/// Parses SEC1's `ECPrivateKey`. `outer` is the curve that PKCS#8 names around it.
fn parse_sec1(der: &[u8], outer: Option<&[u8]>) -> Result<PrivateKey, Error> {
    let key = Sec1::parse(der).ok_or_else(|| {
        let items = Tlv::split_first(der).and_then(|(key, _)| key.children()).unwrap_or_default();
        match items.iter().find(|item| [PRIMITIVE_CONTEXT_0, CONTEXT_0].contains(&item.tag)) {
            Some(parameters) if parameters.value.first() == Some(&0x30) => unnamed_curve(),
            _ => malformed(),
        }
    })?;
    let curve = match (outer, key.curve) {
        (Some(outer), Some(inner)) if outer != inner => return Err(malformed()),
        (Some(curve), _) | (None, Some(curve)) => curve,
        (None, None) => return Err(unnamed_curve()),
    };
    if curve != P_256 {
        return Err(unsupported_curve(&curve_name(curve).ok_or_else(malformed)?));
    }
    Ok(PrivateKey::Ec(EcKey::new(key.scalar, key.public.map(<[u8]>::to_vec))?))
}

/// `None` if the OID is malformed.
fn curve_name(oid: &[u8]) -> Option<String> {
    let oid = dotted(oid)?;
    Some(match oid.as_str() {
        "1.3.132.0.33" => "P-224".to_owned(),
        "1.3.132.0.34" => "P-384".to_owned(),
        "1.3.132.0.35" => "P-521".to_owned(),
        "1.3.132.0.10" => "secp256k1".to_owned(),
        other => format!("another curve ({other})"),
    })
}
