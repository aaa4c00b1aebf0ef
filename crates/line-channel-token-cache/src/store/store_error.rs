//! Why a store did not do what it was asked.

use std::borrow::Cow;
use std::fmt;

use line_channel_token_core::Error;

use crate::names::display_as_str;

/// Why a store did not do what it was asked. Its text says what to do, and shows no secret and no credentials of a store.
///
/// ```
/// use line_channel_token_cache::store::{StoreError, StoreErrorKind};
///
/// let error = StoreError::new(StoreErrorKind::Denied, "the store at 10.0.0.7:6379 refuses the password of user `bot`");
/// assert_eq!(error.kind(), StoreErrorKind::Denied);
/// assert!(error.to_string().contains("refuses the password"));
/// ```
#[derive(Clone, Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    message: Cow<'static, str>,
}

/// What kept a store from it.
///
/// ```
/// use line_channel_token_cache::store::StoreErrorKind;
///
/// assert_eq!(StoreErrorKind::Unreadable.as_str(), "unreadable");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// It does not respond, or not in time.
    Unavailable,
    /// It does not let us: a password, a permission, a replica that is read alone.
    Denied,
    /// It has no room left.
    Full,
    /// What it holds at this key is damaged, or was never ours. It may be [set aside](crate::store::TokenStore::set_aside).
    Unreadable,
    /// What it holds at this key is ours, and we cannot read it: it was written by a newer version, or sealed with another key. It
    /// must not be overwritten.
    Incompatible,
    /// Its settings are wrong.
    InvalidSettings,
}

impl StoreErrorKind {
    /// Its name in snake_case, such as `unavailable`; also what `Display` writes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Denied => "denied",
            Self::Full => "full",
            Self::Unreadable => "unreadable",
            Self::Incompatible => "incompatible",
            Self::InvalidSettings => "invalid_settings",
        }
    }
}

display_as_str!(StoreErrorKind);

impl StoreError {
    /// An error of this kind. The message says what is wrong and what to do, and must not show a secret.
    #[must_use]
    pub fn new(kind: StoreErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into() }
    }

    /// What kept the store from it.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StoreError {}

/// Transient, if the store may respond at the next call without anybody's help; otherwise kind
/// [`TokenUnavailable`](line_channel_token_core::ErrorKind::TokenUnavailable), or
/// [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) for settings.
impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error.kind {
            StoreErrorKind::Unavailable | StoreErrorKind::Full => Self::transient(error.message),
            StoreErrorKind::InvalidSettings => Self::invalid_input(error.message),
            _ => Self::token_unavailable(error.message),
        }
    }
}
