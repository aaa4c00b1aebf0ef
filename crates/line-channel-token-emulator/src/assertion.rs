//! An assertion of a request: its header and its signature are checked before its claims are read.

use crate::header_rules::{self, AcceptedAlgorithms, HEADER_RULES};
use crate::json_object::JsonObject;
use crate::jws::JwsParts;
use crate::public_key::PublicKey;
use crate::rule;
use crate::violation::Violation;

/// An assertion whose header was accepted, and whose signature is not verified yet.
pub(crate) struct UnverifiedAssertion<'a> {
    parts: JwsParts<'a>,
    header: JsonObject,
}

impl<'a> UnverifiedAssertion<'a> {
    /// Parses the three parts and checks the header.
    pub(crate) fn parse(jwt: &'a str, accepted: AcceptedAlgorithms) -> Result<Self, Violation> {
        let parts = JwsParts::split(jwt)?;
        let header = parts.header()?;
        rule::check(&HEADER_RULES, &header, &accepted)?;
        Ok(Self { parts, header })
    }

    pub(crate) fn kid(&self) -> &str {
        self.header.text("kid").unwrap_or_default()
    }

    /// The claims, once the signature is known to be `key`'s.
    pub(crate) fn verify(&self, key: &PublicKey) -> Result<JsonObject, Violation> {
        header_rules::algorithm_of_key(&self.header, key)?;
        self.parts.verify(key)?;
        self.parts.claims()
    }
}
