//! The store: linearizable, and as broken as a fault makes it.

use std::collections::BTreeMap;
use std::time::Duration;

use line_channel_token_cache::store::{
    Comparison, Revision, Snapshot, StoreError, StoreErrorKind, StoreKey, StoredEntry, StoredValue,
};

use crate::clock::BEGIN;

/// What keeps the store from its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hindrance {
    /// It does not respond.
    Silent,
    /// Each call fails at once.
    Refusing,
    /// It can be read alone.
    ReadOnly,
    /// It has no room for another value.
    Full,
}

/// What the store holds.
#[derive(Debug, Default)]
pub(crate) struct Store {
    values: BTreeMap<String, Kept>,
    last_revision: u64,
    pub(crate) hindrance: Option<Hindrance>,
    /// How far its clock was set back, in all.
    set_back: Duration,
    /// Breaks it on purpose: it compares no revision.
    pub(crate) ignores_revisions: bool,
}

#[derive(Clone, Debug)]
struct Kept {
    entry: Content,
    until: Duration,
}

#[derive(Clone, Debug)]
enum Content {
    Value(StoredEntry),
    /// Something that the store itself cannot read.
    Unreadable,
}

/// What a change found and left.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) before: Option<StoredValue>,
    pub(crate) comparison: Comparison,
}

impl Store {
    /// The store's time.
    pub(crate) fn time(&self, now: Duration) -> Duration {
        BEGIN.saturating_add(now).saturating_sub(self.set_back)
    }

    pub(crate) fn set_back(&mut self, by: Duration) {
        self.set_back = self.set_back.saturating_add(by);
    }

    pub(crate) fn load(&self, key: &StoreKey, now: Duration) -> Result<Snapshot, StoreError> {
        self.check(false)?;
        let now = self.time(now);
        match self.values.get(key.as_str()).filter(|kept| kept.until > now).map(|kept| &kept.entry) {
            Some(Content::Unreadable) => Err(unreadable()),
            Some(Content::Value(entry)) => Ok(Snapshot { now, entry: Some(entry.clone()) }),
            None => Ok(Snapshot { now, entry: None }),
        }
    }

    pub(crate) fn compare_and_set(
        &mut self,
        key: &StoreKey,
        expected: Option<&Revision>,
        value: &StoredValue,
        keep_for: Duration,
        now: Duration,
    ) -> Result<Change, StoreError> {
        let found = self.load(key, now)?;
        self.check(true)?;
        let before = found.entry.as_ref().map(|entry| entry.value.clone());
        if found.entry.as_ref().map(|entry| &entry.revision) != expected && !self.ignores_revisions {
            return Ok(Change { before, comparison: Comparison::Changed(found) });
        }
        let revision = self.put(key, value.clone(), found.now.saturating_add(keep_for));
        Ok(Change { before, comparison: Comparison::Stored(revision) })
    }

    pub(crate) fn set_aside(
        &mut self,
        key: &StoreKey,
        revision: Option<&Revision>,
    ) -> Result<Option<String>, StoreError> {
        self.check(true)?;
        let is_meant = match self.values.get(key.as_str()).map(|kept| &kept.entry) {
            Some(Content::Value(entry)) => Some(&entry.revision) == revision,
            Some(Content::Unreadable) => revision.is_none(),
            None => false,
        };
        if is_meant {
            self.values.remove(key.as_str());
        }
        Ok(is_meant.then(|| "damaged".to_owned()))
    }

    fn check(&self, writes: bool) -> Result<(), StoreError> {
        let (kind, message) = match self.hindrance {
            Some(Hindrance::Refusing | Hindrance::Silent) => (StoreErrorKind::Unavailable, "the store is down"),
            Some(Hindrance::ReadOnly) if writes => (StoreErrorKind::Denied, "the store can be read alone"),
            Some(Hindrance::Full) if writes => (StoreErrorKind::Full, "the store is full"),
            _ => return Ok(()),
        };
        Err(StoreError::new(kind, message))
    }

    fn put(&mut self, key: &StoreKey, value: StoredValue, until: Duration) -> Revision {
        self.last_revision += 1;
        let revision = Revision::new(format!("r{}", self.last_revision));
        let entry = Content::Value(StoredEntry { value, revision: revision.clone() });
        self.values.insert(key.as_str().to_owned(), Kept { entry, until });
        revision
    }

    /// What is stored at a key, whatever hinders the store.
    pub(crate) fn value(&self, key: &StoreKey) -> Option<&StoredValue> {
        match &self.values.get(key.as_str())?.entry {
            Content::Value(entry) => Some(&entry.value),
            Content::Unreadable => None,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.values.clear();
    }

    /// Puts something there that is none of ours; `None` is something that the store cannot read.
    pub(crate) fn plant(&mut self, key: &StoreKey, value: Option<&[u8]>) {
        match value {
            Some(bytes) => drop(self.put(key, StoredValue::new(bytes.to_vec()), Duration::MAX)),
            None => {
                self.values.insert(key.as_str().to_owned(), Kept { entry: Content::Unreadable, until: Duration::MAX });
            }
        }
    }

    /// What a replica holds that lags behind from now on, to [fail over](Self::fail_over) to.
    pub(crate) fn replica(&self) -> Replica {
        Replica(self.values.clone())
    }

    pub(crate) fn fail_over(&mut self, replica: Replica) {
        self.values = replica.0;
    }
}

/// A copy of what a store held.
#[derive(Debug)]
pub(crate) struct Replica(BTreeMap<String, Kept>);

fn unreadable() -> StoreError {
    StoreError::new(StoreErrorKind::Unreadable, "what is there is damaged")
}
