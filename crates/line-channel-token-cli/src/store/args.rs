//! The flags of a store, and the variables of the same names.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::choice::StoreKind;

/// The heading of these flags in help texts.
pub(super) const HEADING: &str = "Token store";

/// Which store, as it was given.
#[derive(Args, Clone, Debug)]
#[group(id = "store_settings")]
pub(super) struct Settings {
    /// Where tokens are kept: `file` on this machine, `redis` for a fleet, or `none`, which issues one each time [default: redis with
    /// --store-url, and file otherwise]
    #[arg(long, value_enum, value_name = "STORE", env = "LINE_TOKEN_STORE", hide_env_values = true, help_heading = HEADING)]
    pub(super) store: Option<StoreKind>,
    /// The directory of the file store, which only this user may enter [default: line-channel-token in $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "DIR", env = "LINE_TOKEN_STORE_DIR", hide_env_values = true, help_heading = HEADING)]
    pub(super) store_dir: Option<PathBuf>,
    /// The address of Redis, such as rediss://bot@redis.example:6379/0; its password is in LINE_TOKEN_STORE_PASSWORD or in a file
    #[arg(long, value_name = "URL", env = "LINE_TOKEN_STORE_URL", hide_env_values = true, help_heading = HEADING)]
    pub(super) store_url: Option<String>,
    /// The file of the password of Redis, which may be in LINE_TOKEN_STORE_PASSWORD instead
    #[arg(long, value_name = "FILE", env = "LINE_TOKEN_STORE_PASSWORD_FILE", hide_env_values = true, help_heading = HEADING)]
    pub(super) store_password_file: Option<PathBuf>,
    /// What the names of the keys in Redis begin with [default: line-channel-token]
    #[arg(long, value_name = "TEXT", env = "LINE_TOKEN_STORE_PREFIX", hide_env_values = true, help_heading = HEADING)]
    pub(super) store_prefix: Option<String>,
    /// The root certificates, in PEM, by which the certificate of Redis is trusted; this machine's without them
    #[arg(long, value_name = "FILE", env = "LINE_TOKEN_STORE_CA_FILE", hide_env_values = true, help_heading = HEADING)]
    pub(super) store_ca_file: Option<PathBuf>,
    /// The file of the key that tokens are encrypted with: `ID:` and 32 bytes in base64. What is not encrypted with it is not used then
    #[arg(long, value_name = "FILE", env = "LINE_TOKEN_STORE_KEY_FILE", hide_env_values = true, help_heading = HEADING)]
    pub(super) store_key_file: Option<PathBuf>,
    /// The same of the key before, whose values are still read
    #[arg(long, value_name = "FILE", env = "LINE_TOKEN_STORE_PREVIOUS_KEY_FILE", hide_env_values = true, help_heading = HEADING)]
    pub(super) store_previous_key_file: Option<PathBuf>,
    /// Takes a token over that was stored before there was a key, and encrypts the next one
    #[arg(long, help_heading = HEADING)]
    pub(super) store_accept_unsealed: bool,
}

/// Which store a command uses.
#[derive(Clone, Debug)]
pub(crate) struct StoreArgs {
    pub(super) settings: Settings,
    /// The ids of what was given as a flag: what a variable says of another store does not hinder, and a flag is meant.
    pub(super) flags: Vec<&'static str>,
}

const IDS: [&str; 9] = [
    "store",
    "store_dir",
    "store_url",
    "store_password_file",
    "store_prefix",
    "store_ca_file",
    "store_key_file",
    "store_previous_key_file",
    "store_accept_unsealed",
];

impl Args for StoreArgs {
    fn augment_args(command: Command) -> Command {
        Settings::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Settings::augment_args_for_update(command)
    }
}

impl FromArgMatches for StoreArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let settings = Settings::from_arg_matches(matches)?;
        let flags = IDS.into_iter().filter(|id| matches.value_source(id) == Some(ValueSource::CommandLine)).collect();
        Ok(Self { settings, flags })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
