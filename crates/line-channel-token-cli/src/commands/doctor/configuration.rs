//! The configuration, and what of it can be used although something else is wrong.

use std::fs::File;

use line_channel_token::BaseUrl;
use line_channel_token::configuration::{ChannelArgs, ChannelConfig, ConfigError, TokenFamily};

use super::report::Report;
use crate::failure::Exit;
use crate::path_text;
use crate::private_file::is_open_to_others;

/// What is configured, as far as it is valid.
#[derive(Debug)]
pub(super) struct Configuration {
    pub(super) channel_id: Option<String>,
    pub(super) base_url: Option<BaseUrl>,
    /// The family of tokens that is used, if everything is valid.
    pub(super) family: Option<TokenFamily>,
    /// The channel with its secret, if both are valid.
    pub(super) with_secret: Option<ChannelConfig>,
    /// The channel with its key and kid, if all are valid.
    pub(super) with_key: Option<ChannelConfig>,
}

/// The check of this file.
const CHECK: &str = "configuration";

impl Configuration {
    pub(super) fn check(channel: &ChannelArgs, report: &mut Report) -> Self {
        let whole = channel.clone().into_config();
        match &whole {
            Ok(config) => report.ok(CHECK, described(config)),
            Err(error) if is_nothing(error) => {
                report.problem(CHECK, Exit::Usage, "nothing is configured", START.to_owned());
            }
            Err(error) => {
                for problem in error.problems() {
                    report.problem(CHECK, Exit::Usage, problem.to_string(), None);
                }
            }
        }
        let of = |family| channel.clone().into_config_for_one_token(Some(family)).ok();
        let with_secret = of(TokenFamily::ShortLived);
        let with_key = of(TokenFamily::Jwt);
        let any = whole.as_ref().ok().or(with_secret.as_ref()).or(with_key.as_ref());
        let configuration = Self {
            channel_id: any.map(|config| config.channel_id().to_string()),
            base_url: channel.api_base_url().ok(),
            family: whole.as_ref().ok().map(ChannelConfig::token_family),
            with_secret,
            with_key,
        };
        configuration.check_files(report);
        configuration
    }

    /// Files that others may read.
    fn check_files(&self, report: &mut Report) {
        let secret = self.with_secret.as_ref().and_then(ChannelConfig::channel_secret_file);
        let key = self.with_key.as_ref().and_then(ChannelConfig::assertion_key_file);
        for path in [secret, key].into_iter().flatten() {
            if File::open(path).is_ok_and(|file| is_open_to_others(&file)) {
                let name = path_text::shown(path);
                let message = format!("{name} may be read by other users of this machine");
                report.warning(CHECK, message, format!("chmod 600 {name}"));
            }
        }
    }
}

const START: &str = "set LINE_CHANNEL_ID and LINE_CHANNEL_SECRET: the LINE Developers Console shows both on the channel's \"Basic settings\" tab. \
                     Without a channel, `line-channel-token emulator` prints what to set";

/// Whether neither an id nor a credential is there: then the same is said once.
fn is_nothing(error: &ConfigError) -> bool {
    let is_missing = |message: &str| message.starts_with("missing");
    error.problems().len() == 2 && error.problems().all(|problem| is_missing(problem.message()) && problem.file().is_none())
        // A variable that is almost right is named by the problem itself.
        && error.problems().all(|problem| !problem.message().contains(" set: "))
}

fn described(config: &ChannelConfig) -> String {
    let has_key = config.assertion_key().is_some() || config.assertion_key_file().is_some();
    let has_secret = config.channel_secret().is_some() || config.channel_secret_file().is_some();
    let credentials = match (has_secret, has_key) {
        (true, true) => "a secret and a key",
        (true, false) => "a secret",
        _ => "a key",
    };
    let family = match config.token_family() {
        TokenFamily::Stateless => "stateless tokens",
        TokenFamily::Jwt => "v2.1 tokens (jwt)",
        _ => "short-lived tokens",
    };
    format!("channel {} with {credentials} uses {family} of {}", config.channel_id(), config.api_base_url())
}
