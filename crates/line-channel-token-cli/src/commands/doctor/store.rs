//! Whether the store of tokens can be used: the rights of a directory, or Redis and its password; and the key of what is encrypted there.

use std::time::Duration;

use line_channel_token::configuration::TokenFamily;
use line_channel_token::store::{StoreErrorKind, StoreKey, TokenStore as _};
use line_channel_token::{BaseUrl, ChannelId};
use tokio::time::timeout;

use super::configuration::Configuration;
use super::report::Report;
use crate::failure::{Exit, Failure};
use crate::store::{StoreArgs, StoreKind, store_error, store_failure};

/// The check of this file.
const CHECK: &str = "store";

/// Reads what is kept for the channel, and writes nothing.
pub(super) async fn check(store: StoreArgs, configuration: &Configuration, limit: Duration, report: &mut Report) {
    let opened = store.choose().and_then(|choice| Ok((choice.kind(), choice.name(), choice.open_to_read()?)));
    let (kind, name, store) = match opened {
        Ok((kind, name, Some(store))) => (kind, name, store),
        Ok((.., None)) => return report.skipped(CHECK, "none is used (--store none)"),
        Err(failure) => return problem(&failure, report),
    };
    let Some(key) = key(configuration) else { return report.skipped(CHECK, "the channel is not valid") };
    match timeout(limit, store.load(&key)).await {
        Ok(Ok(found)) if found.entry.is_some() => report.ok(CHECK, format!("{name} keeps a token of this channel")),
        Ok(Ok(_)) => report.ok(CHECK, format!("{name} can be used, and keeps no token of this channel and family yet")),
        Ok(Err(error)) if error.kind() == StoreErrorKind::Unreadable => report.warning(
            CHECK,
            format!("{name}: {}", store_error(&error)),
            "the next `line-channel-token token` moves it out of the way and issues a token; nothing has to be done",
        ),
        Ok(Err(error)) => problem(&store_failure(&error), report),
        Err(_) if kind == StoreKind::Redis => {
            problem(&Failure::new(Exit::TryLater, "store_unavailable", format!("{name} does not respond")), report);
        }
        Err(_) => {
            problem(&Failure::new(Exit::TryLater, "store_unavailable", format!("{name} is not read in time")), report)
        }
    }
}

/// What the channel's tokens are kept under. Without a valid channel it is enough to see whether the store responds.
fn key(configuration: &Configuration) -> Option<StoreKey> {
    let channel = configuration.channel_id.as_deref().unwrap_or("0");
    let family = configuration.family.unwrap_or(TokenFamily::Stateless);
    let server = configuration.base_url.clone().unwrap_or_else(BaseUrl::line);
    Some(StoreKey::new(ChannelId::new(channel).ok()?, family, &server))
}

fn problem(failure: &Failure, report: &mut Report) {
    report.problem(CHECK, failure.exit(), failure.message().to_owned(), failure.hint().map(str::to_owned));
}
