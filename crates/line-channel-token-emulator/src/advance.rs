//! Time that a test moves.

use std::time::Duration;

use line_channel_token_core::{ChannelId, Clock, Error, Moment};

use crate::admin::unknown_channel;
use crate::emulator::Emulator;

impl Emulator {
    /// Moves the time of all channels ahead. Tokens and assertions expire by it, buckets are refilled by it, and the `Date`
    /// of responses and the [clock of clients](Self::client) show it. The clock of the builder is not touched, and time goes
    /// on by it; only [`reset`](Self::reset) goes back.
    ///
    /// Somebody who sleeps on the clock of clients meanwhile is not woken.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the time of a channel would be after the year
    /// 9999.
    ///
    /// ```
    /// use std::time::Duration;
    /// use line_channel_token_core::{ChannelId, ChannelSecret};
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator, TokenFamily};
    ///
    /// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    /// let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
    /// futures_executor::block_on(emulator.client().issue_stateless(&id, &secret))?;
    /// emulator.advance(Duration::from_secs(900))?;
    /// assert_eq!(emulator.live_tokens(&id, TokenFamily::Stateless), 0);
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn advance(&self, by: Duration) -> Result<(), Error> {
        let shared = self.shared();
        // The lock is held so that no channel moves meanwhile.
        let registry = shared.registry_mut();
        let channels = registry.channels().into_iter().map(|channel| channel.advanced()).max().unwrap_or_default();
        shared.clock.advance(by, channels)
    }

    /// Moves the time of one channel ahead, on top of the emulator's, so that tests that share the emulator do not disturb
    /// each other. Everything about this channel follows it, in requests that name another or none nothing does. The
    /// [clock of clients](Self::client) shows the emulator's time, and not that of a channel.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the emulator does not have the channel, or if
    /// its time would be after the year 9999.
    ///
    /// ```
    /// use std::time::Duration;
    /// use line_channel_token_core::ChannelId;
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    /// let id = ChannelId::new("1234567890")?;
    /// emulator.advance_channel(&id, Duration::from_secs(3600))?;
    /// assert!(emulator.channel_state(&id).is_some_and(|state| state.advanced == Duration::from_secs(3600)));
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn advance_channel(&self, id: &ChannelId, by: Duration) -> Result<(), Error> {
        let shared = self.shared();
        let registry = shared.registry_mut();
        let channel = registry.find(id.as_str()).ok_or_else(|| unknown_channel(id))?;
        channel.advance(by, shared.clock.time())
    }

    /// The emulator's time: that of its clock, and what it was [advanced](Self::advance) by. A channel may be ahead of it:
    /// see [`ChannelState::advanced`](crate::ChannelState::advanced).
    ///
    /// ```
    /// use std::time::Duration;
    /// use line_channel_token_emulator::Emulator;
    ///
    /// let emulator = Emulator::builder().build()?;
    /// let before = emulator.now();
    /// emulator.advance(Duration::from_secs(60))?;
    /// assert!(emulator.now().since(before) >= Duration::from_secs(60));
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn now(&self) -> Moment {
        self.shared().clock.now()
    }
}
