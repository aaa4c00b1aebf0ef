//! Generates a key pair in a token.

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error as CallError, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use cryptoki::session::Session;
use cryptoki::slot::Slot;
use line_channel_token_assertion::SigningAlgorithm;
use line_channel_token_core::Error;

use crate::find_key::{self, P_256};
use crate::key::Pkcs11Key;
use crate::key_spec::KeySpec;
use crate::selector::hex;
use crate::token_error::Failure;

/// Generates a key that the token never hands out. The user must be logged in.
pub(crate) fn generate(pkcs11: &Pkcs11, slot: Slot, spec: &KeySpec) -> Result<Pkcs11Key, Failure> {
    // Objects of the token are made in a session that may write; the login holds for all sessions.
    let session = pkcs11.open_rw_session(slot)?;
    if !spec.allows_duplicate_label() && find_key::has_label(&session, spec.label())? {
        return Err(Failure::Final(Error::invalid_input(format!(
            "the token has a private key with the label {:?} already: take another label, or allow it with \
             KeySpec::with_duplicate_label and find the keys by id",
            spec.label()
        ))));
    }
    let id = match spec.id() {
        // The halves of a pair find each other by it.
        Some(id) if find_key::has_id(&session, id)? => {
            return Err(Failure::Final(Error::invalid_input(format!(
                "the token has a key with the id {} already: take another id, or none for a random one",
                hex(id)
            ))));
        }
        Some(id) => id.to_vec(),
        None => random_id(&session)?,
    };
    let label = Attribute::Label(spec.label().as_bytes().to_vec());
    let id = Attribute::Id(id);
    let (mechanism, kind) = match spec.algorithm() {
        SigningAlgorithm::Es256 => (Mechanism::EccKeyPairGen, vec![Attribute::EcParams(P_256.to_vec())]),
        _ => (
            Mechanism::RsaPkcsKeyPairGen,
            vec![Attribute::ModulusBits(2048.into()), Attribute::PublicExponent(vec![1, 0, 1])],
        ),
    };
    let mut public = vec![Attribute::Token(true), Attribute::Private(false), Attribute::Verify(true)];
    public.extend(kind);
    let mut private = vec![
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
    ];
    for template in [&mut public, &mut private] {
        template.extend([label.clone(), id.clone()]);
    }
    let (public, private) = session.generate_key_pair(&mechanism, &public, &private)?;
    // A token that does not keep to the template: such a key must not be used by mistake, nor stand in the way of the next one.
    let why = match find_key::describe(&session, private) {
        Ok(found) if !found.key.is_extractable() => return Ok(found.key),
        Ok(_) => "the key can be taken out of it".to_owned(),
        Err(Failure::Final(error)) => error.to_string(),
        Err(error) => return Err(error),
    };
    session.destroy_object(private)?;
    session.destroy_object(public)?;
    Err(Failure::Final(Error::signing(format!(
        "the token made another key than it was asked for: {why}; the key was deleted: generate one with the tool of the vendor"
    ))))
}

fn random_id(session: &Session) -> Result<Vec<u8>, Failure> {
    match session.generate_random_vec(16) {
        Ok(id) => Ok(id),
        Err(CallError::Pkcs11(RvError::RandomNoRng | RvError::FunctionNotSupported, _)) => Err(Failure::Final(
            Error::invalid_input("the token makes no random numbers: give the key an id with KeySpec::with_id"),
        )),
        Err(error) => Err(error.into()),
    }
}
