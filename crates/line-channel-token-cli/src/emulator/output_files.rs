//! `--key-out` and `--env-out`: files with what a client needs.

use std::borrow::Cow;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use line_channel_token::SigningKey;

use super::generated::GeneratedKey;
use crate::failure::Failure;
use crate::local_server::replace_file;

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
            replace_file(path, key.private_key.as_bytes(), true)
                .map_err(|error| Failure::other(format!("--key-out: {} cannot be written: {error}", path.display())))?;
            Ok(key)
        }
        Err(error) => Err(Failure::usage(format!("--key-out: {} cannot be read: {}", path.display(), error.kind()))),
    }
}

/// Writes variables, one a line, unless there is a file that is not ours.
pub(super) fn write_variables(path: &Path, variables: &[(&str, &str)]) -> Result<(), Failure> {
    if !may_replace(path) {
        let message = format!("--env-out: {} is there, and was not written by an emulator", path.display());
        return Err(Failure::usage(message).with_hint("give the name of a new file"));
    }
    let mut text = MARK.to_owned();
    for (name, value) in variables {
        let _ = writeln!(text, "{name}={}", quoted(value));
    }
    replace_file(path, text.as_bytes(), true)
        .map_err(|error| Failure::other(format!("--env-out: {} cannot be written: {error}", path.display())))
}

/// Whether there is nothing, an empty file, or one of ours.
fn may_replace(path: &Path) -> bool {
    let Ok(found) = fs::metadata(path) else { return true };
    found.len() == 0 && found.is_file()
        || found.is_file() && fs::read(path).is_ok_and(|text| text.starts_with(MARK.as_bytes()))
}

/// The value as a shell takes it: as it stands if every reader takes it so, and else in single quotes.
fn quoted(value: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+=:,./@%".contains(&byte);
    if value.bytes().all(is_plain) { value.into() } else { format!("'{}'", value.replace('\'', r"'\''")).into() }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    #[cfg(unix)]
    fn a_shell_takes_values_as_they_are() {
        for value in
            ["", "http://[::1]:8787", "/my dir/line.pem", "$(touch x)`id`", "it's", "a\\b\"c#d;e&f", "\u{3042}\n"]
        {
            let script = format!("X={}; printf %s \"$X\"", quoted(value));
            let said = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(said.stdout).unwrap(), value, "{script}");
        }
        assert_eq!(
            quoted("/home/me/line.pem"),
            "/home/me/line.pem",
            "no quotes, which some readers take for a part of it"
        );
    }
}
