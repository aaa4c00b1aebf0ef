//! `--check`: whether the emulator would start with these settings.

use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;

use super::announcement;
use super::build::build;
use super::journal::Journal;
use super::settings::Settings;
use crate::failure::Failure;
use crate::output::{self, OutputFormat};

/// The shape of the result with `--output json`.
#[derive(Serialize)]
struct Checked {
    valid: bool,
    channels: Vec<String>,
}

/// Builds it, because some rules are the emulator's own, and starts nothing. No file is written.
pub(crate) fn run(settings: &Settings, format: OutputFormat) -> Result<ExitCode, Failure> {
    announcement::warn(settings);
    let built = build(&settings.without_outputs(), &Arc::new(Journal::new()))?;
    let channels: Vec<String> = built.emulator.channels().into_iter().map(|channel| channel.id.to_string()).collect();
    match format {
        OutputFormat::Json => output::json(&Checked { valid: true, channels })?,
        OutputFormat::Text if settings.channels.is_empty() => {
            output::line("the configuration is valid; a channel would be generated")?;
        }
        OutputFormat::Text => output::line(&format!("the configuration is valid; channels: {}", channels.join(", ")))?,
    }
    Ok(ExitCode::SUCCESS)
}
