//! The store, as users see it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_cache::store::{
    Comparison, Revision, Snapshot, StoreError, StoreErrorKind, StoreKey, StoredValue, TokenStore,
};
use redis::Value;
use zeroize::Zeroizing;

use crate::builder::RedisStoreBuilder;
use crate::call::ScriptCall;
use crate::errors::unavailable;
use crate::scripts::{COMPARE_AND_SET, LOAD, SET_ASIDE};
use crate::settings::Settings;
use crate::stored_form::{decode, encode, new_revision};
use crate::worker::Worker;

/// How long what was set aside can be looked at.
const KEEP_SET_ASIDE: Duration = Duration::from_secs(7 * 24 * 3600);
/// The longest time that a value is kept; Redis counts with 64 bits of milliseconds.
const MAX_KEEP: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// A store in Redis, for processes on any number of machines.
///
/// It has one connection, which it opens at the first call, and again after an error; handles share it. It works under any runtime and under
/// none, because its connection is driven by a thread of its own, which ends with the last handle.
///
/// ```
/// use line_channel_token_redis::RedisStore;
///
/// let store = RedisStore::new("redis://bot@127.0.0.1:6379")?.with_password("s3cret");
/// assert!(!format!("{store:?}").contains("s3cret"));
/// # Ok::<(), line_channel_token_cache::store::StoreError>(())
/// ```
#[derive(Clone)]
pub struct RedisStore(Arc<Worker>);

impl RedisStore {
    /// A store at this URL, with the default settings otherwise. It does not connect yet.
    ///
    /// `redis://[user[:password]@]host[:port][/database]`, `rediss://…` for TLS, `unix:/PATH` for a unix socket, or
    /// `redis+sentinel://[user[:password]@]host[:port][,host[:port]…]/MASTER[/database]` and `rediss+sentinel://…`. Special characters of user
    /// and password are percent-encoded. White space and quotes around the URL are trimmed.
    ///
    /// ```
    /// use line_channel_token_cache::store::StoreErrorKind;
    /// use line_channel_token_redis::RedisStore;
    ///
    /// let error = RedisStore::new("redis.example:6379").unwrap_err();
    /// assert_eq!(error.kind(), StoreErrorKind::InvalidSettings);
    /// assert_eq!(error.to_string(), "the URL of the store has no scheme: write rediss:// (TLS) or redis:// before the host");
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`RedisStoreBuilder::build`].
    pub fn new(url: impl AsRef<str>) -> Result<Self, StoreError> {
        Self::builder(url).build()
    }

    /// Settings other than those of [`new`](Self::new). A URL that cannot be parsed is an error of [`RedisStoreBuilder::build`].
    ///
    /// ```
    /// use line_channel_token_redis::RedisStore;
    ///
    /// let store = RedisStore::builder("redis://127.0.0.1:6379").key_prefix("bots").build()?;
    /// # drop(store);
    /// # Ok::<(), line_channel_token_cache::store::StoreError>(())
    /// ```
    pub fn builder(url: impl AsRef<str>) -> RedisStoreBuilder {
        RedisStoreBuilder::new(url.as_ref())
    }

    /// The same store with this password, in the place of one that it has. It gets a connection of its own.
    ///
    /// ```
    /// use line_channel_token_redis::RedisStore;
    ///
    /// let store = RedisStore::new("rediss://line-bots@redis.example");
    /// # if cfg!(any(feature = "aws-lc-rs", feature = "ring")) {
    /// let store = store?.with_password("s3cret");
    /// assert!(!format!("{store:?}").contains("s3cret"));
    /// # }
    /// # Ok::<(), line_channel_token_cache::store::StoreError>(())
    /// ```
    #[must_use]
    pub fn with_password(self, password: impl Into<String>) -> Self {
        let mut settings = self.0.settings().clone();
        settings.credentials.password = Some(Zeroizing::new(password.into()));
        settings.credentials.password_file = None;
        Self::of(settings)
    }

    pub(crate) fn of(settings: Settings) -> Self {
        Self(Arc::new(Worker::new(settings)))
    }

    /// With a hash tag around the channel, so that all of its keys are in one slot.
    fn key(&self, key: &StoreKey) -> String {
        format!("{}:{{{key}}}", self.0.settings().key_prefix)
    }
}

#[async_trait]
impl TokenStore for RedisStore {
    async fn load(&self, key: &StoreKey) -> Result<Snapshot, StoreError> {
        let call = ScriptCall { script: &LOAD, keys: vec![self.key(key)], arguments: Vec::new() };
        match time_and_rest(self.0.run(call).await?.value)? {
            (now, Value::BulkString(stored)) => Ok(Snapshot { now, entry: Some(decode(stored)?) }),
            (now, Value::Nil) => Ok(Snapshot { now, entry: None }),
            _ => Err(unavailable(UNEXPECTED)),
        }
    }

    async fn compare_and_set(
        &self,
        key: &StoreKey,
        expected: Option<&Revision>,
        value: &StoredValue,
        keep_for: Duration,
    ) -> Result<Comparison, StoreError> {
        let revision = new_revision();
        // A revision of another store would be none here; the empty text stands for no value.
        let expected = expected.map(|expected| if expected.as_str().is_empty() { "-" } else { expected.as_str() });
        let arguments = vec![text(expected.unwrap_or_default()), encode(&revision, value), milliseconds(keep_for)];
        let outcome = self.0.run(ScriptCall { script: &COMPARE_AND_SET, keys: vec![self.key(key)], arguments }).await?;
        let (now, entry) = match time_and_rest(outcome.value)? {
            (_, Value::Int(1)) => return Ok(Comparison::Stored(revision)),
            (now, Value::BulkString(stored)) => (now, Some(decode(stored)?)),
            (now, Value::Nil) => (now, None),
            _ => return Err(unavailable(UNEXPECTED)),
        };
        // The first attempt, whose response was lost, may have stored it.
        match entry {
            Some(entry) if entry.revision == revision => Ok(Comparison::Stored(revision)),
            _ if outcome.is_repeated => Err(unavailable(
                "Redis: the connection was closed in the middle of a call, and the value has changed since: load it again",
            )),
            entry => Ok(Comparison::Changed(Snapshot { now, entry })),
        }
    }

    async fn set_aside(&self, key: &StoreKey, revision: Option<&Revision>) -> Result<Option<String>, StoreError> {
        let from = self.key(key);
        let to = format!("{from}:damaged");
        let revision = revision.map(|revision| if revision.as_str().is_empty() { "-" } else { revision.as_str() });
        let arguments = vec![text(revision.unwrap_or_default()), milliseconds(KEEP_SET_ASIDE)];
        let outcome = self.0.run(ScriptCall { script: &SET_ASIDE, keys: vec![from, to.clone()], arguments }).await?;
        match outcome.value {
            Value::Int(1) => Ok(Some(to)),
            Value::Int(0) => Ok(None),
            _ => Err(unavailable(UNEXPECTED)),
        }
    }
}

/// Neither the user nor the password is shown.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = self.0.settings();
        f.debug_struct("RedisStore")
            .field("target", &settings.target)
            .field("database", &settings.database)
            .field("key_prefix", &settings.key_prefix)
            .finish_non_exhaustive()
    }
}

const UNEXPECTED: &str = "Redis responds with something that no script of this store returns: is a proxy in between?";

fn text(text: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.as_bytes().to_vec())
}

fn milliseconds(duration: Duration) -> Zeroizing<Vec<u8>> {
    text(&duration.min(MAX_KEEP).as_millis().max(1).to_string())
}

/// The time that a script returns in two parts, and what comes after it.
fn time_and_rest(value: Value) -> Result<(Duration, Value), StoreError> {
    let unexpected = || StoreError::new(StoreErrorKind::Unavailable, UNEXPECTED);
    let Value::Array(parts) = value else { return Err(unexpected()) };
    let mut parts = parts.into_iter();
    let mut number = || match parts.next() {
        Some(Value::BulkString(digits)) => std::str::from_utf8(&digits).ok()?.parse::<u64>().ok(),
        _ => None,
    };
    let (seconds, micros) = (number().ok_or_else(unexpected)?, number().ok_or_else(unexpected)?);
    let now = Duration::from_secs(seconds).saturating_add(Duration::from_micros(micros));
    // A `false` of Lua at the end is nil.
    Ok((now, parts.next().unwrap_or(Value::Nil)))
}
