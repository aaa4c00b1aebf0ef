//! What is set for a channel, beside its id.

use std::path::PathBuf;
use std::time::Duration;

use line_channel_token_assertion::SigningKey;
use line_channel_token_core::{AssertionKid, BaseUrl, ChannelSecret, TokenLifetime};

use crate::labels::Labels;
use crate::setting::{Setting, SettingSet};
use line_channel_token_cache::TokenFamily;

/// A value, or the file that holds it.
#[derive(Clone, Debug)]
pub(crate) enum Given<T> {
    Value(T),
    File(PathBuf),
}

/// What is set for a channel, beside its id.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) secret: Option<Given<ChannelSecret>>,
    pub(crate) key: Option<Given<SigningKey>>,
    pub(crate) kid: Option<Given<AssertionKid>>,
    pub(crate) family: Option<TokenFamily>,
    pub(crate) lifetime: Option<TokenLifetime>,
    pub(crate) base_url: Option<BaseUrl>,
    pub(crate) revoke_previous_after: Option<Duration>,
    pub(crate) issue_budget: Option<usize>,
    /// What was given, also if its value is none: that is a problem of its own, and nothing is missing then.
    pub(crate) invalid: SettingSet,
    /// Whether no kid goes with a key that was given as a value and is none.
    pub(crate) lacks_kid: bool,
    pub(crate) labels: Labels,
}

impl Settings {
    pub(crate) fn new(labels: Labels) -> Self {
        Self {
            secret: None,
            key: None,
            kid: None,
            family: None,
            lifetime: None,
            base_url: None,
            revoke_previous_after: None,
            issue_budget: None,
            invalid: SettingSet::default(),
            lacks_kid: false,
            labels,
        }
    }

    pub(crate) fn family(&self) -> TokenFamily {
        self.family.unwrap_or_default()
    }

    /// 30 days, LINE's limit, unless it is set.
    pub(crate) fn lifetime(&self) -> TokenLifetime {
        self.lifetime.unwrap_or(TokenLifetime::MAX)
    }

    /// Whether a secret was given, valid or not.
    pub(crate) fn has_secret(&self) -> bool {
        self.secret.is_some() || self.invalid.contains_either_form(Setting::ChannelSecret)
    }

    /// Whether a key was given, valid or not.
    pub(crate) fn has_key(&self) -> bool {
        self.key.is_some() || self.invalid.contains_either_form(Setting::AssertionKey)
    }

    /// Whether a kid was given, valid or not.
    pub(crate) fn has_kid(&self) -> bool {
        self.kid.is_some() || self.invalid.contains_either_form(Setting::AssertionKid)
    }
}

impl<T> Given<T> {
    /// The setting of this form, of the value's and its file's.
    pub(crate) fn setting(&self, value: Setting) -> Setting {
        match self {
            Self::Value(_) => value,
            Self::File(_) => value.other_form().unwrap_or(value),
        }
    }
}
