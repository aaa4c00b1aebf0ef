//! The rules for an assertion's header.

use crate::error_bodies;
use crate::json_object::JsonObject;
use crate::jws::malformed;
use crate::key_algorithm::KeyAlgorithm;
use crate::public_key::PublicKey;
use crate::response::shown;
use crate::rule::{Rule, missing};
use crate::violation::Violation;

/// Which algorithms an assertion may name: RS256, and what is said here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AcceptedAlgorithms {
    pub(crate) es256: bool,
}

/// All of them, in the order of their checks.
pub(crate) const HEADER_RULES: [Rule<AcceptedAlgorithms>; 4] = [
    Rule { name: "alg", check: alg, found: |header, _| Some(format!("alg is {}", header.text("alg")?)) },
    Rule { name: "typ", check: typ, found: |header, _| Some(format!("typ is {}", header.text("typ")?)) },
    Rule { name: "crit", check: crit, found: |_, _| None },
    Rule { name: "kid", check: kid, found: |header, _| Some(format!("kid is {}", shown(header.text("kid")?))) },
];

/// The algorithm that a header names, if it is one that exists here.
pub(crate) fn algorithm(header: &JsonObject) -> Option<KeyAlgorithm> {
    match header.text("alg") {
        Some("RS256") => Some(KeyAlgorithm::Rs256),
        Some("ES256") => Some(KeyAlgorithm::Es256),
        _ => None,
    }
}

/// Checks that the registered key can have signed with the header's algorithm, which is one that exists here.
pub(crate) fn algorithm_of_key(header: &JsonObject, key: &PublicKey) -> Result<(), Violation> {
    let needed = key.algorithm();
    match algorithm(header) {
        Some(named) if named != needed => Err(Violation::new(
            error_bodies::INVALID_ALG,
            format!("the header's alg is {named}, but the registered key is for {needed}"),
            "name the kid of the key that signs",
        )),
        _ => Ok(()),
    }
}

fn alg(header: &JsonObject, accepted: &AcceptedAlgorithms) -> Result<(), Violation> {
    let refuse = |found: String, advice: &'static str| Err(Violation::new(error_bodies::INVALID_ALG, found, advice));
    let needed = "RS256 is needed";
    match header.text("alg") {
        Some("RS256") => Ok(()),
        Some("ES256") if accepted.es256 => Ok(()),
        Some("ES256") => refuse("the header's alg is ES256, which LINE does not accept".to_owned(), needed),
        Some(other) if other.eq_ignore_ascii_case("none") => refuse(
            format!("the header's alg is {}, so nothing is signed", shown(other)),
            "RS256 is needed: sign with the private key of the registered public key",
        ),
        Some(other @ ("HS256" | "HS384" | "HS512")) => refuse(
            format!("the header's alg is {}, which signs with a shared secret", shown(other)),
            "RS256 is needed: sign with the private key of the registered public key, not with the channel secret",
        ),
        Some(other) => refuse(format!("the header's alg is {}", shown(other)), needed),
        None if header.has("alg") => refuse("the header's alg is no string".to_owned(), needed),
        None => refuse(missing(header, "the header", "alg"), needed),
    }
}

fn typ(header: &JsonObject, _: &AcceptedAlgorithms) -> Result<(), Violation> {
    let found = match header.text("typ") {
        Some("JWT") => return Ok(()),
        Some(other) => format!("the header's typ is {}", shown(other)),
        None if header.has("typ") => "the header's typ is no string".to_owned(),
        None => missing(header, "the header", "typ"),
    };
    Err(Violation::new(error_bodies::INVALID_TYP, found, "JWT is needed"))
}

fn crit(header: &JsonObject, _: &AcceptedAlgorithms) -> Result<(), Violation> {
    if header.has("crit") {
        return Err(malformed("the header has crit, and no extension is supported", "leave it out"));
    }
    Ok(())
}

fn kid(header: &JsonObject, _: &AcceptedAlgorithms) -> Result<(), Violation> {
    let found = match header.text("kid") {
        Some("") => "the header's kid is empty".to_owned(),
        Some(_) => return Ok(()),
        None if header.has("kid") => "the header's kid is no string".to_owned(),
        None => missing(header, "the header", "kid"),
    };
    Err(Violation::new(error_bodies::INVALID_KID, found, "the Console shows it beside the registered key"))
}
