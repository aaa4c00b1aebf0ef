//! An assertion as a compact JWS: its form, its header and its signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error_bodies;
use crate::json_object::JsonObject;
use crate::key_algorithm::KeyAlgorithm;
use crate::public_key::PublicKey;
use crate::response::{ErrorResponse, shown};

/// An assertion whose header was accepted, and whose signature is not verified yet.
pub(crate) struct UnverifiedAssertion<'a> {
    kid: String,
    algorithm: KeyAlgorithm,
    signed: &'a str,
    signature: Vec<u8>,
    claims: Vec<u8>,
}

impl<'a> UnverifiedAssertion<'a> {
    /// Parses the three parts and checks the header.
    pub(crate) fn parse(jwt: &'a str, accept_es256: bool) -> Result<Self, ErrorResponse> {
        let malformed = |reason: &'static str| ErrorResponse::bad_request(error_bodies::INVALID_ASSERTION, reason);
        let shape = "the assertion is not three parts with dots between";
        let (signed, signature) = jwt.rsplit_once('.').ok_or_else(|| malformed(shape))?;
        let (header, claims) = signed.split_once('.').ok_or_else(|| malformed(shape))?;
        if claims.contains('.') {
            return Err(malformed(shape));
        }
        let decode = |part: &str, reason| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed(reason));
        let header = decode(header, "the assertion's header is not base64url without padding")?;
        let claims = decode(claims, "the assertion's claims are not base64url without padding")?;
        let signature = decode(signature, "the assertion's signature is not base64url without padding")?;
        let header = JsonObject::parse(&header)
            .map_err(|_| malformed("the assertion's header is no JSON object, or has a duplicate member"))?;
        let algorithm = algorithm(&header, accept_es256)?;
        match header.text("typ") {
            Some("JWT") => {}
            Some(other) => {
                let reason = format!("the header's typ is {}: JWT is needed", shown(other));
                return Err(ErrorResponse::bad_request(error_bodies::INVALID_TYP, reason));
            }
            None => {
                return Err(ErrorResponse::bad_request(
                    error_bodies::INVALID_TYP,
                    "the header has no typ: JWT is needed",
                ));
            }
        }
        if header.has("crit") {
            return Err(malformed("the header has crit, and no extension is supported: leave it out"));
        }
        let kid = match header.text("kid") {
            Some(kid) if !kid.is_empty() => kid.to_owned(),
            _ => {
                let reason = "the header has no kid: the Console shows it beside the registered key";
                return Err(ErrorResponse::bad_request(error_bodies::INVALID_KID, reason));
            }
        };
        Ok(Self { kid, algorithm, signed, signature, claims })
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// The claims, once the signature is known to be `key`'s.
    pub(crate) fn verify(&self, key: &PublicKey) -> Result<JsonObject, ErrorResponse> {
        if key.algorithm() != self.algorithm {
            let alg = self.algorithm.as_str();
            let needed = key.algorithm().as_str();
            let reason = format!("the header's alg is {alg}, but the registered key is for {needed}");
            return Err(ErrorResponse::bad_request(error_bodies::INVALID_ALG, reason));
        }
        if !key.verifies(self.signed.as_bytes(), &self.signature) {
            let reason = "the signature does not verify against the registered public key";
            return Err(ErrorResponse::bad_request(error_bodies::INVALID_SIGNATURE, reason));
        }
        JsonObject::parse(&self.claims).map_err(|_| {
            let reason = "the assertion's claims are no JSON object, or have a duplicate member";
            ErrorResponse::bad_request(error_bodies::INVALID_ASSERTION, reason)
        })
    }
}

fn algorithm(header: &JsonObject, accept_es256: bool) -> Result<KeyAlgorithm, ErrorResponse> {
    let refuse = |reason: String| Err(ErrorResponse::bad_request(error_bodies::INVALID_ALG, reason));
    match header.text("alg") {
        Some("RS256") => Ok(KeyAlgorithm::Rs256),
        Some("ES256") if accept_es256 => Ok(KeyAlgorithm::Es256),
        Some("ES256") => refuse("the header's alg is ES256, which LINE does not accept: RS256 is needed".to_owned()),
        Some(other) => refuse(format!("the header's alg is {}: RS256 is needed", shown(other))),
        None => refuse("the header has no alg: RS256 is needed".to_owned()),
    }
}
