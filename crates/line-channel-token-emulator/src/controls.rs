//! What a test can see and do that no request can.

use std::sync::{Arc, PoisonError};

use line_channel_token_core::{AssertionKid, ChannelId, Error};

use crate::emulator::Emulator;
use crate::jwk::{self, es256_refused};
use crate::public_key::Algorithm;
use crate::standing::TokenFamily;
use crate::state::RegisteredKey;

impl Emulator {
    /// How many tokens of a family the channel has that are neither expired nor revoked; 0 for a channel that the
    /// emulator does not have. Stateless tokens are counted by the second in which they were issued.
    #[must_use]
    pub fn live_tokens(&self, channel: &ChannelId, family: TokenFamily) -> usize {
        let inner = self.inner();
        let now = inner.clock.now();
        inner.find(channel.as_str()).map_or(0, |channel| inner.ledger().live(family, channel, now))
    }

    /// Revokes all v2 and v2.1 tokens of a channel and says how many that were. Stateless ones cannot be revoked.
    pub fn revoke_all(&self, channel: &ChannelId) -> usize {
        let inner = self.inner();
        let now = inner.clock.now();
        inner.find(channel.as_str()).map_or(0, |channel| inner.ledger().revoke_all(channel, now))
    }

    /// Registers a public key for a channel, as in the Console, while the emulator runs.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) where the emulator does not have the
    /// channel, and otherwise as [`EmulatedChannel::with_key`](crate::EmulatedChannel::with_key) and
    /// [`EmulatorBuilder::build`](crate::EmulatorBuilder::build).
    pub fn register_key(
        &self,
        channel: &ChannelId,
        kid: impl AsRef<str>,
        public_jwk_json: impl AsRef<str>,
    ) -> Result<(), Error> {
        let inner = self.inner();
        let kid = AssertionKid::new(kid)?;
        let key = jwk::read(public_jwk_json.as_ref())?;
        if key.algorithm() == Algorithm::Es256 && !inner.settings.accept_es256 {
            return Err(es256_refused());
        }
        let Some(owner) = inner.find(channel.as_str()) else {
            return Err(Error::invalid_input(format!("the emulator has no channel {channel}")));
        };
        let mut keys = inner.keys.write().unwrap_or_else(PoisonError::into_inner);
        if keys.contains_key(kid.as_str()) {
            return Err(Error::invalid_input(format!("a key with the kid {kid} is registered already")));
        }
        keys.insert(kid.as_str().into(), Arc::new(RegisteredKey { owner, key }));
        Ok(())
    }

    /// Removes a registered key and says whether there was one. Tokens that were issued for it stay valid.
    pub fn remove_key(&self, kid: impl AsRef<str>) -> bool {
        self.inner().keys.write().unwrap_or_else(PoisonError::into_inner).remove(kid.as_ref().trim_ascii()).is_some()
    }
}
