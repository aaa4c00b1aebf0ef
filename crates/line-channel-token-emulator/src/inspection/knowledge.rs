//! What an inspection may know besides the pasted text.

use std::sync::Arc;
use std::time::Duration;

use super::token::InspectedToken;
use crate::header_rules::AcceptedAlgorithms;
use crate::jws::JwsParts;
use crate::leniency::Leniency;
use crate::public_key::PublicKey;

/// The key that a kid names.
pub(super) enum KnownKey {
    /// There is no registry to look it up in, and no key was given.
    NotKnown,
    /// No key is registered under it; perhaps with more to say about that.
    NotRegistered { advice: Option<String> },
    /// The key, and whether the kid is known to be its.
    Found { key: Arc<PublicKey>, is_registered: bool },
}

/// What is known about a token.
pub(super) enum KnownToken {
    /// There is nobody to ask.
    NotKnown,
    NotIssued,
    Issued(InspectedToken),
}

/// An emulator, or what somebody gave.
pub(super) trait Knowledge {
    fn accepted(&self) -> AcceptedAlgorithms;
    fn audiences(&self) -> &[String];
    fn leniency(&self) -> &Leniency;
    /// The key that a header's kid names, if it has one; `iss` is the channel that the claims name.
    fn key(&self, kid: Option<&str>, iss: Option<&str>) -> KnownKey;
    /// The channel that `iss` must name.
    fn owner(&self, kid: Option<&str>) -> Option<String>;
    /// The Unix time by which claims are checked.
    fn now(&self, kid: Option<&str>, iss: Option<&str>) -> Duration;
    /// The kid of another key that made the signature.
    fn signer(&self, parts: &JwsParts<'_>) -> Option<String>;
    fn token(&self, text: &str) -> KnownToken;
}
