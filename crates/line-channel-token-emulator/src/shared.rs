//! What the clones of an emulator share.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use line_channel_token_core::{ChannelId, Clock};

use crate::channel::SecretDigest;
use crate::fault_list::FaultList;
use crate::leniency::Leniency;
use crate::public_key::PublicKey;
use crate::rate_limit::RateLimits;
use crate::record::RequestRecord;
use crate::response::Success;
use crate::stateless_token::StatelessTokens;
use crate::token_bucket::TokenBuckets;
use crate::token_status::ChannelIndex;
use crate::token_store::TokenStore;

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

    /// The response about a valid token of this channel, for v2 and v2.1 alike.
    pub(crate) fn verified(&self, seconds: u64) -> Success {
        let id = &self.id;
        let scope = if self.scope.is_empty() { String::new() } else { format!(r#","scope":"{}""#, self.scope) };
        Success::Json(format!(r#"{{"client_id":"{id}","expires_in":{seconds}{scope}}}"#))
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

/// A function that is called with each record.
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

pub(crate) struct Shared {
    channels: Vec<Channel>,
    by_id: HashMap<Box<str>, ChannelIndex>,
    pub(crate) keys: RwLock<Keys>,
    tokens: Mutex<TokenStore>,
    pub(crate) stateless: StatelessTokens,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
    pub(crate) faults: FaultList,
}

impl Shared {
    pub(crate) fn new(
        channels: Vec<Channel>,
        by_id: HashMap<Box<str>, ChannelIndex>,
        keys: Keys,
        tokens: TokenStore,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Self {
        let stateless = StatelessTokens::new();
        Self {
            channels,
            by_id,
            keys: RwLock::new(keys),
            tokens: Mutex::new(tokens),
            stateless,
            clock,
            settings,
            faults: FaultList::default(),
        }
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

    /// The channel for which a key is registered.
    pub(crate) fn owner_of_key(&self, kid: &str) -> Option<ChannelIndex> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(kid).map(|registered| registered.owner)
    }

    /// Every method leaves the store consistent, so a panic elsewhere does not spoil it.
    pub(crate) fn tokens(&self) -> MutexGuard<'_, TokenStore> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
