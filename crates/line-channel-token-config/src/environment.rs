//! Settings from the environment.

use std::ffi::OsString;

use crate::config::ChannelConfig;
use crate::error::ConfigError;
use crate::labels::{Labels, PREFIX};
use crate::parse::Raw;
use crate::setting::Setting;
use crate::similar_names::hint;

impl ChannelConfig {
    /// From the environment of the process:
    ///
    /// | variable | |
    /// |---|---|
    /// | `LINE_CHANNEL_ID` | the decimal number of the channel |
    /// | `LINE_CHANNEL_SECRET` or `LINE_CHANNEL_SECRET_FILE` | the channel secret, or the path of a file that holds it |
    /// | `LINE_ASSERTION_KEY` or `LINE_ASSERTION_KEY_FILE` | the private key of assertions, in any format of [`SigningKey::parse`], or a file |
    /// | `LINE_ASSERTION_KID` or `LINE_ASSERTION_KID_FILE` | its kid; a key that is a JWK with `kid` needs none |
    /// | `LINE_TOKEN_FAMILY` | `stateless` (the default), `jwt` or `short-lived`: see [`TokenFamily`](crate::TokenFamily) |
    /// | `LINE_TOKEN_LIFETIME` | of `jwt` alone, up to 30 days, which is the default: `30d`, `12h`, `45m`, `900s`, or seconds (`3600`) |
    /// | `LINE_API_BASE_URL` | `https://api.line.me` by default |
    /// | `LINE_REVOKE_PREVIOUS_AFTER` | a time such as `10m`: see [`with_revoke_previous_after`](Self::with_revoke_previous_after) |
    /// | `LINE_ISSUE_BUDGET` | 2 to 30: see [`with_issue_budget`](Self::with_issue_budget) |
    ///
    /// Stateless tokens are issued for the key if both a secret and a key are there: the key is the stronger one, because it never
    /// leaves this process.
    ///
    /// A variable that is set but empty is an error, because the value that should have filled it in is missing: an empty base URL
    /// must not send a test to LINE. White space and quotes around a value are trimmed, but around a path they are an error.
    ///
    /// ```no_run
    /// use line_channel_token_config::ChannelConfig;
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let config = ChannelConfig::from_env()?;
    ///     println!("channel {} uses {} tokens", config.channel_id(), config.token_family());
    ///     Ok(())
    /// }
    /// ```
    ///
    /// [`SigningKey::parse`]: line_channel_token_assertion::SigningKey::parse
    ///
    /// # Errors
    ///
    /// Everything that is wrong with any of them, and with the files that they name, at once. If one is missing and the name of
    /// another variable is almost its name, the error says so.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_env_with_prefix(PREFIX)
    }

    /// The same with another prefix than `LINE_`, such as `STAGING_LINE_`.
    ///
    /// ```
    /// use line_channel_token_config::ChannelConfig;
    ///
    /// let error = ChannelConfig::from_env_with_prefix("NOT_SET_LINE_").unwrap_err();
    /// assert!(error.to_string().contains("NOT_SET_LINE_CHANNEL_ID: not set"));
    /// ```
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn from_env_with_prefix(prefix: &str) -> Result<Self, ConfigError> {
        Self::from_vars_with_prefix(prefix, std::env::vars_os())
    }

    /// From these variables, which have the names of [`from_env`](Self::from_env), and not from the environment: for tests, and for
    /// what a `.env` file or a secret store holds. Other variables are ignored. Of two with one name the last counts.
    ///
    /// ```
    /// use line_channel_token_config::ChannelConfig;
    ///
    /// let config = ChannelConfig::from_vars([
    ///     ("LINE_CHANNEL_ID", "1234567890"),
    ///     ("LINE_CHANNEL_SECRET", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
    ///     ("LINE_API_BASE_URL", "http://127.0.0.1:8787"),
    /// ])?;
    /// assert_eq!(config.api_base_url().to_string(), "http://127.0.0.1:8787");
    /// # Ok::<(), line_channel_token_config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn from_vars<K, V>(vars: impl IntoIterator<Item = (K, V)>) -> Result<Self, ConfigError>
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        Self::from_vars_with_prefix(PREFIX, vars)
    }

    /// The same with another prefix than `LINE_`: `""` for a map whose keys are `CHANNEL_ID` and so on.
    ///
    /// ```
    /// use line_channel_token_config::ChannelConfig;
    ///
    /// let vars = [("B_CHANNEL_ID", "1234567890"), ("B_CHANNEL_SECRET", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")];
    /// assert_eq!(ChannelConfig::from_vars_with_prefix("B_", vars)?.channel_id().as_str(), "1234567890");
    /// # Ok::<(), line_channel_token_config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn from_vars_with_prefix<K, V>(
        prefix: &str,
        vars: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, ConfigError>
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let mut found: Vec<Option<OsString>> = vec![None; Setting::ALL.len()];
        let mut others = Vec::new();
        for (name, value) in vars {
            let Ok(name) = name.into().into_string() else { continue };
            let at = Setting::ALL.iter().position(|setting| is_name(&setting.variable(prefix), &name));
            match at.and_then(|at| found.get_mut(at)) {
                Some(slot) => *slot = Some(value.into()),
                None => others.push(name),
            }
        }
        let values = Setting::ALL.into_iter().zip(found);
        let values = values.filter_map(|(setting, value)| Some((setting, Raw::Os(value?)))).collect();
        Self::from_raw(values, Labels::Variables(prefix.into()), true)
            .map_err(|error| with_hints(error, prefix, &others))
    }
}

/// The error, which mentions variables that have almost the name of one that is missing.
pub(crate) fn with_hints(mut error: ConfigError, prefix: &str, others: &[String]) -> ConfigError {
    for problem in error.problems_mut() {
        if let Some(hint) = problem.missing().and_then(|setting| hint(setting, prefix, others)) {
            problem.add(&hint);
        }
    }
    error
}

/// Windows knows no case of names.
fn is_name(expected: &str, name: &str) -> bool {
    if cfg!(windows) { expected.eq_ignore_ascii_case(name) } else { expected == name }
}
