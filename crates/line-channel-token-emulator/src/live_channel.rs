//! A channel while the emulator runs, and what it was added with.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use line_channel_token_core::{AssertionKid, ChannelId, Error, Moment};

use crate::channel::{EmulatedChannel, SecretDigest};
use crate::emulator_time::EmulatorTime;
use crate::public_key::PublicKey;
use crate::response::Success;
use crate::token_bucket::TokenBuckets;
use crate::token_digest::TokenDigest;

/// What a channel was added with, for a reset. The texts of its secret and its token are not kept.
pub(crate) struct Blueprint {
    pub(crate) id: ChannelId,
    pub(crate) secret: SecretDigest,
    pub(crate) keys: Vec<(AssertionKid, Arc<PublicKey>)>,
    /// Empty if its tokens have none.
    pub(crate) scope: String,
    pub(crate) long_lived: Option<TokenDigest>,
}

impl Blueprint {
    pub(crate) fn new(channel: EmulatedChannel) -> Self {
        let EmulatedChannel { id, secret, keys, scope, long_lived } = channel;
        Self {
            id,
            secret: SecretDigest::of(secret.expose_secret()),
            keys: keys.into_iter().map(|(kid, key)| (kid, Arc::new(key))).collect(),
            scope,
            long_lived: long_lived.map(|token| TokenDigest::of(token.expose_secret())),
        }
    }
}

/// Which channel a token belongs to. No number is used twice, so after a removal or a reset the tokens of before belong to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ChannelNumber(pub(crate) u64);

/// A channel at run time. A request may still hold one that was removed or reset meanwhile: nothing that it does to it can be seen.
pub(crate) struct Channel {
    pub(crate) number: ChannelNumber,
    /// The number that it was added with, which a reset does not change.
    pub(crate) position: ChannelNumber,
    pub(crate) blueprint: Arc<Blueprint>,
    secret: RwLock<SecretDigest>,
    pub(crate) buckets: Mutex<TokenBuckets>,
    advanced: RwLock<Duration>,
}

impl Channel {
    pub(crate) fn new(number: ChannelNumber, position: ChannelNumber, blueprint: Arc<Blueprint>) -> Self {
        Self {
            number,
            position,
            secret: RwLock::new(blueprint.secret),
            blueprint,
            buckets: Mutex::default(),
            advanced: RwLock::default(),
        }
    }

    pub(crate) fn id(&self) -> &ChannelId {
        &self.blueprint.id
    }

    /// The response about a valid token of this channel, for v2 and v2.1 alike.
    pub(crate) fn verified(&self, seconds: u64) -> Success {
        let id = self.id();
        let scope = &self.blueprint.scope;
        let scope = if scope.is_empty() { String::new() } else { format!(r#","scope":"{scope}""#) };
        Success::Json(format!(r#"{{"client_id":"{id}","expires_in":{seconds}{scope}}}"#))
    }

    pub(crate) fn has_secret(&self, given: &str) -> bool {
        self.secret.read().unwrap_or_else(PoisonError::into_inner).matches(given)
    }

    pub(crate) fn set_secret(&self, secret: SecretDigest) {
        *self.secret.write().unwrap_or_else(PoisonError::into_inner) = secret;
    }

    /// What this channel is ahead of the emulator.
    pub(crate) fn advanced(&self) -> Duration {
        *self.advanced.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time as this channel has it.
    pub(crate) fn now(&self, time: EmulatorTime) -> Moment {
        time.later(self.advanced())
    }

    pub(crate) fn advance(&self, by: Duration, time: EmulatorTime) -> Result<(), Error> {
        let mut advanced = self.advanced.write().unwrap_or_else(PoisonError::into_inner);
        *advanced = time.advanced_by(*advanced, by)?;
        Ok(())
    }
}

impl PartialEq for Channel {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Channel {}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("id", self.id()).field("number", &self.number.0).finish_non_exhaustive()
    }
}
