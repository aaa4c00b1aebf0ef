//! What the Console and an administrator do, and no request can.

use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::{AccessToken, AssertionKid, ChannelId, ChannelSecret, Error};

use crate::channel::SecretDigest;
use crate::emulator::Emulator;
use crate::jwk::{self, es256_refused};
use crate::key_algorithm::KeyAlgorithm;
use crate::live_channel::Channel;
use crate::token_family::TokenFamily;
use crate::token_store::AlreadyKnown;

/// The longest time for which the Console keeps the previous long-lived token valid.
const MAX_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

impl Emulator {
    /// How many tokens of a family the channel has that are neither expired nor revoked; 0 for a channel that the
    /// emulator does not have. Stateless tokens are counted by the second in which they were issued.
    ///
    /// ```
    /// use line_channel_token_core::{ChannelId, ChannelSecret};
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator, TokenFamily};
    ///
    /// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    /// let client = emulator.client();
    /// let id = ChannelId::new("1234567890")?;
    /// futures_executor::block_on(client.issue(&id, &ChannelSecret::new("s3cret")?))?;
    /// assert_eq!(emulator.live_tokens(&id, TokenFamily::ShortLived), 1);
    /// assert_eq!(emulator.revoke_all(&id), 1);
    /// assert_eq!(emulator.live_tokens(&id, TokenFamily::ShortLived), 0);
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn live_tokens(&self, channel: &ChannelId, family: TokenFamily) -> usize {
        let shared = self.shared();
        let Some(channel) = shared.find(channel.as_str()) else { return 0 };
        let now = channel.now(shared.clock.time());
        shared.tokens().live(family, &channel, now)
    }

    /// Revokes all short-lived, v2.1 and long-lived tokens of a channel and returns their number. Stateless ones cannot be
    /// revoked.
    ///
    /// ```
    /// use line_channel_token_core::ChannelId;
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// let channel = EmulatedChannel::new("1234567890", "s3cret")?.with_long_lived_token("abc+/w==")?;
    /// let emulator = Emulator::builder().channel(channel).build()?;
    /// assert_eq!(emulator.revoke_all(&ChannelId::new("1234567890")?), 1);
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn revoke_all(&self, channel: &ChannelId) -> usize {
        let shared = self.shared();
        let Some(channel) = shared.find(channel.as_str()) else { return 0 };
        let now = channel.now(shared.clock.time());
        shared.tokens().revoke_all(&channel, now)
    }

    /// Gives a channel another secret, as the Console does when a secret is reissued. The old one is refused from now on;
    /// tokens that were issued for it stay valid.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if [`ChannelSecret`] refuses the text, or if the
    /// emulator does not have the channel.
    ///
    /// ```
    /// use line_channel_token_core::{ChannelId, ChannelSecret};
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    /// let id = ChannelId::new("1234567890")?;
    /// emulator.set_channel_secret(&id, "n3w")?;
    ///
    /// let client = emulator.client();
    /// let refused = futures_executor::block_on(client.issue_stateless(&id, &ChannelSecret::new("s3cret")?));
    /// assert!(refused.is_err());
    /// futures_executor::block_on(client.issue_stateless(&id, &ChannelSecret::new("n3w")?))?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn set_channel_secret(&self, channel: &ChannelId, secret: impl AsRef<str>) -> Result<(), Error> {
        let secret = ChannelSecret::new(secret)?;
        self.known_channel(channel)?.set_secret(SecretDigest::of(secret.expose_secret()));
        Ok(())
    }

    /// Registers a long-lived token for a channel, as the Console issues or reissues one: it does not expire. The previous
    /// token ends at once, or stays valid for `keep_previous_for`, up to 24 hours as in the Console. So at most two are
    /// valid. Any text that [`AccessToken`] takes will do.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if [`AccessToken`] refuses the text, if a token
    /// with this text was issued or registered before, if `keep_previous_for` is longer than 24 hours, or if the emulator does
    /// not have the channel.
    ///
    /// ```
    /// use std::time::Duration;
    /// use line_channel_token_core::ChannelId;
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator, TokenFamily};
    ///
    /// let channel = EmulatedChannel::new("1234567890", "s3cret")?.with_long_lived_token("old")?;
    /// let emulator = Emulator::builder().channel(channel).build()?;
    /// let id = ChannelId::new("1234567890")?;
    /// emulator.register_long_lived_token(&id, "new", Duration::from_secs(3600))?;
    /// assert_eq!(emulator.live_tokens(&id, TokenFamily::LongLived), 2);
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn register_long_lived_token(
        &self,
        channel: &ChannelId,
        token: impl AsRef<str>,
        keep_previous_for: Duration,
    ) -> Result<(), Error> {
        let token = AccessToken::new(token)?;
        let channel = self.known_channel(channel)?;
        if keep_previous_for > MAX_KEPT {
            let hours = keep_previous_for.as_secs_f64() / 3600.0;
            let message = format!("keep_previous_for is {hours:.1} h: at most 24 h");
            return Err(Error::invalid_input(message));
        }
        let shared = self.shared();
        let now = channel.now(shared.clock.time());
        let added = shared.tokens().add_long_lived(&channel, token.expose_secret(), keep_previous_for, now);
        added.map_err(|AlreadyKnown| {
            Error::invalid_input("a token with this text was issued or registered before: give a new one")
        })
    }

    fn known_channel(&self, channel: &ChannelId) -> Result<Arc<Channel>, Error> {
        self.shared().find(channel.as_str()).ok_or_else(|| unknown_channel(channel))
    }

    /// Registers a public key for a channel, as in the Console, while the emulator runs.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the emulator does not have the
    /// channel, and otherwise as [`EmulatedChannel::with_key`](crate::EmulatedChannel::with_key) and
    /// [`EmulatorBuilder::build`](crate::EmulatorBuilder::build).
    ///
    /// ```
    /// use line_channel_token_core::ChannelId;
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// # let jwk = r#"{"kty":"EC","alg":"ES256","use":"sig","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    /// let channel = EmulatedChannel::new("1234567890", "s3cret")?;
    /// let emulator = Emulator::builder().channel(channel).accept_es256(true).build()?;
    /// emulator.register_key(&ChannelId::new("1234567890")?, "kid-1", jwk)?;
    /// assert!(emulator.remove_key("kid-1"));
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn register_key(
        &self,
        channel: &ChannelId,
        kid: impl AsRef<str>,
        public_jwk_json: impl AsRef<str>,
    ) -> Result<(), Error> {
        let shared = self.shared();
        let kid = AssertionKid::new(kid)?;
        let key = jwk::parse(public_jwk_json.as_ref())?;
        if key.algorithm() == KeyAlgorithm::Es256 && !shared.settings.accept_es256 {
            return Err(es256_refused());
        }
        let mut registry = shared.registry_mut();
        let owner = registry.find(channel.as_str()).cloned().ok_or_else(|| unknown_channel(channel))?;
        if registry.key(kid.as_str()).is_some() {
            return Err(Error::invalid_input(format!(
                "a key with the kid {kid} is registered already: give another kid, or remove that key"
            )));
        }
        registry.register_key(owner, kid, Arc::new(key));
        Ok(())
    }

    /// Removes a registered key and returns whether there was one. Tokens that were issued for it stay valid.
    ///
    /// ```
    /// use line_channel_token_emulator::Emulator;
    ///
    /// let emulator = Emulator::builder().build()?;
    /// assert!(!emulator.remove_key("never-registered"));
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn remove_key(&self, kid: impl AsRef<str>) -> bool {
        let Ok(kid) = AssertionKid::new(kid) else { return false };
        self.shared().registry_mut().remove_key(kid.as_str())
    }
}

pub(crate) fn unknown_channel(channel: &ChannelId) -> Error {
    Error::invalid_input(format!("the emulator has no channel {channel}: add it to the builder, or by add_channel"))
}
