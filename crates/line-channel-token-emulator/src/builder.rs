//! The settings of an emulator.

use std::fmt;
use std::sync::Arc;

use line_channel_token_core::{Clock, Error, SystemClock};

use crate::channel::EmulatedChannel;
use crate::claims::LINE_AUDIENCE;
use crate::emulator::Emulator;
use crate::emulator_time::EmulatorClock;
use crate::jwk::es256_refused;
use crate::key_algorithm::KeyAlgorithm;
use crate::leniency::Leniency;
use crate::live_channel::Blueprint;
use crate::rate_limit::RateLimits;
use crate::record::RequestRecord;
use crate::registry::Conflict;
use crate::shared::{Settings, Shared};

/// Settings of an [`Emulator`]; [`Emulator::builder`] starts one.
///
/// ```
/// use line_channel_token_emulator::{EmulatedChannel, Emulator, RateLimits};
///
/// let emulator = Emulator::builder()
///     .channel(EmulatedChannel::new("1234567890", "s3cret")?)
///     .rate_limits(RateLimits::off())
///     .on_request(|record| eprintln!("{record}"))
///     .build()?;
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[must_use]
pub struct EmulatorBuilder {
    channels: Vec<EmulatedChannel>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    max_short_lived_tokens: usize,
}

impl Emulator {
    /// Starts with LINE's settings and no channel.
    ///
    /// ```
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::new()
    }
}

impl EmulatorBuilder {
    fn new() -> Self {
        Self {
            channels: Vec::new(),
            clock: Arc::new(SystemClock),
            settings: Settings {
                accept_es256: false,
                audiences: vec![LINE_AUDIENCE.to_owned()],
                rate_limits: RateLimits::default(),
                leniency: Leniency::default(),
                on_request: None,
            },
            max_short_lived_tokens: 30,
        }
    }

    /// Adds a channel.
    ///
    /// ```
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// let emulator = Emulator::builder()
    ///     .channel(EmulatedChannel::new("1234567890", "s3cret")?)
    ///     .channel(EmulatedChannel::new("2345678901", "other")?)
    ///     .build()?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn channel(mut self, channel: EmulatedChannel) -> Self {
        self.channels.push(channel);
        self
    }

    /// The clock for the expiry of assertions and tokens and for rate limits; the system's by default. With a clock that the
    /// test moves, nothing waits for an expiry. [`client`](Emulator::client) has this clock too, and says which one suits a
    /// client that repeats calls.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use line_channel_token_core::SystemClock;
    /// use line_channel_token_emulator::Emulator;
    ///
    /// let emulator = Emulator::builder().clock(Arc::new(SystemClock)).build()?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How many v2 tokens a channel may have before the oldest is silently revoked: 30 by default, as LINE has it.
    /// With 1 each issue revokes the previous token, as some libraries describe it.
    ///
    /// ```
    /// use line_channel_token_core::{ChannelId, ChannelSecret};
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator, TokenFamily};
    ///
    /// let channel = EmulatedChannel::new("1234567890", "s3cret")?;
    /// let emulator = Emulator::builder().channel(channel).max_short_lived_tokens(1).build()?;
    /// let client = emulator.client();
    /// let id = ChannelId::new("1234567890")?;
    /// let secret = ChannelSecret::new("s3cret")?;
    /// let first = futures_executor::block_on(client.issue(&id, &secret))?;
    /// futures_executor::block_on(client.issue(&id, &secret))?;
    /// assert!(futures_executor::block_on(client.verify(first.access_token())).is_err());
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn max_short_lived_tokens(mut self, tokens: usize) -> Self {
        self.max_short_lived_tokens = tokens;
        self
    }

    /// Whether P-256 keys may be registered and ES256 assertions are accepted. LINE does not, so this is off.
    ///
    /// ```
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// # let jwk = r#"{"kty":"EC","alg":"ES256","use":"sig","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    /// let channel = EmulatedChannel::new("1234567890", "s3cret")?.with_key("kid-1", jwk)?;
    /// assert!(Emulator::builder().channel(channel.clone()).build().is_err());
    /// Emulator::builder().channel(channel).accept_es256(true).build()?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn accept_es256(mut self, accept: bool) -> Self {
        self.settings.accept_es256 = accept;
        self
    }

    /// What an assertion's `aud` may be, in place of `https://api.line.me/` alone.
    ///
    /// ```
    /// use line_channel_token_emulator::Emulator;
    ///
    /// let gateway = ["https://api.line.me/", "https://gateway.example/"];
    /// let emulator = Emulator::builder().accepted_audiences(gateway).build()?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn accepted_audiences(mut self, audiences: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.settings.audiences = audiences.into_iter().map(Into::into).collect();
        self
    }

    /// How fast requests may come before 429 responses; LINE's numbers by default.
    ///
    /// ```
    /// use line_channel_token_emulator::{Emulator, RateLimits};
    ///
    /// let emulator = Emulator::builder().rate_limits(RateLimits::default().with_issue(1)).build()?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.settings.rate_limits = limits;
        self
    }

    /// Called with each request, just before the response is returned, on the same thread; so it should be quick.
    ///
    /// ```
    /// use line_channel_token_emulator::Emulator;
    ///
    /// let emulator = Emulator::builder().on_request(|record| eprintln!("{record}")).build()?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn on_request(mut self, observer: impl Fn(&RequestRecord) + Send + Sync + 'static) -> Self {
        self.settings.on_request = Some(Arc::new(observer));
        self
    }

    pub(crate) fn leniency(&mut self) -> &mut Leniency {
        &mut self.settings.leniency
    }

    /// The emulator.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if two channels share an id, a kid
    /// or a long-lived token, if a P-256 key is registered without [`accept_es256`](Self::accept_es256), if
    /// [`max_short_lived_tokens`](Self::max_short_lived_tokens) is 0 or if there is no accepted audience.
    ///
    /// ```
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// let channel = EmulatedChannel::new("1234567890", "s3cret")?;
    /// let error = Emulator::builder().channel(channel.clone()).channel(channel).build().unwrap_err();
    /// assert!(error.to_string().contains("two channels have the id 1234567890"));
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn build(self) -> Result<Emulator, Error> {
        if self.max_short_lived_tokens == 0 {
            return Err(Error::invalid_input(
                "max_short_lived_tokens is 0, so no token could be issued: give 1 or more",
            ));
        }
        if self.settings.audiences.is_empty() {
            return Err(Error::invalid_input(
                "accepted_audiences is empty, so no assertion could be accepted: give one or more",
            ));
        }
        let mut blueprints = Vec::new();
        for channel in self.channels {
            check_algorithms(&channel, &self.settings)?;
            blueprints.push(Arc::new(Blueprint::new(channel)));
        }
        let clock = EmulatorClock::new(self.clock);
        let shared = Shared::new(blueprints, self.max_short_lived_tokens, clock, self.settings);
        shared.map(Emulator::from_shared).map_err(|(blueprint, conflict)| {
            let id = &blueprint.id;
            Error::invalid_input(match conflict {
                Conflict::Id => format!("two channels have the id {id}: add each channel once"),
                Conflict::Kid(kid) => format!("two channels have a key with the kid {kid}: give each key its own"),
                Conflict::LongLivedToken => {
                    format!("channel {id} has the long-lived token of another channel: give each its own")
                }
            })
        })
    }
}

/// Refuses a P-256 key if ES256 is not accepted.
pub(crate) fn check_algorithms(channel: &EmulatedChannel, settings: &Settings) -> Result<(), Error> {
    let es256 = channel.keys.iter().any(|(_, key)| key.algorithm() == KeyAlgorithm::Es256);
    if es256 && !settings.accept_es256 { Err(es256_refused()) } else { Ok(()) }
}

impl fmt::Debug for EmulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorBuilder")
            .field("channels", &self.channels)
            .field("clock", &self.clock)
            .field("settings", &self.settings)
            .field("max_short_lived_tokens", &self.max_short_lived_tokens)
            .finish()
    }
}
