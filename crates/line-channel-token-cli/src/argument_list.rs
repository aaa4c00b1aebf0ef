//! The command line before it is parsed: how errors about it are to look, and whether it holds a secret.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::{ColorChoice, ValueEnum as _};

use crate::failure::Failure;
use crate::output::OutputFormat;

/// What has to be known even of a command line that does not parse.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ArgumentList {
    pub(crate) format: OutputFormat,
    pub(crate) color: ColorChoice,
    /// The first argument that is a secret.
    secret: Option<(usize, Found)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Token,
    ChannelSecret,
    PrivateKey,
    Password,
}

impl ArgumentList {
    /// Looks through all arguments, up to those of a command that `exec` runs.
    pub(crate) fn new(arguments: &[OsString]) -> Self {
        let mut list = Self { format: OutputFormat::Text, color: ColorChoice::Auto, secret: None };
        let mut previous: Option<&str> = None;
        let mut command: Option<&str> = None;
        let mut has_flags = true;
        for (at, argument) in arguments.iter().enumerate().skip(1) {
            let text = argument.to_string_lossy();
            let is_flag = text.starts_with('-');
            let is_value = previous.is_some_and(takes_value);
            // What follows belongs to somebody else's command line.
            if command == Some("exec") && (text == "--" || !is_flag && !is_value) {
                break;
            }
            if command.is_none() && !is_flag && previous != Some("--color") {
                command = argument.to_str();
            }
            if list.secret.is_none() {
                list.secret = secret(argument).map(|secret| (at, secret));
            }
            has_flags &= text != "--";
            let (name, value) = match text.split_once('=') {
                Some((name, value)) => (name, value),
                None => (previous.unwrap_or_default(), &*text),
            };
            match name {
                "--output" if has_flags && value == "json" => list.format = OutputFormat::Json,
                "--output" if has_flags => list.format = OutputFormat::Text,
                "--color" if has_flags => list.color = ColorChoice::from_str(value, false).unwrap_or_default(),
                _ => {}
            }
            previous = argument.to_str();
        }
        list
    }

    /// Refuses a secret, which is not repeated.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let Some((at, secret)) = self.secret else { return Ok(()) };
        let (what, how) = match secret {
            Found::Token => (
                "a token or an assertion",
                "pass it on standard input, or in a file whose path you give (`@FILE` or `FILE`)",
            ),
            Found::ChannelSecret => (
                "a channel secret",
                "set LINE_CHANNEL_SECRET, or give the path of its file with --channel-secret-file; a file that is called so: ./NAME",
            ),
            Found::PrivateKey => (
                "a private key",
                "give the path of its file, or pass it on standard input; the commands that sign also take it in LINE_ASSERTION_KEY",
            ),
            Found::Password => (
                "a URL with a password",
                "leave the password out of the URL, and set LINE_TOKEN_STORE_PASSWORD or give its file with --store-password-file",
            ),
        };
        Err(Failure::usage(format!(
            "argument {at} looks like {what}, which every process of this machine can read on a command line; it was not used"
        ))
        .with_hint(format!("{how}. Your shell may have kept the line in its history")))
    }
}

/// Whether the argument after this one is its value, as far as `exec` has such flags: the first that is neither begins the command.
fn takes_value(argument: &str) -> bool {
    argument.starts_with("--") && !argument.contains('=') && !WITHOUT_VALUE.contains(&argument)
}

/// The flags of `exec` that have no value.
const WITHOUT_VALUE: [&str; 5] = ["--keep-secrets", "--no-revoke", "--verbose", "--help", "--version"];

/// What an argument is, if it or the value in it is surely a secret.
fn secret(argument: &OsStr) -> Option<Found> {
    let text = argument.to_str()?;
    let after = |at: Option<usize>| at.and_then(|at| text.get(at + 1..));
    // `--flag=VALUE`, and `--flag NAME=VALUE`; the padding of base64 is no name.
    let values = [Some(text), after(text.find('=')), after(text.trim_end_matches('=').rfind('='))];
    values.into_iter().flatten().find_map(of_value)
}

fn of_value(value: &str) -> Option<Found> {
    let value = value.trim().trim_matches(['"', '\'']);
    let value = value.strip_prefix("Bearer ").unwrap_or(value).trim();
    let is_base64 = |char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '/' | '-' | '_' | '=');
    if value.contains("-----BEGIN") || value.starts_with(['{', '[']) && value.contains("\"kty\"") {
        return Some(Found::PrivateKey);
    }
    if has_password(value) {
        return Some(Found::Password);
    }
    if value.len() >= 60 && value.starts_with("MI") && value.chars().all(is_base64) {
        return Some(Found::PrivateKey);
    }
    if value.len() >= 20 && value.starts_with("eyJ") && value.contains('.') && !value.contains('/') {
        return Some(Found::Token);
    }
    // A short-lived or long-lived token. The path of a file may be made of the same characters.
    if value.len() >= 120 && value.chars().all(is_base64) && !Path::new(value).exists() {
        return Some(Found::Token);
    }
    (value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(Found::ChannelSecret)
}

/// Whether this is a URL such as `redis://user:password@host`.
fn has_password(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else { return false };
    let is_scheme =
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    // A password may hold slashes that should have been percent-encoded.
    is_scheme && rest.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::ColorChoice;

    use super::{ArgumentList, Found};
    use crate::output::OutputFormat;

    fn list(arguments: &[&str]) -> ArgumentList {
        let arguments: Vec<OsString> = ["line-channel-token"].iter().chain(arguments).map(OsString::from).collect();
        ArgumentList::new(&arguments)
    }

    #[test]
    fn the_format_of_errors_is_found_in_any_place() {
        for arguments in [
            &["jwk", "--output", "json"][..],
            &["jwk", "--output=json", "--nonsense"],
            &["man", "exec", "--output=json"],
            &["--output=json"],
            &["exec", "--output", "json", "--", "curl"],
            &["exec", "--no-revoke", "--env", "X", "--output=json", "curl", "--output", "text"],
        ] {
            assert_eq!(list(arguments).format, OutputFormat::Json, "{arguments:?}");
        }
        for arguments in [
            &["jwk", "--output", "text"][..],
            &["jwk", "json"],
            &["exec", "curl", "--output", "json"],
            &["jwk", "--", "--output=json"],
            &["--color", "never", "exec", "curl", "--output=json"],
            &["exec", "-v", "--keep-secrets", "curl", "--output=json"],
            &["exec", "--env", "X", "curl", "--output=json"],
            &["issue", "--output=json", "--output", "token"],
        ] {
            assert_eq!(list(arguments).format, OutputFormat::Text, "{arguments:?}");
        }
        assert_eq!(list(&["--color", "never", "jwk"]).color, ColorChoice::Never);
        assert_eq!(list(&["jwk", "--color=always"]).color, ColorChoice::Always);
    }

    #[test]
    fn secrets_are_found_and_never_repeated() {
        let token = format!("{}==", "aB3/+".repeat(34));
        let key = format!("MIIE{}", "aB3/".repeat(20));
        for (arguments, secret) in [
            (&["verify", "eyJhbGciOiJIUzI1NiJ9.UnQ_o-GP0VtnwDjbK0C8E_NvK"][..], Found::Token),
            (&["verify", "Bearer eyJhbGciOiJIUzI1NiJ9.UnQ_o-GP0VtnwDjbK0C8E_NvK"], Found::Token),
            (&["revoke", &token], Found::Token),
            (&["revoke", &format!("--token={token}")], Found::Token),
            (&["issue", "--channel-secret", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"], Found::ChannelSecret),
            (&["issue", "--channel-secret=0f1e2d3c4b5a69788796a5b4c3d2e1f0"], Found::ChannelSecret),
            (&["emulator", "--secret", "123=0f1e2d3c4b5a69788796a5b4c3d2e1f0"], Found::ChannelSecret),
            (&["jwk", "-----BEGIN PRIVATE KEY-----\nAAAA"], Found::PrivateKey),
            (&["jwk", "{\"kty\":\"RSA\"}"], Found::PrivateKey),
            (&["jwk", &key], Found::PrivateKey),
            (&["token", "--store-url", "redis://bot:s3cret@10.0.0.1:6379/0"], Found::Password),
            (&["token", "--store-url=rediss://:s3cret@h"], Found::Password),
            (&["serve", "--store-url", "redis://bot:a/b@h"], Found::Password),
            (&["verify", "--", "eyJhbGciOiJIUzI1NiJ9.UnQ_o-GP0VtnwDjbK0C8E_NvK"], Found::Token),
            (&["exec", "--no-revoke", "--channel-secret", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"], Found::ChannelSecret),
        ] {
            let list = list(arguments);
            assert_eq!(list.secret.map(|(_, secret)| secret), Some(secret), "{arguments:?}");
            let said = format!("{:?}", list.check().unwrap_err());
            let last = arguments[arguments.len() - 1];
            let value = last.rsplit("123=").next().unwrap().trim_start_matches("--channel-secret=");
            assert!(!said.contains(value), "{said}");
        }
    }

    #[test]
    fn the_flags_of_exec_without_a_value_are_known() {
        let command = crate::cli::command();
        let exec = command.find_subcommand("exec").unwrap();
        for flag in exec.get_arguments().chain(command.get_arguments()) {
            let names = flag.get_long_and_visible_aliases().unwrap_or_default();
            for name in names.iter().map(|name| format!("--{name}")) {
                assert_eq!(super::takes_value(&name), flag.get_action().takes_values(), "{name}");
            }
        }
    }

    #[test]
    fn paths_ids_and_a_command_of_exec_are_no_secrets() {
        for arguments in [
            &["jwk", "/run/secrets/0f1e2d3c4b5a69788796a5b4c3d2e1f0"][..],
            &["jwk", "./0f1e2d3c4b5a69788796a5b4c3d2e1f0"],
            &["verify", "@eyJhbGciOiJIUzI1NiJ9.token"],
            &["sign", "--assertion-kid", "6b2f34a4-9a0b-4d0e-8f0e-5b5f6f0c2d11"],
            &["sign", "--channel-id=1234567890"],
            &["token", "--store-url", "rediss://bot@redis.example:6379/0"],
            &["token", "--store-url=redis://[::1]:6379"],
            &["serve", "--listen", "unix:/run/user/1000/line.sock"],
            &["exec", "--", "curl", "-H", "X: 0f1e2d3c4b5a69788796a5b4c3d2e1f0"],
            &["exec", "env", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"],
        ] {
            assert!(list(arguments).check().is_ok(), "{arguments:?}");
        }
    }
}
