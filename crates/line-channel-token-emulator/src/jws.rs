//! A compact JWS as text: its three parts, and the JSON in two of them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error_bodies;
use crate::json_object::JsonObject;
use crate::key_algorithm::KeyAlgorithm;
use crate::public_key::PublicKey;
use crate::response::shown;
use crate::violation::Violation;

/// The parts of a compact JWS, as they are encoded.
#[derive(Clone, Copy)]
pub(crate) struct JwsParts<'a> {
    /// Header and claims with the dot between.
    signed: &'a str,
    header: &'a str,
    claims: &'a str,
    signature: &'a str,
}

impl<'a> JwsParts<'a> {
    pub(crate) fn split(jwt: &'a str) -> Result<Self, Violation> {
        let three = jwt.rsplit_once('.').and_then(|(signed, signature)| {
            let (header, claims) = signed.split_once('.')?;
            (!claims.contains('.')).then_some(Self { signed, header, claims, signature })
        });
        three.ok_or_else(|| {
            let advice = match jwt.matches('.').count() {
                1 => "the signature is missing: copy the whole assertion",
                4 => "five parts are an encrypted JWT (JWE): LINE takes a signed one, a JWS",
                _ => "an assertion is header, claims and signature, each as base64url",
            };
            malformed("the assertion is not three parts with dots between", advice)
        })
    }

    /// The header's JSON, as it stands there.
    pub(crate) fn header_json(&self) -> Result<Vec<u8>, Violation> {
        decode(self.header, "header")
    }

    /// The claims' JSON, as it stands there.
    pub(crate) fn claims_json(&self) -> Result<Vec<u8>, Violation> {
        decode(self.claims, "claims")
    }

    pub(crate) fn header(&self) -> Result<JsonObject, Violation> {
        object(&self.header_json()?, "header")
    }

    /// The claims. Who cares whether they are the signer's calls [`verify`](Self::verify) before.
    pub(crate) fn claims(&self) -> Result<JsonObject, Violation> {
        object(&self.claims_json()?, "claims")
    }

    /// The signature, if it has the form of one of the algorithm, whatever it says.
    pub(crate) fn signature(&self, algorithm: KeyAlgorithm) -> Result<Vec<u8>, Violation> {
        let signature = decode(self.signature, "signature")?;
        let refuse =
            |found: String, advice: &'static str| Err(Violation::new(error_bodies::INVALID_SIGNATURE, found, advice));
        let needed = match algorithm {
            KeyAlgorithm::Rs256 => 256,
            KeyAlgorithm::Es256 => 64,
        };
        match signature.len() {
            length if length == needed => Ok(signature),
            0 => refuse("the signature is empty".to_owned(), "sign with the private key of the registered public key"),
            length => {
                let advice = match algorithm {
                    KeyAlgorithm::Rs256 => "sign with an RSA key of 2048 bits, and copy the whole assertion",
                    KeyAlgorithm::Es256 => {
                        "a JWS has r and s with 32 bytes each, and not the DER that most libraries make"
                    }
                };
                refuse(format!("the signature has {length} bytes, and one of {algorithm} has {needed}"), advice)
            }
        }
    }

    /// Checks that the signature is that of a key.
    pub(crate) fn verify(&self, key: &PublicKey) -> Result<(), Violation> {
        let signature = self.signature(key.algorithm())?;
        if key.verifies(self.signed.as_bytes(), &signature) {
            return Ok(());
        }
        let found = "the signature does not verify against the registered public key";
        let advice = "sign with the private key that belongs to it, or name the kid of the key that signs";
        Err(Violation::new(error_bodies::INVALID_SIGNATURE, found, advice))
    }
}

pub(crate) fn malformed(found: impl Into<String>, advice: &'static str) -> Violation {
    Violation::new(error_bodies::INVALID_ASSERTION, found.into(), advice)
}

fn decode(part: &str, name: &str) -> Result<Vec<u8>, Violation> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| {
        let advice = if part.contains('=') {
            "leave out the = at its end"
        } else if part.contains(['+', '/']) {
            "base64url has - and _ in place of + and /"
        } else if part.contains(char::is_whitespace) {
            "leave out the white space in it"
        } else {
            "encode it as base64url, and copy all of it"
        };
        malformed(format!("the assertion's {name} is not base64url without padding"), advice)
    })
}

fn object(json: &[u8], name: &str) -> Result<JsonObject, Violation> {
    JsonObject::parse(json).map_err(|_| match JsonObject::first_duplicate(json) {
        Some(member) => malformed(
            format!("the assertion's {name} has the member {} twice", shown(&member)),
            "write each member once: otherwise it is open which one counts",
        ),
        None => malformed(
            format!("the assertion's {name} is no JSON object"),
            "encode the UTF-8 of one JSON object, from its { to its }",
        ),
    })
}
