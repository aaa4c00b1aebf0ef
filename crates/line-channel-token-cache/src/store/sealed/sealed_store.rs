//! A store that seals what another one keeps.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use super::envelope::{self, Envelope, NoEnvelope};
use super::sealing_key::SealingKey;
use crate::store::store_error::{StoreError, StoreErrorKind};
use crate::store::store_key::StoreKey;
use crate::store::token_store::{Comparison, Revision, Snapshot, StoredValue, TokenStore};

/// Encrypts and authenticates what another store keeps, so that a stolen disk, dump or backup shows no token, and nobody who can write to
/// the store can put another token there.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_cache::TokenFamily;
/// use line_channel_token_cache::store::{MemoryStore, SealedStore, SealingKey, StoreKey, StoredValue, TokenStore};
/// use line_channel_token_core::{BaseUrl, ChannelId};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let below = MemoryStore::new();
/// let store = SealedStore::new(below.clone(), SealingKey::generate("2026-11")?);
///
/// let key = StoreKey::new(ChannelId::new("1234567890")?, TokenFamily::Jwt, &BaseUrl::line());
/// store.compare_and_set(&key, None, &StoredValue::new(b"a value".to_vec()), Duration::from_secs(3600)).await?;
/// assert_eq!(store.load(&key).await?.entry.unwrap().value.expose_bytes(), b"a value");
/// assert!(below.load(&key).await?.entry.unwrap().value.expose_bytes().starts_with(b"LCTS"));
/// # Ok(())
/// # }
/// ```
///
/// # What does not open
///
/// | | kind of the error |
/// |---|---|
/// | a value that was sealed with a key that this store has not | [`Incompatible`](StoreErrorKind::Incompatible): it stays as it is |
/// | one that was sealed for another channel, family or server, and copied here | `Incompatible` |
/// | one that is not sealed, unless [they are accepted](Self::with_unsealed_values) | `Incompatible` |
/// | one of a later format | `Incompatible` |
/// | one that was truncated or changed, be it by one bit | [`Unreadable`](StoreErrorKind::Unreadable): it may be set aside, and a new token be issued |
///
/// # Rotation
///
/// Values are sealed with one key and opened with any that the store has ([`with_previous_key`](Self::with_previous_key)). A value is sealed anew
/// whenever it is replaced, which is at each refresh. So:
///
/// 1. Give the new key to all processes as a *previous* one, which opens.
/// 2. Then make it the one that seals, with the old one as a previous one.
/// 3. Remove the old key once no value has its id any more, which is after the lifetime of a token at the latest.
///
/// # The format
///
/// A sealed value is
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 4 | `LCTS` in ASCII |
/// | 4 | 1 | the format: 1 |
/// | 5 | 8 | which key, whatever it is called: the last 8 bytes of the derivation below |
/// | 13 | 1 | *n*, the length of the key's id, 1 to 64 |
/// | 14 | *n* | the key's id in ASCII |
/// | 14 + *n* | 1 | *m*, the length of the store key's text, 1 to 64 |
/// | 15 + *n* | *m* | [`StoreKey::as_str`] in ASCII: channel, family and server |
/// | 15 + *n* + *m* | 12 | the nonce, random |
/// | 27 + *n* + *m* | as long as the value | the encrypted value |
/// | at the end | 16 | the tag |
///
/// The cipher is AES-256-GCM-SIV (RFC 8452), and the associated data all that is before the nonce. Its key is the first 32 of the 40 bytes of HKDF-SHA-256 (RFC 5869) with the sealing
/// key as the input key material, no salt, and `line-channel-token sealed value 1` in ASCII as the info. The guide has a program in Python that opens it.
#[derive(Clone)]
pub struct SealedStore<S> {
    store: S,
    key: SealingKey,
    previous: Vec<SealingKey>,
    accepts_unsealed: bool,
}

impl<S: TokenStore> SealedStore<S> {
    /// Seals with this key what this store keeps.
    #[must_use]
    pub fn new(store: S, key: SealingKey) -> Self {
        Self { store, key, previous: Vec::new(), accepts_unsealed: false }
    }

    /// One key more that opens values, and seals none: one that was used before, or one that is going to be used.
    ///
    /// ```
    /// use line_channel_token_cache::store::{MemoryStore, SealedStore, SealingKey};
    ///
    /// # let (new, old) = (SealingKey::generate("2026-12")?, SealingKey::generate("2026-11")?);
    /// let store = SealedStore::new(MemoryStore::new(), new).with_previous_key(old);
    /// assert_eq!(store.key_ids().collect::<Vec<_>>(), ["2026-12", "2026-11"]);
    /// # Ok::<(), line_channel_token_cache::store::StoreError>(())
    /// ```
    #[must_use]
    pub fn with_previous_key(mut self, key: SealingKey) -> Self {
        self.previous.push(key);
        self
    }

    /// Whether values that are not sealed are accepted, to be sealed when they are replaced: to take over a store that was used without
    /// sealing. Not unless set. While they are, whoever can write to the store can put a token there; so set it for one refresh of each channel, and
    /// no longer.
    ///
    /// ```
    /// use line_channel_token_cache::store::{MemoryStore, SealedStore, SealingKey};
    ///
    /// let store = SealedStore::new(MemoryStore::new(), SealingKey::generate("2026-11")?).with_unsealed_values(true);
    /// assert!(store.accepts_unsealed_values());
    /// # Ok::<(), line_channel_token_cache::store::StoreError>(())
    /// ```
    #[must_use]
    pub fn with_unsealed_values(self, accepted: bool) -> Self {
        Self { accepts_unsealed: accepted, ..self }
    }

    /// Whether values that are not sealed are accepted.
    #[must_use]
    pub fn accepts_unsealed_values(&self) -> bool {
        self.accepts_unsealed
    }

    /// The ids of its keys: first of the one that seals, then of those that open alone.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.key).chain(&self.previous).map(SealingKey::id)
    }

    /// The store below, whose values are sealed.
    #[must_use]
    pub fn inner(&self) -> &S {
        &self.store
    }

    fn seal(&self, key: &StoreKey, value: &StoredValue) -> Result<StoredValue, StoreError> {
        let mut bytes = envelope::header(self.key.check(), self.key.id(), key.as_str());
        let (nonce, sealed) = self.key.seal(&bytes, value.expose_bytes())?;
        bytes.extend_from_slice(nonce.as_ref());
        bytes.extend_from_slice(&sealed);
        Ok(StoredValue::new(bytes))
    }

    fn open(&self, key: &StoreKey, value: &StoredValue) -> Result<StoredValue, StoreError> {
        let envelope = match Envelope::parse(value.expose_bytes()) {
            Ok(envelope) => envelope,
            Err(NoEnvelope::NotSealed) if self.accepts_unsealed => return Ok(value.clone()),
            Err(NoEnvelope::NotSealed) => return Err(not_sealed(key)),
            Err(NoEnvelope::OtherVersion(version)) => return Err(other_version(key, version)),
            Err(NoEnvelope::Damaged) => return Err(damaged(key)),
        };
        let mut keys = std::iter::once(&self.key).chain(&self.previous);
        let Some(sealing_key) = keys.find(|sealing_key| sealing_key.check() == envelope.key_check) else {
            return Err(self.other_key(key, envelope.key_id));
        };
        let bytes = sealing_key.open(&envelope).ok_or_else(|| damaged(key))?;
        let opened = StoredValue::new(bytes);
        if envelope.store_key == key.as_str() { Ok(opened) } else { Err(moved(key, envelope.store_key)) }
    }

    fn open_snapshot(&self, key: &StoreKey, mut snapshot: Snapshot) -> Result<Snapshot, StoreError> {
        if let Some(entry) = &mut snapshot.entry {
            entry.value = self.open(key, &entry.value)?;
        }
        Ok(snapshot)
    }

    fn other_key(&self, key: &StoreKey, sealed_with: &str) -> StoreError {
        let ids: Vec<_> = self.key_ids().map(|id| format!("`{id}`")).collect();
        let lost = "if that key is lost, delete the value from the store, and a new token is issued";
        incompatible(if self.key_ids().any(|id| id == sealed_with) {
            format!(
                "the value at {key} was sealed with another key that is called `{sealed_with}` too: give all processes the same key, and each key \
                 an id of its own; {lost}"
            )
        } else {
            format!(
                "the value at {key} was sealed with the key `{sealed_with}`, and this process has {}: add that key as a previous one; {lost}",
                ids.join(", ")
            )
        })
    }
}

fn incompatible(message: String) -> StoreError {
    StoreError::new(StoreErrorKind::Incompatible, message)
}

fn not_sealed(key: &StoreKey) -> StoreError {
    incompatible(format!(
        "the value at {key} is not sealed, and sealed ones alone are taken: if it was stored before sealing was switched on, accept unsealed values for one \
         refresh (`SealedStore::with_unsealed_values`), or delete it from the store"
    ))
}

fn other_version(key: &StoreKey, version: u8) -> StoreError {
    incompatible(format!("the value at {key} is sealed in format {version}, by a later version: update this program"))
}

fn moved(key: &StoreKey, sealed_for: &str) -> StoreError {
    incompatible(format!(
        "the value at {key} was sealed for {sealed_for}, and copied or renamed: put it back, or delete it from the store, and a new token is issued"
    ))
}

fn damaged(key: &StoreKey) -> StoreError {
    let message = format!("the sealed value at {key} is damaged: it was truncated or changed since it was sealed");
    StoreError::new(StoreErrorKind::Unreadable, message)
}

#[async_trait]
impl<S: TokenStore> TokenStore for SealedStore<S> {
    async fn load(&self, key: &StoreKey) -> Result<Snapshot, StoreError> {
        self.open_snapshot(key, self.store.load(key).await?)
    }

    async fn compare_and_set(
        &self,
        key: &StoreKey,
        expected: Option<&Revision>,
        value: &StoredValue,
        keep_for: Duration,
    ) -> Result<Comparison, StoreError> {
        let sealed = self.seal(key, value)?;
        match self.store.compare_and_set(key, expected, &sealed, keep_for).await? {
            Comparison::Changed(snapshot) => Ok(Comparison::Changed(self.open_snapshot(key, snapshot)?)),
            stored @ Comparison::Stored(_) => Ok(stored),
        }
    }

    async fn set_aside(&self, key: &StoreKey, revision: Option<&Revision>) -> Result<Option<String>, StoreError> {
        if revision.is_some() {
            return self.store.set_aside(key, revision).await;
        }
        // What is damaged for this store is a value like any other for the one below.
        let entry = match self.store.load(key).await {
            Ok(snapshot) => snapshot.entry,
            Err(error) if error.kind() == StoreErrorKind::Unreadable => return self.store.set_aside(key, None).await,
            Err(error) => return Err(error),
        };
        match entry {
            Some(entry)
                if self.open(key, &entry.value).is_err_and(|error| error.kind() == StoreErrorKind::Unreadable) =>
            {
                self.store.set_aside(key, Some(&entry.revision)).await
            }
            _ => Ok(None),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for SealedStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedStore")
            .field("store", &self.store)
            .field("key", &self.key)
            .field("previous", &self.previous)
            .field("accepts_unsealed", &self.accepts_unsealed)
            .finish()
    }
}
