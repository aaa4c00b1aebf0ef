//! Channels that come and go while the emulator runs, and what puts everything back.

use std::sync::Arc;

use line_channel_token_core::{ChannelId, Error};

use crate::builder::check_algorithms;
use crate::channel::EmulatedChannel;
use crate::emulator::Emulator;
use crate::live_channel::Blueprint;
use crate::registry::Conflict;

impl Emulator {
    /// Adds a channel while the emulator runs: for a test of its own, for example, that shares the emulator with others. Its
    /// time begins at the emulator's.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the emulator has a channel with this id, a key
    /// with one of its kids or a token with the text of its long-lived one, or if a P-256 key is registered without
    /// [`accept_es256`](crate::EmulatorBuilder::accept_es256). Then nothing is added.
    ///
    /// ```
    /// use line_channel_token_core::{ChannelId, ChannelSecret};
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// let emulator = Emulator::builder().build()?;
    /// emulator.add_channel(EmulatedChannel::new("1234567890", "s3cret")?)?;
    /// assert!(emulator.add_channel(EmulatedChannel::new("1234567890", "other")?).is_err());
    ///
    /// let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
    /// futures_executor::block_on(emulator.client().issue_stateless(&id, &secret))?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn add_channel(&self, channel: EmulatedChannel) -> Result<(), Error> {
        let shared = self.shared();
        check_algorithms(&channel, &shared.settings)?;
        let blueprint = Arc::new(Blueprint::new(channel));
        let mut registry = shared.registry_mut();
        let mut tokens = shared.tokens();
        let added = registry.add(&mut tokens, Arc::clone(&blueprint), shared.clock.time());
        added.map_err(|conflict| {
            let id = &blueprint.id;
            Error::invalid_input(match conflict {
                Conflict::Id => format!("the emulator has a channel {id} already: give another id, or remove that channel"),
                Conflict::Kid(kid) => {
                    format!("a key with the kid {kid} is registered already: give another kid, or remove that key")
                }
                Conflict::LongLivedToken => format!(
                    "the long-lived token of channel {id} is that of another channel, or was issued before: give a new one"
                ),
            })
        })
    }

    /// Removes a channel with its keys and tokens, and returns whether there was one. The tokens are unknown from now on,
    /// stateless ones too, and stay so if a channel with the same id is added again. Faults that are for this channel alone end. A request that is being responded to
    /// meanwhile changes nothing that is seen later.
    ///
    /// ```
    /// use line_channel_token_core::ChannelId;
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    /// let id = ChannelId::new("1234567890")?;
    /// assert!(emulator.remove_channel(&id));
    /// assert!(!emulator.remove_channel(&id));
    /// assert!(emulator.channels().is_empty());
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn remove_channel(&self, id: &ChannelId) -> bool {
        let shared = self.shared();
        shared.faults.clear_channel(id);
        let mut registry = shared.registry_mut();
        registry.remove(&mut shared.tokens(), id.as_str()).is_some()
    }

    /// Puts everything back to what the builder made: channels, keys, secrets and long-lived tokens. Channels that were added
    /// since are gone, all buckets are full, faults end, and the time is the clock's again. All tokens that were issued before are
    /// unknown, stateless ones too.
    ///
    /// The [clock of clients](Self::client) shows the earlier calendar then; what they measure delays by does not go back.
    ///
    /// ```
    /// use line_channel_token_core::ChannelId;
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator, TokenFamily};
    ///
    /// let channel = EmulatedChannel::new("1234567890", "s3cret")?.with_long_lived_token("abc+/w==")?;
    /// let emulator = Emulator::builder().channel(channel).build()?;
    /// let id = ChannelId::new("1234567890")?;
    /// emulator.revoke_all(&id);
    /// emulator.add_channel(EmulatedChannel::new("2345678901", "other")?)?;
    ///
    /// emulator.reset();
    /// assert_eq!(emulator.channels().len(), 1);
    /// assert_eq!(emulator.live_tokens(&id, TokenFamily::LongLived), 1);
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn reset(&self) {
        self.shared().reset();
    }

    /// Puts one channel back to what it was built or added with, and returns whether there is one: its keys, secret and
    /// long-lived token, full buckets, and the emulator's time. All of its tokens that were issued before are unknown,
    /// stateless ones too. Other channels stay as they are: if one of them has a kid or a long-lived token by now that this
    /// channel had at first, it keeps it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use line_channel_token_core::ChannelId;
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    /// let id = ChannelId::new("1234567890")?;
    /// emulator.advance_channel(&id, Duration::from_secs(3600))?;
    /// assert!(emulator.reset_channel(&id));
    /// assert!(emulator.channel_state(&id).is_some_and(|state| state.advanced.is_zero()));
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn reset_channel(&self, id: &ChannelId) -> bool {
        let shared = self.shared();
        shared.faults.clear_channel(id);
        let mut registry = shared.registry_mut();
        registry.reset(&mut shared.tokens(), id.as_str(), shared.clock.time())
    }
}
