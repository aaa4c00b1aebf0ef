//! The feature `serde`: channels from TOML, YAML, JSON, or whatever a configuration crate reads.
//!
//! All values are taken as they are first, and checked together, so that one error says everything that is wrong. It shows no value.

use std::cell::Cell;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use crate::config::ChannelConfig;
use crate::error::{ConfigError, ConfigProblem};
use crate::labels::Labels;
use crate::list::{ChannelConfigs, label_of};
use crate::parse::Raw;
use crate::setting::Setting;
use crate::similar_names::nearest_member;

const MEMBERS: [&str; Setting::ALL.len()] = {
    let mut members = [""; Setting::ALL.len()];
    let mut at = 0;
    while at < members.len() {
        members[at] = Setting::ALL[at].name();
        at += 1;
    }
    members
};

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de> Deserialize<'de> for ChannelConfig {
    /// From a map with the members `channel_id`, `channel_secret`, `channel_secret_file`, `assertion_key`, `assertion_key_file`,
    /// `assertion_kid`, `assertion_kid_file`, `token_family`, `token_lifetime`, `api_base_url`, `revoke_previous_after` and
    /// `issue_budget`: as the variables of [`from_env`](Self::from_env). Others are refused.
    ///
    /// All are text, ids included, because a number has lost its leading zeros; times are text such as `30d` or a number of seconds,
    /// and `issue_budget` is a number. Files are not read here, but by [`check`](Self::check) and [`build`](Self::build).
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ChannelSeed { path: "" }.deserialize(deserializer)?.into_config("").map_err(de::Error::custom)
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de> Deserialize<'de> for ChannelConfigs {
    /// From a sequence of [`ChannelConfig`], each of another channel. One error says what is wrong with all of them.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut configs = Vec::new();
        let mut problems = Vec::new();
        let has_begun = Cell::new(false);
        let channels = deserializer.deserialize_seq(ChannelsVisitor { has_begun: &has_begun });
        let channels = channels
            .map_err(|error| without_value(error, &has_begun, "", "sequence of the configurations of LINE channels"))?;
        for (at, channel) in channels.into_iter().enumerate() {
            match channel.into_config(&label_of(at)) {
                Ok(config) => configs.push((at, config)),
                Err(error) => problems.extend(error.into_problems()),
            }
        }
        Self::from_numbered(configs, problems).map_err(de::Error::custom)
    }
}

/// A channel as it was written.
#[derive(Default)]
struct RawChannel {
    values: Vec<(Setting, Raw)>,
    /// The names of members that are none, and of those that are there twice.
    unknown: Vec<String>,
    repeated: Vec<Setting>,
}

impl RawChannel {
    fn into_config(self, path: &str) -> Result<ChannelConfig, ConfigError> {
        let labels = Labels::Members(path.into());
        let mut problems = Vec::new();
        for setting in self.repeated {
            problems.push(ConfigProblem::new(setting, labels.given(setting), "it is there more than once"));
        }
        let parsed = ChannelConfig::from_raw(self.values, labels, false);
        let config = match parsed {
            Ok(config) => Some(config),
            Err(error) => {
                problems.extend(error.into_problems());
                None
            }
        };
        for name in self.unknown {
            problems.push(unknown(path, &name));
        }
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(ConfigError::in_order(problems)),
        }
    }
}

/// A name may be a secret too, if a colon or a line is missing.
fn unknown(path: &str, name: &str) -> ConfigProblem {
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-'));
    let subject = if is_word && name.len() <= 40 { format!("{path}{name}") } else { format!("{path}(a member)") };
    let message = match nearest_member(name) {
        Some(member) => format!("there is no such member: is {member} meant?"),
        None => format!("there is no such member: there are {}", MEMBERS.join(", ")),
    };
    ConfigProblem::unknown(subject, message)
}

/// The error of a format, unless it has not found what it was to find: then it would show what it has found, which may be a secret.
fn without_value<E: de::Error>(error: E, has_begun: &Cell<bool>, path: &str, expected: &str) -> E {
    if has_begun.get() { error } else { E::custom(format_args!("{path}this must be a {expected}")) }
}

/// A channel at this path.
struct ChannelSeed<'a> {
    path: &'a str,
}

impl<'de> DeserializeSeed<'de> for ChannelSeed<'_> {
    type Value = RawChannel;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawChannel, D::Error> {
        let has_begun = Cell::new(false);
        // Not `deserialize_any`: of a flattened one it would take the members of the whole.
        let channel =
            deserializer.deserialize_struct("ChannelConfig", &MEMBERS, ChannelVisitor { has_begun: &has_begun });
        let expected = "map with channel_id and so on, the configuration of a LINE channel";
        channel.map_err(|error| without_value(error, &has_begun, self.path, expected))
    }
}

struct ChannelVisitor<'a> {
    has_begun: &'a Cell<bool>,
}

impl<'de> Visitor<'de> for ChannelVisitor<'_> {
    type Value = RawChannel;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration of a LINE channel: a map with channel_id and so on")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawChannel, A::Error> {
        self.has_begun.set(true);
        let mut channel = RawChannel::default();
        while let Some(name) = map.next_key::<String>()? {
            let Some(setting) = Setting::ALL.into_iter().find(|setting| setting.name() == name) else {
                map.next_value::<IgnoredAny>()?;
                channel.unknown.push(name);
                continue;
            };
            let value = map.next_value_seed(AnyValue)?;
            if channel.values.iter().any(|(known, _)| *known == setting) {
                channel.repeated.push(setting);
            } else {
                channel.values.extend(value.map(|value| (setting, value)));
            }
        }
        Ok(channel)
    }
}

struct ChannelsVisitor<'a> {
    has_begun: &'a Cell<bool>,
}

impl<'de> Visitor<'de> for ChannelsVisitor<'_> {
    type Value = Vec<RawChannel>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence of configurations of LINE channels")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<RawChannel>, A::Error> {
        self.has_begun.set(true);
        let mut channels = Vec::new();
        loop {
            let path = format!("[{}]: ", channels.len());
            match sequence.next_element_seed(ChannelSeed { path: &path })? {
                Some(channel) => channels.push(channel),
                None => return Ok(channels),
            }
        }
    }
}

/// Takes whatever is there; `None` for null.
#[derive(Clone, Copy)]
struct AnyValue;

impl<'de> DeserializeSeed<'de> for AnyValue {
    type Value = Option<Raw>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Raw>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyValue {
    type Value = Option<Raw>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or a number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<Raw>, E> {
        Ok(Some(Raw::Text(Zeroizing::new(text.to_owned()))))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Option<Raw>, E> {
        Ok(Some(Raw::Text(Zeroizing::new(text))))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Option<Raw>, E> {
        Ok(Some(Raw::Number(number)))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Option<Raw>, E> {
        Ok(Some(u64::try_from(number).map_or(Raw::Unquoted("a negative number"), Raw::Number)))
    }

    fn visit_u128<E: de::Error>(self, number: u128) -> Result<Option<Raw>, E> {
        Ok(Some(u64::try_from(number).map_or(Raw::Unquoted("a number out of range"), Raw::Number)))
    }

    fn visit_i128<E: de::Error>(self, number: i128) -> Result<Option<Raw>, E> {
        Ok(Some(u64::try_from(number).map_or(Raw::Unquoted("a number out of range"), Raw::Number)))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Option<Raw>, E> {
        Ok(Some(Raw::Unquoted("a number with a fraction")))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Option<Raw>, E> {
        Ok(Some(Raw::Unquoted("true or false")))
    }

    fn visit_bytes<E: de::Error>(self, _: &[u8]) -> Result<Option<Raw>, E> {
        Ok(Some(Raw::Other("a sequence of bytes")))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Option<Raw>, E> {
        Ok(None)
    }

    fn visit_none<E: de::Error>(self) -> Result<Option<Raw>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Raw>, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Raw>, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Option<Raw>, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Some(Raw::Other("a list")))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<Raw>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Some(Raw::Other("a map")))
    }
}
