//! The file of settings, in TOML or JSON.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use line_channel_token::emulator::Fault;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error_text::without_values;
use super::leniency::Leniency;
use super::rate_limits::RateLimitSettings;
use super::time::TimeSetting;
use crate::small_file;

/// The members of the file, as they stand there.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileSettings {
    pub(super) host: Option<IpAddr>,
    pub(super) port: Option<u16>,
    pub(super) port_file: Option<PathBuf>,
    pub(super) allow_beyond_loopback: Option<bool>,
    pub(super) allowed_hosts: Vec<String>,
    pub(super) control_token_file: Option<PathBuf>,
    pub(super) page: Option<bool>,
    pub(super) key_out: Option<PathBuf>,
    pub(super) env_out: Option<PathBuf>,
    pub(super) time: Option<TimeSetting>,
    pub(super) advance_seconds: Option<f64>,
    pub(super) audiences: Vec<String>,
    pub(super) accept_es256: Option<bool>,
    pub(super) max_short_lived_tokens: Option<usize>,
    pub(super) rate_limits: RateLimitSettings,
    pub(super) leniency: Leniency,
    pub(super) channels: Vec<FileChannel>,
    pub(super) faults: Vec<Fault>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileChannel {
    pub(super) id: String,
    pub(super) secret: Option<Secret>,
    pub(super) secret_file: Option<PathBuf>,
    pub(super) scope: Option<String>,
    pub(super) long_lived_token: Option<Secret>,
    pub(super) long_lived_token_file: Option<PathBuf>,
    pub(super) generate_key: Option<bool>,
    #[serde(default)]
    pub(super) keys: Vec<FileKey>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileKey {
    pub(super) kid: String,
    /// A public JWK as a table or object.
    pub(super) jwk: Option<Jwk>,
    pub(super) file: Option<PathBuf>,
}

/// A secret that stands in the file.
#[derive(Deserialize)]
pub(super) struct Secret(pub(super) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A JWK, which may hold private members by mistake.
#[derive(Deserialize)]
pub(super) struct Jwk(pub(super) serde_json::Map<String, serde_json::Value>);

impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jwk(…)")
    }
}

impl FileSettings {
    /// The settings of a file: JSON if its name ends with `.json`, TOML if it ends with `.toml`, else what it looks like.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let text = small_file::read(path)?;
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let is_json = match extension.to_ascii_lowercase().as_str() {
            "json" => true,
            "toml" => false,
            _ => text.trim_start().starts_with('{'),
        };
        let parsed = if is_json { from_json(&text) } else { from_toml(&text) };
        parsed.map_err(|problem| format!("{}: {problem}", path.display()))
    }
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let parsed = serde_path_to_error::deserialize(&mut deserializer);
    let parsed = parsed.map_err(|error| {
        let (member, inner) = (error.path().to_string(), error.into_inner());
        located(inner.line(), &member, &inner.to_string())
    })?;
    deserializer.end().map_err(|error| located(error.line(), ".", &error.to_string()))?;
    Ok(parsed)
}

fn from_toml<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let line = |span: Option<std::ops::Range<usize>>| {
        let before = span.and_then(|span| text.get(..span.start));
        before.map_or(0, |before| before.matches('\n').count() + 1)
    };
    let deserializer =
        toml::Deserializer::parse(text).map_err(|error| located(line(error.span()), ".", "this is no valid TOML"))?;
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let (member, inner) = (error.path().to_string(), error.into_inner());
        located(line(inner.span()), &member, inner.message())
    })
}

/// `line 3, channels[0].secret: expected a string`.
fn located(line: usize, member: &str, message: &str) -> String {
    let message = without_values(message);
    let line = if line == 0 { String::new() } else { format!("line {line}") };
    let member = if member == "." { "" } else { member };
    let place = [&*line, member].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    if place.is_empty() { message } else { format!("{place}: {message}") }
}

#[cfg(test)]
mod tests {
    use super::{FileSettings, from_json, from_toml};

    #[test]
    fn both_forms_say_the_same() {
        let toml = "port = 1\ntime = 2026-11-26T05:00:00Z\n[rate_limits]\nenabled = false\n[[channels]]\nid = \"123\"\nsecret = \"s\"\n";
        let json = r#"{"port":1,"time":"2026-11-26T05:00:00Z","rate_limits":{"enabled":false},"channels":[{"id":"123","secret":"s"}]}"#;
        let both: [FileSettings; 2] = [from_toml(toml).unwrap(), from_json(json).unwrap()];
        for settings in both {
            assert_eq!(settings.port, Some(1));
            assert_eq!(settings.time.unwrap().parse().unwrap().as_secs(), 1_795_669_200);
            assert_eq!(settings.rate_limits.limits().issue(), None);
            assert_eq!(settings.channels[0].secret.as_ref().unwrap().0, "s");
        }
    }

    #[test]
    fn errors_name_line_and_member_and_no_value() {
        let toml = |text: &str| from_toml::<FileSettings>(text).unwrap_err();
        let json = |text: &str| from_json::<FileSettings>(text).unwrap_err();
        let unknown = toml("port = 1\nprot = 2\n");
        assert!(unknown.starts_with("line 2") && unknown.contains("unknown field `prot`"), "{unknown}");
        let wrong = toml("[[channels]]\nid = \"1\"\nsecret = [\"s3cret\"]\n");
        assert!(
            wrong.contains("line 3") && wrong.contains("channels[0].secret") && !wrong.contains("s3cret"),
            "{wrong}"
        );
        let broken = toml("[[channels]]\nsecret = \"s3cret\n");
        assert!(broken.contains("line 2") && !broken.contains("s3cret"), "{broken}");
        let wrong = json("{\n\"port\": \"s3cret\"}");
        assert!(wrong.contains("line 2") && wrong.contains("port") && !wrong.contains("s3cret"), "{wrong}");
        let broken = json("{\n\"channels\": [{\"secret\":\"s3cret}");
        assert!(!broken.contains("s3cret"), "{broken}");
        assert!(json("{} x").contains("trailing"), "{}", json("{} x"));
    }
}
