//! Finds the private key that a selector names, and reads what the token shows of it.

use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use line_channel_token_assertion::{PublicJwk, SigningAlgorithm};
use line_channel_token_core::Error;

use crate::key::Pkcs11Key;
use crate::selector::{KeySelector, hex};
use crate::token_error::Failure;

/// P-256 as an object identifier in DER, which is what `CKA_EC_PARAMS` holds.
pub(crate) const P_256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

/// A private key that may sign, and its public half if the token has that as an object.
#[derive(Debug)]
pub(crate) struct FoundKey {
    pub(crate) private: ObjectHandle,
    pub(crate) public: Option<ObjectHandle>,
    pub(crate) key: Pkcs11Key,
}

/// The one private key that matches. `logged_in` is whether private objects can be seen.
pub(crate) fn find(session: &Session, selector: &KeySelector, logged_in: bool) -> Result<FoundKey, Failure> {
    let found = session.find_objects(&template(ObjectClass::PRIVATE_KEY, selector))?;
    match found[..] {
        [key] => describe(session, key),
        [] => Err(Failure::Final(none(session, selector, logged_in)?)),
        _ => {
            let names = names(session, &found)?;
            Err(Failure::Final(Error::invalid_input(format!(
                "{} private keys have the {selector}: give label and id of one ({names})",
                found.len()
            ))))
        }
    }
}

/// Whether there is a private key with this label.
pub(crate) fn has_label(session: &Session, label: &str) -> Result<bool, Failure> {
    let selector = KeySelector::from_label(label);
    Ok(!session.find_objects(&template(ObjectClass::PRIVATE_KEY, &selector))?.is_empty())
}

/// Whether there is a private or a public key with this id.
pub(crate) fn has_id(session: &Session, id: &[u8]) -> Result<bool, Failure> {
    let selector = KeySelector::from_id(id);
    for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
        if !session.find_objects(&template(class, &selector))?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads a private key, and checks that it can sign assertions.
pub(crate) fn describe(session: &Session, private: ObjectHandle) -> Result<FoundKey, Failure> {
    let attributes = session.get_attributes(
        private,
        &[
            AttributeType::KeyType,
            AttributeType::Label,
            AttributeType::Id,
            AttributeType::Sign,
            AttributeType::AlwaysAuthenticate,
            AttributeType::Sensitive,
            AttributeType::Extractable,
        ],
    )?;
    let mut key_type = None;
    let mut label = String::new();
    let mut id = Vec::new();
    let mut may_sign = true;
    let mut always_authenticate = false;
    let mut extractable = false;
    for attribute in attributes {
        match attribute {
            Attribute::KeyType(value) => key_type = Some(value),
            Attribute::Label(value) => label = text(&value),
            Attribute::Id(value) => id = value,
            Attribute::Sign(value) => may_sign = value,
            Attribute::AlwaysAuthenticate(value) => always_authenticate = value,
            Attribute::Sensitive(value) => extractable |= !value,
            Attribute::Extractable(value) => extractable |= value,
            _ => {}
        }
    }
    let algorithm = match key_type {
        Some(KeyType::RSA) => SigningAlgorithm::Rs256,
        _ => SigningAlgorithm::Es256,
    };
    let mut key = Pkcs11Key { label, id, algorithm, public_jwk: None, extractable };
    let unusable = |why: &str| Failure::Final(Error::invalid_input(format!("the key with the {} {why}", key.name())));
    if !matches!(key_type, Some(KeyType::RSA | KeyType::EC)) {
        return Err(unusable("is neither RSA nor EC: LINE accepts only RSA with 2048 bits"));
    }
    if !may_sign {
        return Err(unusable(
            "may not sign (CKA_SIGN is false): generate one that may, with Pkcs11Token::generate_key",
        ));
    }
    if always_authenticate {
        return Err(unusable(
            "asks for the PIN at each signature (CKA_ALWAYS_AUTHENTICATE), which a program cannot give: generate one that does not",
        ));
    }
    let public = public_half(session, private, &key)?;
    key.public_jwk = match algorithm {
        SigningAlgorithm::Es256 => ec_jwk(session, private, public, &key)?,
        _ => rsa_jwk(session, private, public, &key)?,
    };
    Ok(FoundKey { private, public, key })
}

/// The public key with the same id, or with the same label if it has no id. `None` if there is not exactly one.
fn public_half(session: &Session, private: ObjectHandle, key: &Pkcs11Key) -> Result<Option<ObjectHandle>, Failure> {
    let key_type = if key.algorithm == SigningAlgorithm::Es256 { KeyType::EC } else { KeyType::RSA };
    let mut template = vec![Attribute::Class(ObjectClass::PUBLIC_KEY), Attribute::KeyType(key_type)];
    template.push(match (key.id.is_empty(), key.label.is_empty()) {
        (false, _) => Attribute::Id(key.id.clone()),
        (true, false) => Attribute::Label(key.label.clone().into_bytes()),
        (true, true) => return Ok(None),
    });
    let found = session.find_objects(&template)?;
    Ok(match found[..] {
        [public] if public != private => Some(public),
        _ => None,
    })
}

fn rsa_jwk(
    session: &Session,
    private: ObjectHandle,
    public: Option<ObjectHandle>,
    key: &Pkcs11Key,
) -> Result<Option<PublicJwk>, Failure> {
    let mut modulus = None;
    let mut exponent = None;
    for object in [Some(private), public].into_iter().flatten() {
        for attribute in session.get_attributes(object, &[AttributeType::Modulus, AttributeType::PublicExponent])? {
            match attribute {
                Attribute::Modulus(value) if !value.is_empty() => modulus = modulus.or(Some(value)),
                Attribute::PublicExponent(value) if !value.is_empty() => exponent = exponent.or(Some(value)),
                _ => {}
            }
        }
        if modulus.is_some() && exponent.is_some() {
            break;
        }
    }
    let Some(modulus) = modulus else { return Ok(None) };
    // Without an exponent, the size can be checked all the same.
    let jwk =
        PublicJwk::from_rsa(modulus, exponent.as_deref().unwrap_or(&[1, 0, 1])).map_err(|error| of_key(key, &error))?;
    Ok(exponent.is_some().then_some(jwk))
}

fn ec_jwk(
    session: &Session,
    private: ObjectHandle,
    public: Option<ObjectHandle>,
    key: &Pkcs11Key,
) -> Result<Option<PublicJwk>, Failure> {
    let attributes = session.get_attributes(private, &[AttributeType::EcParams, AttributeType::PublicKeyInfo])?;
    let mut info = None;
    for attribute in attributes {
        match attribute {
            Attribute::EcParams(curve) if curve != P_256 => {
                return Err(of_key(key, &Error::invalid_input(other_curve(&curve))));
            }
            Attribute::PublicKeyInfo(value) if !value.is_empty() => info = Some(value),
            _ => {}
        }
    }
    if let Some(public) = public {
        for attribute in session.get_attributes(public, &[AttributeType::EcPoint])? {
            if let Attribute::EcPoint(point) = attribute
                && !point.is_empty()
            {
                return jwk_of_point(&point).map(Some).map_err(|error| of_key(key, &error));
            }
        }
    }
    match info {
        Some(info) => PublicJwk::from_public_key(info).map(Some).map_err(|error| of_key(key, &error)),
        None => Ok(None),
    }
}

/// A point as an OCTET STRING in DER, which the standard asks for, or as it is, which some modules return.
fn jwk_of_point(point: &[u8]) -> Result<PublicJwk, Error> {
    match point {
        [4, 65, 4, coordinates @ ..] | [4, coordinates @ ..] if coordinates.len() == 64 => {
            let (x, y) = coordinates.split_at(32);
            PublicJwk::from_p256(x, y)
        }
        _ => Err(Error::invalid_input("its public point is not an uncompressed one of P-256")),
    }
}

fn other_curve(parameters: &[u8]) -> String {
    let name = match parameters {
        [0x06, 5, 0x2b, 0x81, 0x04, 0, 0x22] => "P-384",
        [0x06, 5, 0x2b, 0x81, 0x04, 0, 0x23] => "P-521",
        [0x06, 5, 0x2b, 0x81, 0x04, 0, 0x0a] => "secp256k1",
        _ => "another curve",
    };
    format!("it is on {name}: ES256 needs P-256 (and LINE accepts only RSA with 2048 bits)")
}

fn of_key(key: &Pkcs11Key, error: &Error) -> Failure {
    Failure::Final(Error::invalid_input(format!("the key with the {} is not usable: {error}", key.name())))
}

fn template(class: ObjectClass, selector: &KeySelector) -> Vec<Attribute> {
    let mut template = vec![Attribute::Class(class)];
    template.extend(selector.label.as_ref().map(|label| Attribute::Label(label.clone().into_bytes())));
    template.extend(selector.id.as_ref().map(|id| Attribute::Id(id.clone())));
    template
}

/// The error if no private key matches: it says what there is instead.
fn none(session: &Session, selector: &KeySelector, logged_in: bool) -> Result<Error, Failure> {
    if !logged_in {
        return Ok(Error::invalid_input(format!(
            "there is no private key with the {selector} to be seen without a login: give the PIN"
        )));
    }
    for (class, what) in [(ObjectClass::PUBLIC_KEY, "a public key"), (ObjectClass::CERTIFICATE, "a certificate")] {
        if !session.find_objects(&template(class, selector))?.is_empty() {
            return Ok(Error::invalid_input(format!(
                "the token has {what} with the {selector}, and no private key: signing needs the private key that belongs to it"
            )));
        }
    }
    let others = session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)])?;
    Ok(Error::invalid_input(match others.is_empty() {
        true => format!(
            "there is no private key with the {selector}, and no other one in the token: generate one with \
             Pkcs11Token::generate_key"
        ),
        false => format!("there is no private key with the {selector}: the token has {}", names(session, &others)?),
    }))
}

/// Labels and ids of the first keys.
fn names(session: &Session, keys: &[ObjectHandle]) -> Result<String, Failure> {
    const SHOWN: usize = 10;
    let mut names = Vec::new();
    for key in keys.iter().take(SHOWN) {
        let mut label = String::new();
        let mut id = Vec::new();
        for attribute in session.get_attributes(*key, &[AttributeType::Label, AttributeType::Id])? {
            match attribute {
                Attribute::Label(value) => label = text(&value),
                Attribute::Id(value) => id = value,
                _ => {}
            }
        }
        names.push(format!("label {label:?}, id {}", hex(&id)));
    }
    if keys.len() > SHOWN {
        names.push(format!("and {} more", keys.len() - SHOWN));
    }
    Ok(names.join("; "))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
