//! Variables that are no flags: secrets by channel, the control token, and the channel that a client's own variables describe.

use std::ffi::OsString;
use std::path::Path;

use clap::Args;
use line_channel_token::{ChannelId, ChannelSecret};

use super::Problems;
use super::args::SettingsArgs;
use super::channels::Channels;
use super::keys::{self, KeySettings};
use crate::similar::nearest;
use crate::small_file;

const PREFIX: &str = "LINE_EMULATOR_";
pub(super) const CONTROL_TOKEN: &str = "LINE_EMULATOR_CONTROL_TOKEN";
const SECRET: &str = "LINE_EMULATOR_SECRET_";

/// The variables of the process, as text.
pub(super) struct Variables(Vec<(String, OsString)>);

impl Variables {
    pub(super) fn of_this_process() -> Self {
        let named = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self(named.collect())
    }

    #[cfg(test)]
    pub(super) fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect())
    }

    /// The value of a variable, if that is set.
    pub(super) fn get(&self, name: &str, problems: &mut Problems) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(other, _)| other == name)?;
        problems.take(value.to_str().ok_or_else(|| format!("{name}: the value is not UTF-8 text")))
    }

    /// A problem for each variable with our prefix that has no meaning, because it is probably a typing error.
    pub(super) fn find_unknown(&self, problems: &mut Problems) {
        let command = SettingsArgs::augment_args(clap::Command::new("emulator"));
        let mut known: Vec<&str> = command.get_arguments().filter_map(|arg| arg.get_env()?.to_str()).collect();
        known.push(CONTROL_TOKEN);
        for (name, _) in &self.0 {
            if !name.to_ascii_uppercase().starts_with(PREFIX) || known.contains(&&**name) || name.starts_with(SECRET) {
                continue;
            }
            let shown: String = name.chars().take(64).filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let instead = match nearest(&name.to_ascii_uppercase(), known.iter().copied()) {
                Some(similar) => format!("is {similar} meant?"),
                None => {
                    "see `line-channel-token emulator --help` for those that there are, and unset this one".to_owned()
                }
            };
            problems.add(format!("{shown} is no setting of the emulator: {instead}"));
        }
    }

    /// The secrets in `LINE_EMULATOR_SECRET_<ID>`.
    pub(super) fn add_secrets(&self, channels: &mut Channels, problems: &mut Problems) {
        let mut names: Vec<&str> =
            self.0.iter().map(|(name, _)| &**name).filter(|name| name.starts_with(SECRET)).collect();
        names.sort_unstable();
        for name in names {
            let id = ChannelId::new(name.strip_prefix(SECRET).unwrap_or_default());
            let id = problems.take(id.map_err(|_| {
                format!("{SECRET}… ends with a channel id, as in {SECRET}1234567890: one of these variables does not")
            }));
            let secret = self
                .get(name, problems)
                .map(|text| ChannelSecret::new(text).map_err(|error| format!("{name}: {error}")));
            let secret = secret.and_then(|secret| problems.take(secret));
            if let (Some(id), Some(secret)) = (id, secret) {
                channels.get(id).secret = Some(secret);
            }
        }
    }

    /// The channel that `LINE_CHANNEL_ID` and the variables beside it describe to a client.
    pub(super) fn add_channel(&self, channels: &mut Channels, problems: &mut Problems, notes: &mut Vec<String>) {
        let set = |name: &str| self.0.iter().any(|(other, value)| other == name && !value.is_empty());
        if !set("LINE_CHANNEL_ID") {
            for name in
                ["LINE_CHANNEL_SECRET", "LINE_CHANNEL_SECRET_FILE", "LINE_ASSERTION_KEY", "LINE_ASSERTION_KEY_FILE"]
            {
                if set(name) {
                    notes.push(format!("{name} is set without LINE_CHANNEL_ID, and is not used"));
                }
            }
            return;
        }
        let Some(text) = self.get("LINE_CHANNEL_ID", problems) else { return };
        let Some(id) = problems.take(ChannelId::new(text).map_err(|error| format!("LINE_CHANNEL_ID: {error}"))) else {
            return;
        };
        let channel = channels.get(id);
        if let Some((name, text)) = self.value_or_file("LINE_CHANNEL_SECRET", problems) {
            channel.secret = problems.take(ChannelSecret::new(text).map_err(|error| format!("{name}: {error}")));
        }
        let key = self.value_or_file("LINE_ASSERTION_KEY", problems);
        let kid = self.value_or_file("LINE_ASSERTION_KID", problems);
        match (key, kid) {
            (Some((name, key)), Some((_, kid))) => {
                let jwk = problems.take(keys::from_text(&key).map_err(|problem| format!("{name}: {problem}")));
                if let Some(public_jwk) = jwk {
                    channel.set_key(KeySettings { kid: kid.trim().to_owned(), public_jwk });
                }
            }
            (Some((name, _)), None) => {
                problems.add(format!("{name} is set and LINE_ASSERTION_KID is not: give the kid of the key, any text"));
            }
            _ => {}
        }
    }

    /// A setting from the variable of its name, or from the file that `<NAME>_FILE` names; empty ones count as not set.
    fn value_or_file(&self, name: &str, problems: &mut Problems) -> Option<(String, String)> {
        if let Some(text) = self.get(name, problems).filter(|text| !text.is_empty()) {
            return Some((name.to_owned(), text.to_owned()));
        }
        let name = format!("{name}_FILE");
        let path = self.get(&name, problems).filter(|path| !path.is_empty())?;
        let text = small_file::read(Path::new(path)).map_err(|problem| format!("{name}: {problem}"));
        problems.take(text).map(|text| (name, text))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Problems;
    use super::super::channels::Channels;
    use super::Variables;

    fn unknown(name: &str) -> String {
        let mut problems = Problems::default();
        Variables::of(&[("HOME", "/"), (name, "1")]).find_unknown(&mut problems);
        problems.message()
    }

    #[test]
    fn unknown_variables_are_named() {
        assert!(unknown("LINE_EMULATOR_PROT").contains("is LINE_EMULATOR_PORT meant?"));
        assert!(unknown("LINE_EMULATOR_CONTROL_TOKEN_FIL").contains("CONTROL_TOKEN_FILE meant?"));
        assert!(unknown("line_emulator_port").contains("is LINE_EMULATOR_PORT meant?"));
        assert!(unknown("LINE_EMULATOR_SPEED_OF_LIGHT").contains("--help"));
        for name in ["LINE_EMULATOR_PORT", "LINE_EMULATOR_CONTROL_TOKEN", "LINE_EMULATOR_SECRET_1", "LINE_CHANNEL"] {
            let mut problems = Problems::default();
            Variables::of(&[(name, "1")]).find_unknown(&mut problems);
            assert!(problems.is_empty(), "{name}");
        }
    }

    #[test]
    fn secrets_are_set_by_channel() {
        let (mut channels, mut problems) = (Channels::default(), Problems::default());
        let variables = Variables::of(&[("LINE_EMULATOR_SECRET_123", "s3cret"), ("LINE_EMULATOR_SECRET_x", "other")]);
        variables.add_secrets(&mut channels, &mut problems);
        let channels = channels.into_vec();
        assert_eq!(channels[0].secret.as_ref().unwrap().expose_secret(), "s3cret");
        assert!(problems.message().contains("ends with a channel id") && channels.len() == 1);
    }

    #[test]
    fn a_client_s_variables_describe_a_channel() {
        let (mut channels, mut problems, mut notes) = (Channels::default(), Problems::default(), Vec::new());
        let variables = Variables::of(&[("LINE_CHANNEL_ID", "123"), ("LINE_CHANNEL_SECRET", "s3cret")]);
        variables.add_channel(&mut channels, &mut problems, &mut notes);
        let channels = channels.into_vec();
        assert!(problems.is_empty() && notes.is_empty());
        assert_eq!((channels[0].id.as_str(), channels[0].generates_key()), ("123", false));

        let (mut channels, mut problems, mut notes) = (Channels::default(), Problems::default(), Vec::new());
        let variables = Variables::of(&[("LINE_CHANNEL_ID", ""), ("LINE_CHANNEL_SECRET", "s3cret")]);
        variables.add_channel(&mut channels, &mut problems, &mut notes);
        assert!(channels.into_vec().is_empty() && notes[0].contains("without LINE_CHANNEL_ID"));
    }
}
