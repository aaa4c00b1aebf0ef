//! From what a user wrote to the values of the settings.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use line_channel_token_assertion::SigningKey;
use line_channel_token_core::{AssertionKid, BaseUrl, ChannelId, ChannelSecret, Error, TokenLifetime};
use zeroize::Zeroizing;

use crate::error::ConfigProblem;
use crate::labels::Labels;
use crate::setting::Setting;
use crate::settings::{Given, Settings};
use crate::span;

/// A value as it was written.
pub(crate) enum Raw {
    /// From the environment or a command line.
    Os(OsString),
    #[cfg_attr(not(feature = "serde"), expect(dead_code, reason = "only the feature serde makes it"))]
    Text(Zeroizing<String>),
    #[cfg_attr(not(feature = "serde"), expect(dead_code, reason = "only the feature serde makes it"))]
    Number(u64),
    /// A number or the like that no setting is: what it is. It may be text that stands without quotes.
    Unquoted(&'static str),
    /// Something else that no setting is: what it is.
    #[cfg_attr(not(feature = "serde"), expect(dead_code, reason = "only the feature serde makes it"))]
    Other(&'static str),
}

/// What was parsed, and everything that is wrong with single values.
pub(crate) struct Parsed {
    pub(crate) channel_id: Option<ChannelId>,
    pub(crate) settings: Settings,
    pub(crate) problems: Vec<ConfigProblem>,
}

/// Parses all values, each of which is there once at most.
pub(crate) fn parse(values: Vec<(Setting, Raw)>, labels: Labels) -> Parsed {
    let mut parser = Parser { channel_id: None, settings: Settings::new(labels), problems: Vec::new() };
    let given: Vec<Setting> = values.iter().map(|(setting, _)| *setting).collect();
    for (setting, raw) in values {
        if let Err(message) = parser.set(setting, raw) {
            parser.settings.invalid.insert(setting);
            parser.problem(setting, message);
        }
    }
    let Parser { channel_id, mut settings, mut problems } = parser;
    for value in [Setting::ChannelSecret, Setting::AssertionKey, Setting::AssertionKid] {
        let Some(file) = value.other_form().filter(|file| given.contains(file) && given.contains(&value)) else {
            continue;
        };
        let message = format!("it is given, and so is {}: remove one of them", settings.labels.given(file));
        problems.push(ConfigProblem::new(value, settings.labels.given(value), message));
    }
    if channel_id.is_none() && !given.contains(&Setting::ChannelId) {
        let message = format!(
            "{}; it is the decimal number under \"Channel ID\" on the channel's \"Basic settings\" tab in the LINE Developers Console",
            settings.labels.absent()
        );
        let label = settings.labels.possible(Setting::ChannelId);
        problems.push(ConfigProblem::new(Setting::ChannelId, label, message).of_missing());
    }
    settings.lacks_kid &= !settings.has_kid();
    Parsed { channel_id, settings, problems }
}

struct Parser {
    channel_id: Option<ChannelId>,
    settings: Settings,
    problems: Vec<ConfigProblem>,
}

impl Parser {
    fn problem(&mut self, setting: Setting, message: Cow<'static, str>) {
        self.problems.push(ConfigProblem::new(setting, self.settings.labels.given(setting), message));
    }

    /// Parses one value. The error continues its name.
    fn set(&mut self, setting: Setting, raw: Raw) -> Result<(), Cow<'static, str>> {
        let settings = &mut self.settings;
        let with_file = |error: Error, text: &str, labels: &Labels| -> Cow<'static, str> {
            match setting.other_form().filter(|_| Path::new(text.trim()).is_absolute()) {
                Some(file) => format!("{error}; for a file, give {}", labels.possible(file)).into(),
                None => error.to_string().into(),
            }
        };
        match setting {
            Setting::ChannelSecretFile => settings.secret = Some(Given::File(path(raw)?)),
            Setting::AssertionKeyFile => settings.key = Some(Given::File(path(raw)?)),
            Setting::AssertionKidFile => settings.kid = Some(Given::File(path(raw)?)),
            Setting::ChannelId => {
                self.channel_id = Some(ChannelId::new(&*text(raw)?).map_err(|error| error.to_string())?)
            }
            Setting::ChannelSecret => {
                let text = text(raw)?;
                let secret = ChannelSecret::new(&*text).map_err(|error| with_file(error, &text, &settings.labels))?;
                settings.secret = Some(Given::Value(secret));
            }
            Setting::AssertionKey => {
                let text = text(raw)?;
                let key = SigningKey::parse(&*text).map_err(|error| {
                    settings.lacks_kid = !text.contains("kid");
                    with_file(error, &text, &settings.labels)
                })?;
                settings.key = Some(Given::Value(key));
            }
            Setting::AssertionKid => {
                let text = text(raw)?;
                let kid = AssertionKid::new(&*text).map_err(|error| with_file(error, &text, &settings.labels))?;
                settings.kid = Some(Given::Value(kid));
            }
            Setting::TokenFamily => {
                settings.family = Some(text(raw)?.parse().map_err(|error: Error| error.to_string())?)
            }
            Setting::TokenLifetime => {
                let lifetime = TokenLifetime::try_from(time(raw)?).map_err(|error| error.to_string())?;
                settings.lifetime = Some(lifetime);
            }
            Setting::ApiBaseUrl => {
                settings.base_url = Some(BaseUrl::new(&*text(raw)?).map_err(|error| error.to_string())?)
            }
            Setting::RevokePreviousAfter => settings.revoke_previous_after = Some(time(raw)?),
            Setting::IssueBudget => settings.issue_budget = Some(number(raw)?),
        }
        Ok(())
    }
}

fn text(raw: Raw) -> Result<Zeroizing<String>, Cow<'static, str>> {
    let text = match raw {
        Raw::Text(text) => text,
        Raw::Os(text) => Zeroizing::new(text.into_string().map_err(|text| {
            drop(Zeroizing::new(text.into_encoded_bytes()));
            "it is not valid Unicode: set it anew"
        })?),
        Raw::Number(_) => return text(Raw::Unquoted("a number")),
        Raw::Unquoted(what) => return Err(format!("it is {what}, and must be text: put it in quotes").into()),
        Raw::Other(what) => return Err(format!("it is {what}, and must be text").into()),
    };
    if text.is_empty() { Err(EMPTY.into()) } else { Ok(text) }
}

const EMPTY: &str = "it is set, but empty: give it a value, or do not set it at all";

/// A path may be in no Unicode.
fn path(raw: Raw) -> Result<PathBuf, Cow<'static, str>> {
    let path = match raw {
        Raw::Os(path) => path,
        other => OsString::from(std::mem::take(&mut *text(other)?)),
    };
    if path.is_empty() { Err(EMPTY.into()) } else { Ok(path.into()) }
}

fn time(raw: Raw) -> Result<std::time::Duration, Cow<'static, str>> {
    match raw {
        Raw::Number(seconds) => Ok(span::from_secs(seconds)?),
        Raw::Unquoted(what) | Raw::Other(what) => {
            Err(format!("it is {what}, and must be a time: {}", span::FORM).into())
        }
        raw => Ok(span::parse(&text(raw)?)?),
    }
}

fn number(raw: Raw) -> Result<usize, Cow<'static, str>> {
    let number = match raw {
        Raw::Number(number) => usize::try_from(number).ok(),
        Raw::Unquoted(_) | Raw::Other(_) => None,
        raw => text(raw)?.trim().parse().ok(),
    };
    number.ok_or_else(|| "it must be a whole number from 2 to 30".into())
}
