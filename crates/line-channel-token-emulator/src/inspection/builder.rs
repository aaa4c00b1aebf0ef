//! An inspection without an emulator: by what is given.

use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::{ChannelId, Clock, Error, SystemClock};

use super::knowledge::{Knowledge, KnownKey, KnownToken};
use super::run::Inspection;
use crate::claims::LINE_AUDIENCE;
use crate::header_rules::AcceptedAlgorithms;
use crate::jwk;
use crate::jws::JwsParts;
use crate::leniency::Leniency;
use crate::public_key::PublicKey;

/// What is known for an inspection without an emulator; [`Inspection::builder`] starts one. What is not given is not checked,
/// and the inspection says so.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_core::ChannelId;
/// use line_channel_token_emulator::{InspectedKind, Inspection};
///
/// let inspection = Inspection::builder()
///     .now(Duration::from_secs(1_790_000_000))
///     .channel_id(ChannelId::new("1234567890")?)
///     .inspect("eyJhbGciOiJub25lIn0.eyJpc3MiOiJtZSJ9.");
/// assert_eq!(inspection.subject(), InspectedKind::Assertion);
/// assert!(!inspection.is_accepted());
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct InspectionBuilder {
    now: Option<Duration>,
    audiences: Vec<String>,
    accept_es256: bool,
    key: Option<Arc<PublicKey>>,
    channel_id: Option<ChannelId>,
    leniency: Leniency,
}

impl InspectionBuilder {
    pub(super) fn new() -> Self {
        Self {
            now: None,
            audiences: vec![LINE_AUDIENCE.to_owned()],
            accept_es256: false,
            key: None,
            channel_id: None,
            leniency: Leniency::default(),
        }
    }

    /// The Unix time for `exp` and `nbf`; the machine's by default.
    ///
    /// ```
    /// use std::time::Duration;
    /// use line_channel_token_emulator::Inspection;
    ///
    /// let builder = Inspection::builder().now(Duration::from_secs(1_790_000_000));
    /// assert!(builder.inspect("").findings().len() == 1);
    /// ```
    pub fn now(mut self, unix: Duration) -> Self {
        self.now = Some(unix);
        self
    }

    /// What `aud` may be; `https://api.line.me/` alone by default.
    ///
    /// ```
    /// use line_channel_token_emulator::Inspection;
    ///
    /// let builder = Inspection::builder().accepted_audiences(["https://gateway.example/"]);
    /// assert!(!builder.inspect("eyJhbGciOiJub25lIn0.e30.").is_accepted());
    /// ```
    pub fn accepted_audiences(mut self, audiences: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.audiences = audiences.into_iter().map(Into::into).collect();
        self
    }

    /// Whether ES256 is accepted. LINE does not, so this is off.
    ///
    /// ```
    /// use line_channel_token_emulator::Inspection;
    ///
    /// let inspection = Inspection::builder().accept_es256(true).inspect("eyJhbGciOiJFUzI1NiJ9.e30.");
    /// assert!(inspection.findings().iter().any(|finding| finding.message == "alg is ES256"));
    /// ```
    pub fn accept_es256(mut self, accept: bool) -> Self {
        self.accept_es256 = accept;
        self
    }

    /// The public key that the signature is verified against, as the JWK that is registered in the Console.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the Console would refuse the JWK: see
    /// [`EmulatedChannel::with_key`](crate::EmulatedChannel::with_key).
    ///
    /// ```
    /// use line_channel_token_emulator::Inspection;
    ///
    /// assert!(Inspection::builder().public_jwk("-----BEGIN PUBLIC KEY-----").is_err());
    /// ```
    pub fn public_jwk(mut self, json: impl AsRef<str>) -> Result<Self, Error> {
        self.key = Some(Arc::new(jwk::parse(json.as_ref())?));
        Ok(self)
    }

    /// The channel that `iss` must name.
    ///
    /// ```
    /// use line_channel_token_core::ChannelId;
    /// use line_channel_token_emulator::Inspection;
    ///
    /// let builder = Inspection::builder().channel_id(ChannelId::new("1234567890")?);
    /// let inspection = builder.inspect("eyJhbGciOiJub25lIn0.eyJpc3MiOiI5OSJ9.");
    /// assert!(inspection.findings().iter().any(|finding| finding.message.contains("channel 1234567890")));
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn channel_id(mut self, id: ChannelId) -> Self {
        self.channel_id = Some(id);
        self
    }

    /// Inspects a pasted text.
    ///
    /// ```
    /// use line_channel_token_emulator::Inspection;
    ///
    /// let inspection = Inspection::builder().inspect("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.AAAA.AAAA");
    /// assert_eq!(inspection.subject().as_str(), "jwt_or_stateless_token");
    /// ```
    #[must_use]
    pub fn inspect(&self, text: &str) -> Inspection {
        Inspection::run(text, self)
    }
}

impl Knowledge for InspectionBuilder {
    fn accepted(&self) -> AcceptedAlgorithms {
        AcceptedAlgorithms { es256: self.accept_es256 }
    }

    fn audiences(&self) -> &[String] {
        &self.audiences
    }

    fn leniency(&self) -> &Leniency {
        &self.leniency
    }

    fn key(&self, _: Option<&str>, _: Option<&str>) -> KnownKey {
        self.key
            .as_ref()
            .map_or(KnownKey::NotKnown, |key| KnownKey::Found { key: Arc::clone(key), is_registered: false })
    }

    fn owner(&self, _: Option<&str>) -> Option<String> {
        self.channel_id.as_ref().map(ToString::to_string)
    }

    fn now(&self, _: Option<&str>, _: Option<&str>) -> Duration {
        self.now.unwrap_or_else(|| SystemClock.now().unix)
    }

    fn signer(&self, _: &JwsParts<'_>) -> Option<String> {
        None
    }

    fn token(&self, _: &str) -> KnownToken {
        KnownToken::NotKnown
    }
}
