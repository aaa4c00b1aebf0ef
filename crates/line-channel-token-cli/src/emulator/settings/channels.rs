//! The channels, gathered from all sources by their ids.

use line_channel_token::{AccessToken, ChannelId, ChannelSecret};

use super::keys::KeySettings;

/// A channel as it was given; what is missing is generated.
#[derive(Clone, Debug)]
pub(crate) struct ChannelSettings {
    pub(crate) id: ChannelId,
    pub(crate) secret: Option<ChannelSecret>,
    pub(crate) scope: Option<String>,
    pub(crate) long_lived_token: Option<AccessToken>,
    pub(crate) keys: Vec<KeySettings>,
    generate_key: Option<bool>,
}

impl ChannelSettings {
    /// Whether a key pair is made for it: as it was said, or else if it would have no credential that the user knows.
    pub(crate) fn generates_key(&self) -> bool {
        self.generate_key.unwrap_or(self.secret.is_none() && self.keys.is_empty())
    }
}

/// The channels in the order in which they were first named.
#[derive(Debug, Default)]
pub(super) struct Channels(Vec<ChannelSettings>);

impl Channels {
    /// The channel with this id, which is added if it is new.
    pub(super) fn get(&mut self, id: ChannelId) -> &mut ChannelSettings {
        let at = self.0.iter().position(|channel| channel.id == id).unwrap_or_else(|| {
            self.0.push(ChannelSettings {
                id,
                secret: None,
                scope: None,
                long_lived_token: None,
                keys: Vec::new(),
                generate_key: None,
            });
            self.0.len() - 1
        });
        &mut self.0[at]
    }

    pub(super) fn contains(&self, id: &ChannelId) -> bool {
        self.0.iter().any(|channel| channel.id == *id)
    }

    pub(super) fn into_vec(self) -> Vec<ChannelSettings> {
        self.0
    }
}

impl ChannelSettings {
    pub(super) fn set_generate_key(&mut self, generate: bool) {
        self.generate_key = Some(generate);
    }

    /// Adds a key, or replaces the one with its kid.
    pub(super) fn set_key(&mut self, key: KeySettings) {
        self.keys.retain(|other| other.kid != key.kid);
        self.keys.push(key);
    }
}
