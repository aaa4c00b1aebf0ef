//! What goes to `tracing`, where the feature is on.

use std::future::Future;

use line_channel_token_core::ChannelId;

use crate::Event;

#[cfg(feature = "tracing")]
const TARGET: &str = "line_channel_token_cache";

#[cfg(feature = "tracing")]
pub(crate) fn in_span<F: Future>(channel: Option<&ChannelId>, call: F) -> impl Future<Output = F::Output> + use<F> {
    use tracing::Instrument;

    call.instrument(
        tracing::info_span!(target: TARGET, "issue_channel_access_token", channel_id = channel.map(ChannelId::as_str)),
    )
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn in_span<F: Future>(_channel: Option<&ChannelId>, call: F) -> impl Future<Output = F::Output> + use<F> {
    call
}

/// An event at the level of what it means for the service: without a token, requests fail.
#[cfg(feature = "tracing")]
pub(crate) fn event(channel: Option<&ChannelId>, event: &Event, has_token: impl Fn() -> bool) {
    use tracing::{debug, error, info, warn};

    let channel_id = channel.map(ChannelId::as_str);
    let seconds = |time: &std::time::Duration| time.as_secs_f64();
    match event {
        Event::Issued { expires_in } => {
            info!(target: TARGET, channel_id, expires_in = expires_in.as_ref().map(seconds), "channel access token issued");
        }
        Event::Refreshed { expires_in } => {
            info!(target: TARGET, channel_id, expires_in = expires_in.as_ref().map(seconds), "channel access token refreshed");
        }
        Event::RefreshFailed { error, next_try_in } if has_token() => {
            warn!(target: TARGET, channel_id, %error, next_try_in = seconds(next_try_in), "channel access token not refreshed");
        }
        Event::RefreshFailed { error, next_try_in } => {
            error!(target: TARGET, channel_id, %error, next_try_in = seconds(next_try_in), "no channel access token");
        }
        Event::ServedStale => debug!(target: TARGET, channel_id, "the old channel access token is served"),
        Event::Invalidated => warn!(target: TARGET, channel_id, "channel access token refused by a server"),
        Event::Revoked { key_id } => {
            info!(target: TARGET, channel_id, key_id = key_id.as_ref().map(|id| id.as_str()), "channel access token revoked");
        }
        Event::RevocationFailed { error, next_try_in } => {
            warn!(target: TARGET, channel_id, %error, next_try_in = seconds(next_try_in), "channel access token not revoked");
        }
        Event::BudgetReached { places, free_in } => {
            error!(target: TARGET, channel_id, places, free_in = seconds(free_in), "no further channel access token: budget reached");
        }
        Event::OtherSignerUsed { refused, used } => {
            let kid = |kid: &Option<line_channel_token_core::AssertionKid>| kid.as_ref().map(ToString::to_string);
            warn!(target: TARGET, channel_id, refused = kid(refused), used = kid(used), "an assertion key is unknown to LINE");
        }
    }
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn event(_channel: Option<&ChannelId>, _event: &Event, _has_token: impl Fn() -> bool) {}
