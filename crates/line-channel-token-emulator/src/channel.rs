//! A channel as the Console knows it: its id, its secret and its registered keys.

use aws_lc_rs::digest::{Digest, SHA256, digest};
use line_channel_token_core::{AssertionKid, ChannelId, ChannelSecret, Error};
use subtle::ConstantTimeEq;

use crate::jwk;
use crate::public_key::PublicKey;

/// A channel that the emulator shall have.
#[derive(Clone, Debug)]
pub struct EmulatedChannel {
    id: ChannelId,
    secret: ChannelSecret,
    keys: Vec<(AssertionKid, PublicKey)>,
}

impl EmulatedChannel {
    /// A channel without registered keys.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) where [`ChannelId`] or
    /// [`ChannelSecret`] refuses its text: an id of up to 20 decimal digits, a secret of visible ASCII.
    pub fn new(id: impl AsRef<str>, secret: impl AsRef<str>) -> Result<Self, Error> {
        Ok(Self { id: ChannelId::new(id)?, secret: ChannelSecret::new(secret)?, keys: Vec::new() })
    }

    /// The same channel with a public key registered as an assertion signing key, under the kid that the Console
    /// would hand out for it.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) where the kid is empty or taken, or
    /// where the Console would refuse the JWK, each rule with a message of its own: RSA of 2048 bits, `alg` RS256,
    /// exactly one of `"use":"sig"` and `"key_ops":["verify"]`, no `kid`, no private member. A P-256 key for ES256 is
    /// accepted here, and refused by [`EmulatorBuilder::build`](crate::EmulatorBuilder::build) unless
    /// [`accept_es256`](crate::EmulatorBuilder::accept_es256) is on.
    pub fn with_key(mut self, kid: impl AsRef<str>, public_jwk_json: impl AsRef<str>) -> Result<Self, Error> {
        let kid = AssertionKid::new(kid)?;
        if self.keys.iter().any(|(taken, _)| *taken == kid) {
            return Err(Error::invalid_input(format!("the channel {} has a key with the kid {kid} already", self.id)));
        }
        self.keys.push((kid, jwk::read(public_jwk_json.as_ref())?));
        Ok(self)
    }

    /// The channel id.
    #[must_use]
    pub fn id(&self) -> &ChannelId {
        &self.id
    }

    pub(crate) fn into_parts(self) -> (ChannelId, SecretDigest, Vec<(AssertionKid, PublicKey)>) {
        (self.id, SecretDigest::of(self.secret.expose_secret()), self.keys)
    }
}

/// SHA-256 of a channel secret, so that a comparison takes the same time whatever is compared, length included.
pub(crate) struct SecretDigest(Digest);

impl SecretDigest {
    fn of(secret: &str) -> Self {
        Self(digest(&SHA256, secret.as_bytes()))
    }

    pub(crate) fn matches(&self, given: &str) -> bool {
        self.0.as_ref().ct_eq(Self::of(given).0.as_ref()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::{EmulatedChannel, SecretDigest};
    use crate::public_key::tests::RSA_A2;

    #[test]
    fn a_kid_is_registered_once() {
        let channel = EmulatedChannel::new("1234", "s3cr3t").unwrap().with_key("kid-1", RSA_A2).unwrap();
        let error = channel.clone().with_key("kid-1", RSA_A2).unwrap_err().to_string();
        assert!(error.contains("kid-1 already"), "{error}");
        assert!(!format!("{channel:?}").contains("s3cr3t"));
    }

    #[test]
    fn only_the_whole_secret_matches() {
        let secret = SecretDigest::of("s3cr3t");
        assert!(secret.matches("s3cr3t"));
        assert!(!secret.matches("s3cr3") && !secret.matches("s3cr3t ") && !secret.matches(""));
    }
}
