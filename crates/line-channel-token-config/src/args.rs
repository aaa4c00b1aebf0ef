//! The feature `clap`: settings from a command line, and secrets from elsewhere.

use std::ffi::OsString;
use std::fmt;

use clap::parser::ValueSource;
use clap::{Arg, ArgGroup, ArgMatches, Args, Command, FromArgMatches, Id};

use line_channel_token_core::{BaseUrl, ChannelId, TokenLifetime};

use crate::config::ChannelConfig;
use crate::environment::with_hints;
use crate::error::ConfigError;
use crate::labels::{Labels, PREFIX, has_flag};
use crate::parse::{Parsed, Raw, parse};
use crate::setting::{Setting, SettingSet};
use line_channel_token_cache::TokenFamily;

/// The settings of a channel on a command line that clap parses: `#[command(flatten)]` adds them to a program's own.
///
/// | flag | variable |
/// |---|---|
/// | `--channel-id` | `LINE_CHANNEL_ID` |
/// | | `LINE_CHANNEL_SECRET` |
/// | `--channel-secret-file` | `LINE_CHANNEL_SECRET_FILE` |
/// | | `LINE_ASSERTION_KEY` |
/// | `--assertion-key-file` | `LINE_ASSERTION_KEY_FILE` |
/// | `--assertion-kid`, `--assertion-kid-file` | `LINE_ASSERTION_KID`, `LINE_ASSERTION_KID_FILE` |
/// | `--token-family`, `--token-lifetime` | `LINE_TOKEN_FAMILY`, `LINE_TOKEN_LIFETIME` |
/// | `--api-base-url` | `LINE_API_BASE_URL` |
/// | `--revoke-previous-after`, `--issue-budget` | `LINE_REVOKE_PREVIOUS_AFTER`, `LINE_ISSUE_BUDGET` |
///
/// A flag is stronger than its variable, and `--channel-secret-file` is stronger than `LINE_CHANNEL_SECRET` too. There is no flag for a
/// secret or a key itself: every process of the machine can read a command line. `--help` shows the names of variables, and never their
/// values. clap checks nothing, so that [`into_config`](Self::into_config) says everything that is wrong at once.
///
/// An `Option<ChannelArgs>` is `None` if neither a flag nor the variable of one is there.
///
/// ```
/// use clap::Parser;
/// use line_channel_token_config::{ChannelArgs, ConfigError};
///
/// #[derive(Parser)]
/// struct Cli {
///     #[command(flatten)]
///     channel: ChannelArgs,
///     /// Whom to send to.
///     #[arg(long)]
///     to: Option<String>,
/// }
///
/// let cli = Cli::parse_from(["bot", "--channel-id", "U0", "--token-family", "jwt", "--to", "me"]);
/// let error: ConfigError = cli.channel.into_config().unwrap_err();
/// let subjects: Vec<&str> = error.problems().map(|problem| problem.subject()).collect();
/// assert_eq!(subjects, ["--channel-id", "LINE_ASSERTION_KEY"]);
/// ```
#[derive(Clone)]
pub struct ChannelArgs {
    values: Vec<(Setting, OsString)>,
    /// Those that came from the command line, and not from the environment.
    flags: SettingSet,
}

impl ChannelArgs {
    /// The configuration, with the secret and the key from the environment if their files are not given.
    ///
    /// # Errors
    ///
    /// As [`ChannelConfig::from_env`]; the names are those of flags if a value was given by one.
    pub fn into_config(self) -> Result<ChannelConfig, ConfigError> {
        self.into_config_of(|variable| std::env::var_os(variable))
    }

    /// The configuration for one token, in a command that issues it and ends: of this family, or of the configured one with `None`.
    ///
    /// Variables are often those of a service, which issues tokens of another family. So a variable that means nothing here is as if it were
    /// not set: the lifetime if the family has none to choose, the key if the secret alone counts, and what a cache does with
    /// its tokens in any case. A flag that means nothing is an error all the same.
    ///
    /// ```
    /// use clap::Parser;
    /// use line_channel_token_config::{ChannelArgs, TokenFamily};
    ///
    /// #[derive(Parser)]
    /// struct Cli {
    ///     #[command(flatten)]
    ///     channel: ChannelArgs,
    /// }
    ///
    /// let cli = Cli::parse_from(["revoke", "--channel-id", "1234567890", "--token-family", "jwt"]);
    /// let error = cli.channel.into_config_for_one_token(Some(TokenFamily::ShortLived)).unwrap_err();
    /// assert!(error.to_string().contains("LINE_CHANNEL_SECRET: missing, and short-lived tokens are issued for it"));
    /// ```
    ///
    /// # Errors
    ///
    /// As [`into_config`](Self::into_config).
    pub fn into_config_for_one_token(mut self, family: Option<TokenFamily>) -> Result<ChannelConfig, ConfigError> {
        if let Some(family) = family {
            self.values.retain(|(setting, _)| *setting != Setting::TokenFamily);
            self.values.push((Setting::TokenFamily, family.as_str().into()));
        }
        let means_nothing: &[Setting] = match self.family() {
            Some(TokenFamily::Stateless) => &[Setting::TokenLifetime],
            Some(TokenFamily::ShortLived) => &[
                Setting::TokenLifetime,
                Setting::AssertionKey,
                Setting::AssertionKeyFile,
                Setting::AssertionKid,
                Setting::AssertionKidFile,
            ],
            // Of a family that is no name, everything may be meant.
            Some(TokenFamily::Jwt) | None => &[],
        };
        let always = [Setting::RevokePreviousAfter, Setting::IssueBudget];
        let means_nothing = |setting: Setting| always.contains(&setting) || means_nothing.contains(&setting);
        let flags = self.flags;
        self.values.retain(|(setting, _)| flags.contains(*setting) || !means_nothing(*setting));
        let ignored: Vec<String> = Setting::ALL
            .into_iter()
            .filter(|setting| means_nothing(*setting))
            .map(|setting| setting.variable(PREFIX))
            .collect();
        self.into_config_of(
            |variable| {
                if ignored.iter().any(|name| name == variable) { None } else { std::env::var_os(variable) }
            },
        )
    }

    /// The family that is asked for, or the default one; `None` if what stands there is none.
    fn family(&self) -> Option<TokenFamily> {
        match self.values.iter().find(|(setting, _)| *setting == Setting::TokenFamily) {
            Some((_, value)) => value.to_str()?.parse().ok(),
            None => Some(TokenFamily::default()),
        }
    }

    /// The server alone, for a call that needs neither a channel nor a credential: LINE unless another one is given.
    ///
    /// ```
    /// use clap::Parser;
    /// use line_channel_token_config::ChannelArgs;
    ///
    /// #[derive(Parser)]
    /// struct Cli {
    ///     #[command(flatten)]
    ///     channel: ChannelArgs,
    /// }
    ///
    /// let cli = Cli::parse_from(["verify", "--api-base-url", "http://127.0.0.1:8787"]);
    /// assert_eq!(cli.channel.api_base_url()?.to_string(), "http://127.0.0.1:8787");
    /// # Ok::<(), line_channel_token_config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What is given is no base URL.
    pub fn api_base_url(&self) -> Result<BaseUrl, ConfigError> {
        Ok(self.parse_alone(Setting::ApiBaseUrl)?.settings.base_url.unwrap_or_else(BaseUrl::line))
    }

    /// The channel id alone, for what needs no credential, such as finding a token that is there already. No file is read, and no key parsed.
    ///
    /// ```
    /// use clap::Parser;
    /// use line_channel_token_config::ChannelArgs;
    ///
    /// #[derive(Parser)]
    /// struct Cli {
    ///     #[command(flatten)]
    ///     channel: ChannelArgs,
    /// }
    ///
    /// let cli = Cli::parse_from(["token", "--channel-id", "1234567890", "--assertion-key-file", "/no/such/file"]);
    /// assert_eq!(cli.channel.channel_id()?.as_str(), "1234567890");
    /// # Ok::<(), line_channel_token_config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// It is missing, or no channel id.
    pub fn channel_id(&self) -> Result<ChannelId, ConfigError> {
        let parsed = self.parse_alone(Setting::ChannelId)?;
        // Cannot fail: one that is missing is an error already.
        parsed.channel_id.ok_or_else(|| ConfigError::in_order(parsed.problems))
    }

    /// The family of tokens alone, in the same way: the default one unless another is given.
    ///
    /// ```
    /// use clap::Parser;
    /// use line_channel_token_config::{ChannelArgs, TokenFamily};
    ///
    /// #[derive(Parser)]
    /// struct Cli {
    ///     #[command(flatten)]
    ///     channel: ChannelArgs,
    /// }
    ///
    /// let cli = Cli::parse_from(["token", "--token-family", "jwt"]);
    /// assert_eq!(cli.channel.token_family()?, TokenFamily::Jwt);
    /// # Ok::<(), line_channel_token_config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What is given is no family.
    pub fn token_family(&self) -> Result<TokenFamily, ConfigError> {
        Ok(self.parse_alone(Setting::TokenFamily)?.settings.family())
    }

    /// The lifetime of v2.1 tokens alone, in the same way: 30 days unless another is given.
    ///
    /// ```
    /// use clap::Parser;
    /// use line_channel_token_config::ChannelArgs;
    ///
    /// #[derive(Parser)]
    /// struct Cli {
    ///     #[command(flatten)]
    ///     channel: ChannelArgs,
    /// }
    ///
    /// let cli = Cli::parse_from(["token", "--token-lifetime", "12h"]);
    /// assert_eq!(cli.channel.token_lifetime()?.as_secs(), 43_200);
    /// # Ok::<(), line_channel_token_config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What is given is no lifetime.
    pub fn token_lifetime(&self) -> Result<TokenLifetime, ConfigError> {
        Ok(self.parse_alone(Setting::TokenLifetime)?.settings.lifetime())
    }

    /// Parses what is given of one setting, and says what is wrong with that one.
    fn parse_alone(&self, alone: Setting) -> Result<Parsed, ConfigError> {
        let given = self.values.iter().filter(|(setting, _)| *setting == alone);
        let values = given.map(|(setting, value)| (*setting, Raw::Os(value.clone()))).collect();
        let mut parsed = parse(values, Labels::Arguments(self.flags));
        parsed.problems.retain(|problem| problem.setting() == Some(alone));
        ConfigError::unless_none(std::mem::take(&mut parsed.problems))?;
        Ok(parsed)
    }

    fn into_config_of(self, variable: impl Fn(&str) -> Option<OsString>) -> Result<ChannelConfig, ConfigError> {
        self.into_config_with(variable).map_err(|error| {
            let is_other = |name: &String| Setting::ALL.iter().all(|setting| setting.variable(PREFIX) != *name);
            let others: Vec<String> =
                std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).filter(is_other).collect();
            with_hints(error, PREFIX, &others)
        })
    }

    fn into_config_with(self, variable: impl Fn(&str) -> Option<OsString>) -> Result<ChannelConfig, ConfigError> {
        let Self { values, flags } = self;
        let overridden = |setting: Setting| {
            setting.other_form().is_some_and(|other| flags.contains(other) && !flags.contains(setting))
        };
        let secrets = Setting::ALL.into_iter().filter(|setting| !has_flag(*setting));
        let secrets = secrets.filter_map(|setting| Some((setting, variable(&setting.variable(PREFIX))?)));
        let values = values.into_iter().chain(secrets).filter(|(setting, _)| !overridden(*setting));
        let values = values.map(|(setting, value)| (setting, Raw::Os(value))).collect();
        ChannelConfig::from_raw(values, Labels::Arguments(flags), true)
    }

    fn add_to(command: Command, is_update: bool) -> Command {
        let settings = || Setting::ALL.into_iter().filter(|setting| has_flag(*setting));
        let group = ArgGroup::new(GROUP).multiple(true).args(settings().map(id));
        command.group(group).args(settings().map(|setting| {
            let arg = Arg::new(id(setting))
                .long(setting.name().replace('_', "-"))
                .value_name(value_name(setting))
                .help(help(setting))
                .help_heading("LINE channel")
                // Any text: what is wrong with it is said without showing it.
                .value_parser(clap::value_parser!(OsString));
            if is_update { arg } else { arg.env(setting.variable(PREFIX)).hide_env_values(true) }
        }))
    }
}

/// The arguments together, so that they may be optional.
const GROUP: &str = "line_channel_args";

impl Args for ChannelArgs {
    fn group_id() -> Option<Id> {
        Some(Id::from(GROUP))
    }

    fn augment_args(command: Command) -> Command {
        Self::add_to(command, false)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::add_to(command, true)
    }
}

impl FromArgMatches for ChannelArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut args = Self { values: Vec::new(), flags: SettingSet::default() };
        args.update_from_arg_matches(matches)?;
        Ok(args)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for setting in Setting::ALL.into_iter().filter(|setting| has_flag(*setting)) {
            let Ok(Some(value)) = matches.try_get_one::<OsString>(&id(setting)) else { continue };
            self.values.retain(|(known, _)| *known != setting);
            self.values.push((setting, value.clone()));
            if matches.value_source(&id(setting)) == Some(ValueSource::CommandLine) {
                self.flags.insert(setting);
            } else {
                self.flags.remove(setting);
            }
        }
        Ok(())
    }
}

/// The id of an argument, which must not be that of one of the program's own.
fn id(setting: Setting) -> String {
    format!("line_{}", setting.name())
}

fn value_name(setting: Setting) -> &'static str {
    match setting {
        Setting::ChannelSecretFile | Setting::AssertionKeyFile | Setting::AssertionKidFile => "PATH",
        Setting::ApiBaseUrl => "URL",
        Setting::TokenFamily => "FAMILY",
        Setting::TokenLifetime | Setting::RevokePreviousAfter => "TIME",
        Setting::IssueBudget => "NUMBER",
        _ => "ID",
    }
}

fn help(setting: Setting) -> &'static str {
    match setting {
        Setting::ChannelId => "The channel id, a decimal number",
        Setting::ChannelSecretFile => "The file of the channel secret, which may be in LINE_CHANNEL_SECRET instead",
        Setting::AssertionKeyFile => {
            "The file of the private key of assertions, which may be in LINE_ASSERTION_KEY instead"
        }
        Setting::AssertionKid => "The kid of the assertion key",
        Setting::AssertionKidFile => "The file of the kid of the assertion key",
        Setting::TokenFamily => "stateless (the default), jwt or short-lived",
        Setting::TokenLifetime => "How long v2.1 tokens (jwt) live, such as 30d, the default, or 12h",
        Setting::ApiBaseUrl => "Another server than https://api.line.me",
        Setting::RevokePreviousAfter => "Revoke a token when the next one has been there for so long, such as 10m",
        Setting::IssueBudget => "How many of the channel's 30 tokens this process may hold, 2 to 30",
        // They have no flag.
        Setting::ChannelSecret | Setting::AssertionKey => "",
    }
}

/// The names of what was given, and no value: one may be a secret in the place of a path.
impl fmt::Debug for ChannelArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.values.iter().map(|(setting, _)| setting.name());
        f.debug_set().entries(names).finish()
    }
}
