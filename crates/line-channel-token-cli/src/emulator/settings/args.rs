//! The flags of `emulator`, and the variables of the same names.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use super::leniency::LeniencyArgs;

/// What the emulator is started with. Secrets come from files or variables, never from here.
#[derive(Args, Debug)]
pub(crate) struct SettingsArgs {
    /// A TOML or JSON file with any of these settings; flags and variables are preferred to it
    #[arg(long, value_name = "FILE", env = "LINE_EMULATOR_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// The address to listen on [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS", env = "LINE_EMULATOR_HOST", hide_env_values = true, value_parser = parse_host)]
    pub(crate) host: Option<IpAddr>,
    /// The port to listen on; 0 takes a free one [default: 8787]
    #[arg(long, env = "LINE_EMULATOR_PORT", hide_env_values = true)]
    pub(crate) port: Option<u16>,
    /// Writes the port to this file as soon as connections are accepted; it is removed at the end
    #[arg(long, value_name = "FILE", env = "LINE_EMULATOR_PORT_FILE", hide_env_values = true)]
    pub(crate) port_file: Option<PathBuf>,
    /// Allows an address that other machines reach: everybody there can then get tokens, over plain HTTP
    #[arg(
        long, env = "LINE_EMULATOR_ALLOW_BEYOND_LOOPBACK", hide_env_values = true, value_name = "BOOL",
        num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new(),
    )]
    pub(crate) allow_beyond_loopback: Option<bool>,
    /// A host name, beside those of loopback, under which the control API and the page may be called; repeatable
    #[arg(
        long = "allow-host",
        value_name = "NAME",
        env = "LINE_EMULATOR_ALLOW_HOST",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub(crate) allowed_hosts: Vec<String>,
    /// A file with the token that the control API asks for (or LINE_EMULATOR_CONTROL_TOKEN, with the token itself)
    #[arg(long, value_name = "FILE", env = "LINE_EMULATOR_CONTROL_TOKEN_FILE", hide_env_values = true)]
    pub(crate) control_token_file: Option<PathBuf>,
    /// Serves no page at `/`
    #[arg(
        long, env = "LINE_EMULATOR_NO_PAGE", hide_env_values = true, value_name = "BOOL",
        num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new(),
    )]
    pub(crate) no_page: Option<bool>,
    /// A channel; its secret, and a key if no secret is given, are generated; repeatable
    #[arg(
        long = "channel",
        value_name = "ID",
        env = "LINE_EMULATOR_CHANNEL",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub(crate) channels: Vec<String>,
    /// The file with a channel's secret (or LINE_EMULATOR_SECRET_<ID>, with the secret itself); repeatable
    #[arg(long = "secret", value_name = "ID=@FILE")]
    pub(crate) secrets: Vec<String>,
    /// The file with a channel's key, registered under this kid: a public key or JWK, or a private key whose public part
    /// is taken; repeatable
    #[arg(long = "key", value_name = "ID=KID=@FILE")]
    pub(crate) keys: Vec<String>,
    /// The scope of a channel's tokens; repeatable [default: P CM]
    #[arg(long = "scope", value_name = "ID=SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// Writes the generated private key of the first channel to this file (mode 0600), instead of to standard error
    #[arg(long, value_name = "FILE", env = "LINE_EMULATOR_KEY_OUT", hide_env_values = true)]
    pub(crate) key_out: Option<PathBuf>,
    /// Writes the variables that a client of the first channel needs to this file (mode 0600), one NAME=value a line
    #[arg(long, value_name = "FILE", env = "LINE_EMULATOR_ENV_OUT", hide_env_values = true)]
    pub(crate) env_out: Option<PathBuf>,
    /// How many short-lived tokens of a channel are valid before the oldest is revoked [default: 30]
    #[arg(long, value_name = "N", env = "LINE_EMULATOR_MAX_SHORT_LIVED_TOKENS", hide_env_values = true)]
    pub(crate) max_short_lived_tokens: Option<usize>,
    /// `off`, or some of `issue=N,others=N,burst=N,retry-after`, in requests a second [default: issue=370,others=2000]
    #[arg(long, value_name = "LIMITS", env = "LINE_EMULATOR_RATE_LIMIT", hide_env_values = true)]
    pub(crate) rate_limit: Option<String>,
    /// An accepted `aud` of assertions; repeatable [default: https://api.line.me/]
    #[arg(
        long = "audience",
        value_name = "AUD",
        env = "LINE_EMULATOR_AUDIENCE",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub(crate) audiences: Vec<String>,
    /// Accepts keys for ES256, which LINE refuses
    #[arg(
        long, env = "LINE_EMULATOR_ACCEPT_ES256", hide_env_values = true, value_name = "BOOL",
        num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new(),
    )]
    pub(crate) accept_es256: Option<bool>,
    /// What time it is at the start: Unix seconds, or `2026-01-31T12:00:00Z` [default: the machine's time]
    #[arg(long, value_name = "TIME", env = "LINE_EMULATOR_TIME", hide_env_values = true)]
    pub(crate) time: Option<String>,
    /// How far time is ahead at the start: seconds, or a number with s, m, h or d
    #[arg(long, value_name = "DURATION", env = "LINE_EMULATOR_ADVANCE", hide_env_values = true)]
    pub(crate) advance: Option<String>,
    #[command(flatten)]
    pub(crate) leniency: LeniencyArgs,
}

fn parse_host(text: &str) -> Result<IpAddr, String> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    let literal = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    literal.parse().map_err(|_| "give an IP address, such as 127.0.0.1 or ::1, or `localhost`".to_owned())
}
