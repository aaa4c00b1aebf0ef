//! `--key-out` and `--env-out`: files with what a client needs.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use line_channel_token::SigningKey;

use super::generated::GeneratedKey;
use super::port_file::replace;
use crate::failure::Failure;

const MARK: &str = "# Written by `line-channel-token emulator`, which replaces it.\n";

/// The key in a file that is there from an earlier start; or else a new one, which is written there.
pub(super) fn key_at(path: &Path) -> Result<GeneratedKey, Failure> {
    match fs::read(path) {
        Ok(content) => {
            let key = SigningKey::parse(content).map_err(|error| {
                Failure::usage(format!("--key-out: {} is there, and is no private key: {error}", path.display()))
                    .with_hint("give the name of a new file, or of one that the emulator wrote")
            })?;
            GeneratedKey::of(&key)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = GeneratedKey::generate()?;
            replace(path, key.private_key.as_bytes(), true)
                .map_err(|error| Failure::other(format!("--key-out: {} cannot be written: {error}", path.display())))?;
            Ok(key)
        }
        Err(error) => Err(Failure::usage(format!("--key-out: {} cannot be read: {}", path.display(), error.kind()))),
    }
}

/// Writes variables, one a line, unless there is a file that is not ours.
pub(super) fn write_variables(path: &Path, variables: &[(&str, &str)]) -> Result<(), Failure> {
    match fs::read_to_string(path) {
        Ok(content) if !content.is_empty() && !content.starts_with(MARK) => {
            return Err(Failure::usage(format!(
                "--env-out: {} is there, and was not written by an emulator",
                path.display()
            ))
            .with_hint("give the name of a new file"));
        }
        _ => {}
    }
    let mut text = MARK.to_owned();
    for (name, value) in variables {
        let _ = writeln!(text, "{name}={value}");
    }
    replace(path, text.as_bytes(), true)
        .map_err(|error| Failure::other(format!("--env-out: {} cannot be written: {error}", path.display())))
}
