//! What a store must do.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::store_error::StoreError;
use super::store_key::StoreKey;

/// Keeps a small value for each [`StoreKey`], which processes share and restarts find again.
///
/// Two operations are all that sharing needs: to read a value, and to replace it if nobody else has. What is in a value is the business
/// of [`SharedSource`](crate::SharedSource); a store keeps it as it is. Values are some hundred bytes to a few kilobytes, and hold channel
/// access tokens: keep them where nobody else reads. A store that keeps its contract passes the suite of the crate `line-channel-token-conformance`.
///
/// The time of a store is one that all of its users agree on, such as that of the database's server: it need not be right, but it must not go
/// back by more than a second, and lifetimes are measured by it.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_cache::TokenFamily;
/// use line_channel_token_cache::store::{Comparison, MemoryStore, StoreKey, StoredValue, TokenStore};
/// use line_channel_token_core::{BaseUrl, ChannelId};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let key = StoreKey::new(ChannelId::new("1234567890")?, TokenFamily::Jwt, &BaseUrl::line());
/// let (value, hour) = (StoredValue::new(b"a value".to_vec()), Duration::from_secs(3600));
///
/// assert!(store.load(&key).await?.entry.is_none());
/// assert!(matches!(store.compare_and_set(&key, None, &value, hour).await?, Comparison::Stored(_)));
/// // Somebody else who has seen no value comes too late, and learns what there is.
/// let Comparison::Changed(there) = store.compare_and_set(&key, None, &value, hour).await? else { panic!("overwritten") };
/// assert_eq!(there.entry.unwrap().value.expose_bytes(), b"a value");
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait TokenStore: fmt::Debug + Send + Sync + 'static {
    /// The value at this key, and the store's time when it was read.
    ///
    /// # Errors
    ///
    /// Whatever kept it from reading. What it cannot read because it is damaged or foreign is kind
    /// [`Unreadable`](super::StoreErrorKind::Unreadable), which is not the same as no value.
    async fn load(&self, key: &StoreKey) -> Result<Snapshot, StoreError>;

    /// Puts this value in the place of the one with the revision `expected`, or of none if that is `None`; in one step, so that of two who
    /// expect the same one succeeds. It is kept for `keep_for` at least, and may be removed then.
    ///
    /// After success, whoever reads sees this value or a later one, also after a crash of this process.
    ///
    /// # Errors
    ///
    /// Whatever kept it from writing. After an error that is kind [`Unavailable`](super::StoreErrorKind::Unavailable) it may have been written.
    async fn compare_and_set(
        &self,
        key: &StoreKey,
        expected: Option<&Revision>,
        value: &StoredValue,
        keep_for: Duration,
    ) -> Result<Comparison, StoreError>;

    /// Moves what is at this key out of the way, to where a person can look at it: the value with this revision, or, if that is `None`, what
    /// [`load`](Self::load) calls [`Unreadable`](super::StoreErrorKind::Unreadable), and nothing that it can read. It says where to, if a person can look there.
    ///
    /// # Errors
    ///
    /// Whatever kept it from that.
    async fn set_aside(&self, key: &StoreKey, revision: Option<&Revision>) -> Result<Option<String>, StoreError>;
}

/// What a store holds at a key.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_cache::store::Snapshot;
///
/// let empty = Snapshot { now: Duration::from_secs(1_767_225_600), entry: None };
/// assert!(empty.entry.is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The store's time when it was read, since the Unix epoch.
    pub now: Duration,
    /// The value, if there is one.
    pub entry: Option<StoredEntry>,
}

/// A value, and which one it is.
///
/// ```
/// use line_channel_token_cache::store::{Revision, StoredEntry, StoredValue};
///
/// let entry = StoredEntry { value: StoredValue::new(vec![1, 2]), revision: Revision::new("7f3a") };
/// assert_eq!(entry.revision.as_str(), "7f3a");
/// ```
#[derive(Clone, Debug)]
pub struct StoredEntry {
    /// The value.
    pub value: StoredValue,
    /// Which one it is.
    pub revision: Revision,
}

/// What came of an attempt to replace a value.
///
/// ```
/// use line_channel_token_cache::store::{Comparison, Revision};
///
/// let stored = Comparison::Stored(Revision::new("7f3a"));
/// assert!(matches!(stored, Comparison::Stored(_)));
/// ```
#[derive(Clone, Debug)]
pub enum Comparison {
    /// The value was stored, and this is its revision.
    Stored(Revision),
    /// There is another value than the expected one, or none: nothing was stored.
    Changed(Snapshot),
}

/// Names one value that was stored at a key. It is never used again for another one, not even if the store was emptied meanwhile; so a counter that
/// begins anew is none, and a random number or a hash of the value is one.
///
/// ```
/// use line_channel_token_cache::store::Revision;
///
/// assert_eq!(Revision::new("7f3a"), Revision::new("7f3a".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Revision(Box<str>);

impl Revision {
    /// A revision as the store has it, such as an ETag.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The bytes that a store keeps. They hold a channel access token: `Debug` shows their number alone, and they are wiped from memory when they are
/// dropped.
///
/// ```
/// use line_channel_token_cache::store::StoredValue;
///
/// let value = StoredValue::new(b"s3cret".to_vec());
/// assert_eq!(format!("{value:?}"), "StoredValue(6 bytes)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct StoredValue(Zeroizing<Vec<u8>>);

impl StoredValue {
    /// These bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, to store them.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for StoredValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredValue({} bytes)", self.0.len())
    }
}

#[async_trait]
impl<S: TokenStore + ?Sized> TokenStore for Arc<S> {
    async fn load(&self, key: &StoreKey) -> Result<Snapshot, StoreError> {
        (**self).load(key).await
    }

    async fn compare_and_set(
        &self,
        key: &StoreKey,
        expected: Option<&Revision>,
        value: &StoredValue,
        keep_for: Duration,
    ) -> Result<Comparison, StoreError> {
        (**self).compare_and_set(key, expected, value, keep_for).await
    }

    async fn set_aside(&self, key: &StoreKey, revision: Option<&Revision>) -> Result<Option<String>, StoreError> {
        (**self).set_aside(key, revision).await
    }
}
