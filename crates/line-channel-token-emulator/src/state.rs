//! What an emulator holds between two requests.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use line_channel_token_core::{ChannelId, Clock};

use crate::channel::SecretDigest;
use crate::ledger::Ledger;
use crate::leniency::Leniency;
use crate::public_key::PublicKey;
use crate::rate_limit::RateLimits;
use crate::record::RequestRecord;
use crate::standing::ChannelIndex;
use crate::stateless_token::StatelessTokens;
use crate::token_bucket::TokenBuckets;

/// A channel at run time.
pub(crate) struct Channel {
    pub(crate) id: ChannelId,
    secret: RwLock<SecretDigest>,
    /// Empty if its tokens have none.
    pub(crate) scope: String,
    pub(crate) buckets: Mutex<TokenBuckets>,
}

impl Channel {
    pub(crate) fn new(id: ChannelId, secret: SecretDigest, scope: String) -> Self {
        Self { id, secret: RwLock::new(secret), scope, buckets: Mutex::default() }
    }

    pub(crate) fn has_secret(&self, given: &str) -> bool {
        self.secret.read().unwrap_or_else(PoisonError::into_inner).matches(given)
    }

    pub(crate) fn set_secret(&self, secret: SecretDigest) {
        *self.secret.write().unwrap_or_else(PoisonError::into_inner) = secret;
    }
}

pub(crate) struct RegisteredKey {
    pub(crate) owner: ChannelIndex,
    pub(crate) key: PublicKey,
}

/// What is called with each record.
pub(crate) type Observer = Arc<dyn Fn(&RequestRecord) + Send + Sync>;

pub(crate) struct Settings {
    pub(crate) accept_es256: bool,
    pub(crate) audiences: Vec<String>,
    pub(crate) rate_limits: RateLimits,
    pub(crate) leniency: Leniency,
    pub(crate) on_request: Option<Observer>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("accept_es256", &self.accept_es256)
            .field("audiences", &self.audiences)
            .field("rate_limits", &self.rate_limits)
            .field("leniency", &self.leniency)
            .finish_non_exhaustive()
    }
}

pub(crate) type Keys = HashMap<Box<str>, Arc<RegisteredKey>>;

pub(crate) struct Inner {
    channels: Vec<Channel>,
    by_id: HashMap<Box<str>, ChannelIndex>,
    pub(crate) keys: RwLock<Keys>,
    ledger: Mutex<Ledger>,
    pub(crate) stateless: StatelessTokens,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
}

impl Inner {
    pub(crate) fn new(
        channels: Vec<Channel>,
        by_id: HashMap<Box<str>, ChannelIndex>,
        keys: Keys,
        ledger: Ledger,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Self {
        let stateless = StatelessTokens::new();
        Self { channels, by_id, keys: RwLock::new(keys), ledger: Mutex::new(ledger), stateless, clock, settings }
    }

    pub(crate) fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.channels.iter()
    }

    pub(crate) fn channel(&self, index: ChannelIndex) -> &Channel {
        &self.channels[index.0]
    }

    pub(crate) fn find(&self, id: &str) -> Option<ChannelIndex> {
        self.by_id.get(id).copied()
    }

    /// The ledger is consistent between any two of its methods, so a panic elsewhere does not spoil it.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
