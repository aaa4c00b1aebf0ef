//! Variables that have almost the name of one that counts, and mean nothing.

use std::collections::BTreeSet;

use clap::Args as _;
use line_channel_token::configuration::ChannelArgs;

use super::report::Report;
use crate::similar;
use crate::store::{OutageArgs, StoreArgs};
use crate::token_server::ServerArgs;

/// The check of this file.
const CHECK: &str = "configuration";
/// What has no flag, and what others read.
const WITHOUT_FLAG: [&str; 6] = [
    "LINE_CHANNEL_SECRET",
    "LINE_ASSERTION_KEY",
    "LINE_CHANNEL_ACCESS_TOKEN",
    "LINE_TOKEN_STORE_PASSWORD",
    "LINE_SERVE_TOKEN",
    "LINE_SERVE_CHANNELS",
];

/// A setting that is optional is not missed: with `LINE_TOKEN_FAMLY` another family is used, and nobody is told.
pub(super) fn check(report: &mut Report) {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    for (name, meant) in misspelt(&names) {
        if !report.mentions(&name) {
            let message = format!("the variable {name} is set, and means nothing");
            report.warning(CHECK, message, format!("is it {meant} that was meant?"));
        }
    }
}

/// Each name that is almost a known one which is not set itself, with that.
fn misspelt(names: &BTreeSet<String>) -> Vec<(String, String)> {
    let settings = ChannelArgs::augment_args(clap::Command::new(""));
    let settings = ServerArgs::augment_args(OutageArgs::augment_args(StoreArgs::augment_args(settings)));
    let variables = settings.get_arguments().filter_map(|arg| arg.get_env()?.to_str());
    let known: BTreeSet<&str> = variables.chain(WITHOUT_FLAG).collect();
    let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let others =
        names.iter().filter(|name| name.starts_with("LINE") && is_plain(name) && !known.contains(name.as_str()));
    others
        .filter_map(|name| Some((name.clone(), similar::nearest(name, known.iter().copied())?.to_owned())))
        .filter(|(_, meant)| !names.contains(meant))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::misspelt;

    #[test]
    fn a_name_that_is_almost_a_known_one_is_found() {
        let found = |names: &[&str]| {
            let found = misspelt(&names.iter().map(|name| (*name).to_owned()).collect());
            found.into_iter().map(|(name, meant)| format!("{name} {meant}")).collect::<Vec<_>>()
        };
        for (name, meant) in [
            ("LINE_TOKEN_FAMLY", "LINE_TOKEN_FAMILY"),
            ("LINE_API_BASEURL", "LINE_API_BASE_URL"),
            ("LINE_ASSERTION_KEYFILE", "LINE_ASSERTION_KEY_FILE"),
            ("LINE_TOKEN_LIFE_TIME", "LINE_TOKEN_LIFETIME"),
            ("LINE_TOKEN_STORE_URLS", "LINE_TOKEN_STORE_URL"),
            ("LINE_SERVE_LISTENS", "LINE_SERVE_LISTEN"),
        ] {
            assert_eq!(found(&[name]), [format!("{name} {meant}")]);
            assert!(found(&[name, meant]).is_empty(), "{meant} is set too");
        }
        for other in
            ["LINES", "LINE_EMULATOR_PORT", "LINE_USER_ID", "LINE_LOGIN_REDIRECT_URI", "LINE_CHANNEL_ACCESS_TOKEN"]
        {
            assert!(found(&[other]).is_empty(), "{other}");
        }
    }
}
