//! The settings of a channel, and what they are called in the environment, in files and on a command line.

/// A setting of one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Setting {
    ChannelId,
    ChannelSecret,
    ChannelSecretFile,
    AssertionKey,
    AssertionKeyFile,
    AssertionKid,
    AssertionKidFile,
    TokenFamily,
    TokenLifetime,
    ApiBaseUrl,
    RevokePreviousAfter,
    IssueBudget,
}

impl Setting {
    pub(crate) const ALL: [Self; 12] = [
        Self::ChannelId,
        Self::ChannelSecret,
        Self::ChannelSecretFile,
        Self::AssertionKey,
        Self::AssertionKeyFile,
        Self::AssertionKid,
        Self::AssertionKidFile,
        Self::TokenFamily,
        Self::TokenLifetime,
        Self::ApiBaseUrl,
        Self::RevokePreviousAfter,
        Self::IssueBudget,
    ];

    /// The member of a file, and the variable in small letters without its prefix.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ChannelId => "channel_id",
            Self::ChannelSecret => "channel_secret",
            Self::ChannelSecretFile => "channel_secret_file",
            Self::AssertionKey => "assertion_key",
            Self::AssertionKeyFile => "assertion_key_file",
            Self::AssertionKid => "assertion_kid",
            Self::AssertionKidFile => "assertion_kid_file",
            Self::TokenFamily => "token_family",
            Self::TokenLifetime => "token_lifetime",
            Self::ApiBaseUrl => "api_base_url",
            Self::RevokePreviousAfter => "revoke_previous_after",
            Self::IssueBudget => "issue_budget",
        }
    }

    /// The name of the variable with this prefix.
    pub(crate) fn variable(self, prefix: &str) -> String {
        format!("{prefix}{}", self.name().to_ascii_uppercase())
    }

    /// The same value in a file, or the value of this file.
    pub(crate) fn other_form(self) -> Option<Self> {
        match self {
            Self::ChannelSecret => Some(Self::ChannelSecretFile),
            Self::ChannelSecretFile => Some(Self::ChannelSecret),
            Self::AssertionKey => Some(Self::AssertionKeyFile),
            Self::AssertionKeyFile => Some(Self::AssertionKey),
            Self::AssertionKid => Some(Self::AssertionKidFile),
            Self::AssertionKidFile => Some(Self::AssertionKid),
            _ => None,
        }
    }
}

/// A set of settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SettingSet(u16);

impl SettingSet {
    pub(crate) fn insert(&mut self, setting: Setting) {
        self.0 |= 1 << (setting as u8);
    }

    pub(crate) fn remove(&mut self, setting: Setting) {
        self.0 &= !(1 << (setting as u8));
    }

    pub(crate) fn contains(self, setting: Setting) -> bool {
        self.0 & (1 << (setting as u8)) != 0
    }

    /// Whether the setting or the other form of it is in the set.
    pub(crate) fn contains_either_form(self, setting: Setting) -> bool {
        self.contains(setting) || setting.other_form().is_some_and(|other| self.contains(other))
    }
}
