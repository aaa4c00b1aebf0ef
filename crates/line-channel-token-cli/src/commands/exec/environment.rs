//! What a command finds in its environment.

use std::ffi::OsString;

use line_channel_token::AccessToken;

/// Where programs expect the token.
pub(super) const TOKEN: &str = "LINE_CHANNEL_ACCESS_TOKEN";
/// What the command does not need: the token is made of it, and lives much shorter.
const SECRETS: [&str; 4] =
    ["LINE_CHANNEL_SECRET", "LINE_CHANNEL_SECRET_FILE", "LINE_ASSERTION_KEY", "LINE_ASSERTION_KEY_FILE"];

/// A command, and what is changed in its environment.
#[derive(Debug)]
pub(super) struct Command {
    /// The variable of the token.
    pub(super) name: String,
    pub(super) keep_secrets: bool,
    /// The program and its arguments.
    pub(super) words: Vec<OsString>,
}

impl Command {
    pub(super) fn with_token(&self, token: &AccessToken) -> std::process::Command {
        let mut words = self.words.iter();
        // clap requires one.
        let mut command = std::process::Command::new(words.next().cloned().unwrap_or_default());
        command.args(words);
        if !self.keep_secrets {
            SECRETS.iter().for_each(|name| {
                command.env_remove(name);
            });
        }
        command.env(&self.name, token.expose_secret());
        command
    }
}

/// Parses the name of a variable.
pub(super) fn parse_name(text: &str) -> Result<String, String> {
    let is_name = text.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name {
        return Err("give a name of letters, digits and _, which begins with no digit".to_owned());
    }
    if matches!(text, "PATH" | "LD_PRELOAD" | "LD_LIBRARY_PATH" | "HOME") {
        return Err("the command needs this variable for something else".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse_name;

    #[test]
    fn a_variable_has_a_name_that_shells_take() {
        for name in ["LINE_CHANNEL_ACCESS_TOKEN", "_x1", "t"] {
            assert_eq!(parse_name(name).as_deref(), Ok(name));
        }
        for name in ["", "1A", "A=B", "A B", "A-B", "ä", "PATH"] {
            assert!(parse_name(name).is_err(), "{name}");
        }
    }
}
