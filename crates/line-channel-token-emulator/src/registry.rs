//! Which channels there are, and which keys are registered for them.

use std::collections::HashMap;
use std::sync::Arc;

use line_channel_token_core::AssertionKid;

use crate::emulator_time::EmulatorTime;
use crate::live_channel::{Blueprint, Channel, ChannelNumber};
use crate::public_key::PublicKey;
use crate::token_store::TokenStore;

/// A key, and whose it is.
#[derive(Clone)]
pub(crate) struct RegisteredKey {
    pub(crate) kid: AssertionKid,
    pub(crate) owner: Arc<Channel>,
    pub(crate) key: Arc<PublicKey>,
    order: u64,
}

/// Why a channel cannot be added.
#[derive(Debug)]
pub(crate) enum Conflict {
    Id,
    Kid(AssertionKid),
    LongLivedToken,
}

/// The channels and keys of an emulator.
#[derive(Default)]
pub(crate) struct Registry {
    by_id: HashMap<Box<str>, Arc<Channel>>,
    keys: HashMap<Box<str>, RegisteredKey>,
    /// The next number; it only grows.
    next: u64,
}

impl Registry {
    pub(crate) fn find(&self, id: &str) -> Option<&Arc<Channel>> {
        self.by_id.get(id)
    }

    pub(crate) fn key(&self, kid: &str) -> Option<&RegisteredKey> {
        self.keys.get(kid)
    }

    pub(crate) fn channels(&self) -> Vec<&Arc<Channel>> {
        let mut channels: Vec<&Arc<Channel>> = self.by_id.values().collect();
        channels.sort_unstable_by_key(|channel| channel.position);
        channels
    }

    /// Up to so many of the keys.
    pub(crate) fn some_keys(&self, max: usize) -> Vec<RegisteredKey> {
        self.keys.values().take(max).cloned().collect()
    }

    /// The keys of a channel, in the order of their registration.
    pub(crate) fn keys_of(&self, channel: &Channel) -> Vec<&RegisteredKey> {
        let mut keys: Vec<&RegisteredKey> = self.keys.values().filter(|key| *key.owner == *channel).collect();
        keys.sort_unstable_by_key(|key| key.order);
        keys
    }

    /// The keys by the number of their channel, each list in the order of registration.
    pub(crate) fn keys_by_channel(&self) -> HashMap<ChannelNumber, Vec<&RegisteredKey>> {
        let mut keys: Vec<&RegisteredKey> = self.keys.values().collect();
        keys.sort_unstable_by_key(|key| key.order);
        let mut by_channel: HashMap<ChannelNumber, Vec<&RegisteredKey>> = HashMap::new();
        for key in keys {
            by_channel.entry(key.owner.number).or_default().push(key);
        }
        by_channel
    }

    /// Adds a channel with its keys and its long-lived token: all of it, or nothing if anything is taken.
    pub(crate) fn add(
        &mut self,
        tokens: &mut TokenStore,
        blueprint: Arc<Blueprint>,
        time: EmulatorTime,
    ) -> Result<(), Conflict> {
        if self.by_id.contains_key(blueprint.id.as_str()) {
            return Err(Conflict::Id);
        }
        if let Some((kid, _)) = blueprint.keys.iter().find(|(kid, _)| self.keys.contains_key(kid.as_str())) {
            return Err(Conflict::Kid(kid.clone()));
        }
        if blueprint.long_lived.is_some_and(|token| tokens.knows(token)) {
            return Err(Conflict::LongLivedToken);
        }
        let number = self.next_number();
        self.insert(tokens, Channel::new(number, number, blueprint), time);
        Ok(())
    }

    /// Removes a channel with its keys and tokens.
    pub(crate) fn remove(&mut self, tokens: &mut TokenStore, id: &str) -> Option<Arc<Channel>> {
        let channel = self.by_id.remove(id)?;
        self.keys.retain(|_, key| *key.owner != *channel);
        tokens.remove_channel(channel.number);
        Some(channel)
    }

    /// Replaces a channel by what it was added with. A key or a token of that which another channel has meanwhile stays there.
    pub(crate) fn reset(&mut self, tokens: &mut TokenStore, id: &str, time: EmulatorTime) -> bool {
        let Some(old) = self.remove(tokens, id) else { return false };
        let number = self.next_number();
        self.insert(tokens, Channel::new(number, old.position, Arc::clone(&old.blueprint)), time);
        true
    }

    /// Registers a key; the caller has checked that the kid is not taken.
    pub(crate) fn register_key(&mut self, owner: Arc<Channel>, kid: AssertionKid, key: Arc<PublicKey>) {
        let order = self.next_number().0;
        self.keys.insert(kid.as_str().into(), RegisteredKey { kid, owner, key, order });
    }

    pub(crate) fn remove_key(&mut self, kid: &str) -> bool {
        self.keys.remove(kid).is_some()
    }

    /// Forgets everything but which numbers were used.
    pub(crate) fn clear(&mut self) {
        self.by_id.clear();
        self.keys.clear();
    }

    fn insert(&mut self, tokens: &mut TokenStore, channel: Channel, time: EmulatorTime) {
        let channel = Arc::new(channel);
        let blueprint = Arc::clone(&channel.blueprint);
        tokens.add_channel(Arc::clone(&channel));
        if let Some(token) = blueprint.long_lived {
            tokens.restore_long_lived(&channel, token, channel.now(time));
        }
        for (kid, key) in &blueprint.keys {
            if !self.keys.contains_key(kid.as_str()) {
                self.register_key(Arc::clone(&channel), kid.clone(), Arc::clone(key));
            }
        }
        self.by_id.insert(blueprint.id.as_str().into(), channel);
    }

    fn next_number(&mut self) -> ChannelNumber {
        let number = ChannelNumber(self.next);
        self.next += 1;
        number
    }
}
