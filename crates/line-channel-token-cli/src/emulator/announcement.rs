//! What is said once, when the emulator is ready.

use std::fmt::Write;
use std::path::Path;

use serde::Serialize;

use super::build::NewChannel;
use super::output_files;
use super::settings::Settings;
use crate::failure::Failure;
use crate::output::{self, OutputFormat};

#[derive(Serialize)]
struct Ready<'a> {
    url: &'a str,
    channels: &'a [NewChannel],
}

/// Says on standard error what was generated, and then on standard output that it is ready.
pub(crate) fn announce(
    settings: &Settings,
    url: &str,
    channels: &[NewChannel],
    format: OutputFormat,
) -> Result<(), Failure> {
    match format {
        OutputFormat::Json => output::json(&Ready { url, channels }),
        OutputFormat::Text => {
            let text = generated(settings, channels);
            if !text.is_empty() {
                output::note(text.trim_end());
            }
            output::line(&format!("line-channel-token emulator is ready at {url}"))
        }
    }
}

/// Says on standard error what was given and is not used, and what an address beyond loopback means.
pub(crate) fn warn(settings: &Settings) {
    for note in &settings.notes {
        output::note(&format!("note: {note}"));
    }
    if !settings.host.is_loopback() {
        let control = match settings.control_token {
            Some(_) => "",
            None => " The control API and the page respond 403 until LINE_EMULATOR_CONTROL_TOKEN is set.",
        };
        output::note(&format!(
            "warning: {} is reached by other machines, and everything goes over plain HTTP: use it in a network that you \
             trust alone.{control}",
            settings.host
        ));
    }
}

fn generated(settings: &Settings, channels: &[NewChannel]) -> String {
    let mut text = String::new();
    for (nth, channel) in channels.iter().enumerate() {
        if channel.secret.is_none() && channel.key.is_none() {
            continue;
        }
        let _ = writeln!(text, "channel id      {}", channel.id);
        if let Some(secret) = &channel.secret {
            let _ = writeln!(text, "channel secret  {secret}");
        }
        let Some(key) = &channel.key else { continue };
        let _ = writeln!(text, "assertion kid   {}", key.kid);
        let is_first = channels.iter().take(nth).all(|earlier| earlier.key.is_none());
        match settings.key_out.as_deref().filter(|_| is_first) {
            Some(path) => {
                let _ = writeln!(text, "assertion key   in {}", path.display());
            }
            None => {
                let _ = writeln!(text, "assertion key\n{}", key.private_key.trim_end());
            }
        }
    }
    text
}

/// Writes the file of variables, under the names that `ChannelConfig` of the library and the other commands read.
pub(crate) fn write_variables(settings: &Settings, url: &str, channels: &[NewChannel]) -> Result<(), Failure> {
    let (Some(path), Some(channel)) = (settings.env_out.as_deref(), channels.first()) else { return Ok(()) };
    let given = settings.channels.first().and_then(|channel| channel.secret.as_ref());
    let secret = channel.secret.as_deref().or(given.map(|secret| secret.expose_secret())).unwrap_or_default();
    let mut variables =
        vec![("LINE_API_BASE_URL", url), ("LINE_CHANNEL_ID", &*channel.id), ("LINE_CHANNEL_SECRET", secret)];
    let key_file = settings.key_out.as_deref().map(|path| std::path::absolute(path).unwrap_or(path.to_owned()));
    let key_file = key_file.as_deref().and_then(Path::to_str);
    if let Some(key) = &channel.key {
        variables.push(("LINE_ASSERTION_KID", &key.kid));
        if let Some(file) = key_file {
            variables.push(("LINE_ASSERTION_KEY_FILE", file));
        }
    }
    output_files::write_variables(path, &variables)
}
