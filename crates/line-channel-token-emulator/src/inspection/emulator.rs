//! An inspection by an emulator: with its keys, tokens, time and settings.

use std::sync::Arc;
use std::time::Duration;

use super::knowledge::{Knowledge, KnownKey, KnownToken};
use super::run::Inspection;
use super::token::{InspectedToken, InspectedTokenStatus};
use crate::emulator::Emulator;
use crate::header_rules::AcceptedAlgorithms;
use crate::jws::JwsParts;
use crate::leniency::Leniency;
use crate::live_channel::Channel;
use crate::response::shown;
use crate::shared::Shared;
use crate::token_digest::TokenDigest;
use crate::token_family::TokenFamily;
use crate::token_status::TokenStatus;

/// How many other keys are tried for a signature that does not verify.
const MAX_TRIED_KEYS: usize = 100;

impl Emulator {
    /// What a pasted text is, an assertion or a token, and every rule for it at once: with the emulator's keys, tokens, time and
    /// settings. A whole `Authorization` header, a form, a URL and JSON are fine too. Nothing is issued, and no rate limit counts it.
    ///
    /// ```
    /// use line_channel_token_core::{ChannelId, ChannelSecret};
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator, InspectedKind};
    ///
    /// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    /// let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
    /// let token = futures_executor::block_on(emulator.client().issue_stateless(&id, &secret))?;
    ///
    /// let inspection = emulator.inspect(token.access_token().expose_secret());
    /// assert_eq!(inspection.subject(), InspectedKind::StatelessToken);
    /// assert!(inspection.is_accepted());
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn inspect(&self, text: &str) -> Inspection {
        Inspection::run(text, self.shared())
    }
}

impl Shared {
    fn channel_of(&self, kid: Option<&str>, iss: Option<&str>) -> Option<Arc<Channel>> {
        let registry = self.registry();
        let owner = kid.and_then(|kid| registry.key(kid)).map(|key| &key.owner);
        owner.or_else(|| iss.and_then(|iss| registry.find(iss))).cloned()
    }
}

impl Knowledge for Shared {
    fn accepted(&self) -> AcceptedAlgorithms {
        AcceptedAlgorithms { es256: self.settings.accept_es256 }
    }

    fn audiences(&self) -> &[String] {
        &self.settings.audiences
    }

    fn leniency(&self) -> &Leniency {
        &self.settings.leniency
    }

    fn key(&self, kid: Option<&str>, iss: Option<&str>) -> KnownKey {
        let Some(kid) = kid else { return KnownKey::NotRegistered { advice: None } };
        let registry = self.registry();
        if let Some(registered) = registry.key(kid) {
            return KnownKey::Found { key: Arc::clone(&registered.key), is_registered: true };
        }
        let Some(channel) = iss.and_then(|iss| registry.find(iss)) else {
            return KnownKey::NotRegistered { advice: None };
        };
        let id = channel.id();
        if self.tokens().key_ids(channel, channel.now(self.clock.time())).iter().any(|key_id| key_id == kid) {
            let advice = "this is the key id of an issued token: the kid is the one of the registered public key";
            return KnownKey::NotRegistered { advice: Some(advice.to_owned()) };
        }
        let kids: Vec<String> = registry.keys_of(channel).iter().map(|key| shown(key.kid.as_str())).collect();
        let advice = match kids.as_slice() {
            [] => format!("channel {id} has no registered key: register the public key first"),
            [one] => format!("channel {id} has one key, under the kid {one}"),
            [.., last] => format!("channel {id} has {} keys, the latest under the kid {last}", kids.len()),
        };
        KnownKey::NotRegistered { advice: Some(advice) }
    }

    fn owner(&self, kid: Option<&str>) -> Option<String> {
        self.channel_of(kid, None).map(|channel| channel.id().to_string())
    }

    fn now(&self, kid: Option<&str>, iss: Option<&str>) -> Duration {
        let time = self.clock.time();
        self.channel_of(kid, iss).map_or(time.0, |channel| channel.now(time)).unix
    }

    fn signer(&self, parts: &JwsParts<'_>) -> Option<String> {
        let keys = self.registry().some_keys(MAX_TRIED_KEYS);
        keys.into_iter().find(|key| parts.verify(&key.key).is_ok()).map(|key| shown(key.kid.as_str()))
    }

    fn token(&self, text: &str) -> KnownToken {
        let digest = TokenDigest::of(text);
        let time = self.clock.time();
        let mut tokens = self.tokens();
        let (family, key_id, non_expiring, status) = match tokens.find(TokenFamily::STORED, digest, time) {
            Some((issued, status)) => (issued.family, issued.shown_key_id(), issued.lifetime.is_none(), status),
            None => match self.stateless.parse(text) {
                Some(token) => (TokenFamily::Stateless, None, false, tokens.stateless_status(text, token, time)),
                None => return KnownToken::NotIssued,
            },
        };
        let (channel, status, seconds) = match status {
            TokenStatus::Unknown => return KnownToken::NotIssued,
            TokenStatus::Live(channel, seconds) => (channel, InspectedTokenStatus::Live, Some(seconds)),
            TokenStatus::Expired(channel) => (channel, InspectedTokenStatus::Expired, None),
            TokenStatus::Revoked(channel) => (channel, InspectedTokenStatus::Revoked, None),
        };
        KnownToken::Issued(InspectedToken {
            family,
            status,
            channel_id: channel.id().clone(),
            fingerprint: digest.fingerprint(),
            key_id,
            expires_in: seconds.filter(|_| !non_expiring).map(Duration::from_secs),
        })
    }
}
