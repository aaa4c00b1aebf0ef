//! What an emulator has, to look at: nothing in it is secret.

use std::time::Duration;

use line_channel_token_core::{AssertionKid, ChannelId};

use crate::emulator::Emulator;
use crate::emulator_time::EmulatorTime;
use crate::key_algorithm::KeyAlgorithm;
use crate::live_channel::Channel;
use crate::registry::RegisteredKey;
use crate::token_family::TokenFamily;
use crate::token_store::{MAX_JWT_TOKENS, TokenStore};

/// A channel at one moment: [`Emulator::channels`] and [`Emulator::channel_state`] return it.
///
/// ```
/// use line_channel_token_core::{ChannelId, ChannelSecret};
/// use line_channel_token_emulator::{EmulatedChannel, Emulator};
///
/// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
/// let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
/// futures_executor::block_on(emulator.client().issue(&id, &secret))?;
///
/// let state = emulator.channel_state(&id).unwrap();
/// assert_eq!((state.tokens.len(), state.max_short_lived_tokens), (1, 30));
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelState {
    /// The channel id.
    pub id: ChannelId,
    /// The `scope` of its tokens; empty if they have none.
    pub scope: String,
    /// Its registered keys, in the order of their registration.
    pub keys: Vec<KeyState>,
    /// What its time is ahead of the emulator's.
    pub advanced: Duration,
    /// Its live tokens apart from stateless ones: short-lived, v2.1, long-lived, each in the order of issue.
    pub tokens: Vec<TokenState>,
    /// How many of its stateless tokens are live, counted by the second in which they were issued.
    pub stateless: usize,
    /// How many live short-lived tokens it may have before the oldest is revoked.
    pub max_short_lived_tokens: usize,
    /// How many live v2.1 tokens it may have before an issue is refused.
    pub max_jwt_tokens: usize,
}

/// A registered key.
///
/// ```
/// use line_channel_token_emulator::{EmulatedChannel, Emulator, KeyAlgorithm};
///
/// # let jwk = r#"{"kty":"EC","alg":"ES256","use":"sig","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
/// let channel = EmulatedChannel::new("1234567890", "s3cret")?.with_key("kid-1", jwk)?;
/// let emulator = Emulator::builder().channel(channel).accept_es256(true).build()?;
/// let key = emulator.channels().remove(0).keys.remove(0);
/// assert_eq!((key.kid.as_str(), key.algorithm), ("kid-1", KeyAlgorithm::Es256));
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyState {
    /// What an assertion names the key by.
    pub kid: AssertionKid,
    /// What it signs with.
    pub algorithm: KeyAlgorithm,
}

/// A live token, which is not stored itself.
///
/// ```
/// use line_channel_token_emulator::{EmulatedChannel, Emulator, TokenFamily};
///
/// let channel = EmulatedChannel::new("1234567890", "s3cret")?.with_long_lived_token("abc+/w==")?;
/// let emulator = Emulator::builder().channel(channel).build()?;
/// let token = emulator.channels().remove(0).tokens.remove(0);
/// assert_eq!((token.family, token.expires_in), (TokenFamily::LongLived, None));
/// assert_eq!(token.fingerprint, "3d246938"); // printf %s abc+/w== | sha256sum
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenState {
    /// Its family.
    pub family: TokenFamily,
    /// The first eight hexadecimal digits of its SHA-256, as `printf %s TOKEN | sha256sum` prints them.
    pub fingerprint: String,
    /// The key id of a v2.1 token.
    pub key_id: Option<String>,
    /// When it was issued or registered, in Unix time, as the channel had it.
    pub issued_at: Duration,
    /// How long it is valid yet; `None` if it does not expire.
    pub expires_in: Option<Duration>,
}

impl Emulator {
    /// All channels, in the order in which they were added.
    ///
    /// ```
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    /// emulator.add_channel(EmulatedChannel::new("111", "other")?)?;
    /// let ids: Vec<String> = emulator.channels().iter().map(|channel| channel.id.to_string()).collect();
    /// assert_eq!(ids, ["1234567890", "111"]);
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn channels(&self) -> Vec<ChannelState> {
        let shared = self.shared();
        let registry = shared.registry();
        let mut keys = registry.keys_by_channel();
        let mut tokens = shared.tokens();
        let time = shared.clock.time();
        let channels = registry.channels().into_iter();
        channels
            .map(|channel| state(channel, &keys.remove(&channel.number).unwrap_or_default(), &mut tokens, time))
            .collect()
    }

    /// One channel; `None` if the emulator does not have it.
    ///
    /// ```
    /// use line_channel_token_core::ChannelId;
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    /// let state = emulator.channel_state(&ChannelId::new("1234567890")?);
    /// assert!(state.is_some_and(|state| state.scope == "P CM"));
    /// assert!(emulator.channel_state(&ChannelId::new("999")?).is_none());
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn channel_state(&self, id: &ChannelId) -> Option<ChannelState> {
        let shared = self.shared();
        let registry = shared.registry();
        let channel = registry.find(id.as_str())?;
        Some(state(channel, &registry.keys_of(channel), &mut shared.tokens(), shared.clock.time()))
    }
}

fn state(channel: &Channel, keys: &[&RegisteredKey], tokens: &mut TokenStore, time: EmulatorTime) -> ChannelState {
    let now = channel.now(time);
    let live = tokens.live_stored(channel, now).into_iter();
    let live = live.map(|(digest, issued)| TokenState {
        family: issued.family,
        fingerprint: digest.fingerprint(),
        key_id: issued.shown_key_id(),
        issued_at: issued.issued_at,
        expires_in: issued.lifetime.map(|_| issued.remaining(now)),
    });
    ChannelState {
        id: channel.id().clone(),
        scope: channel.blueprint.scope.clone(),
        keys: keys.iter().map(|key| KeyState { kid: key.kid.clone(), algorithm: key.key.algorithm() }).collect(),
        advanced: channel.advanced(),
        tokens: live.collect(),
        stateless: tokens.live(TokenFamily::Stateless, channel, now),
        max_short_lived_tokens: tokens.max_short_lived_tokens,
        max_jwt_tokens: MAX_JWT_TOKENS,
    }
}
