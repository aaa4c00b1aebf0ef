//! What goes to `tracing`, if the feature is on.

use std::future::Future;

use line_channel_token_core::ChannelId;

use crate::event::Event;
#[cfg(feature = "tracing")]
use crate::event::shown_key_ids;

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
        Event::RefreshFailed { error, retry_in } if has_token() => {
            warn!(target: TARGET, channel_id, %error, retry_in = seconds(retry_in), "channel access token not refreshed");
        }
        Event::RefreshFailed { error, retry_in } => {
            error!(target: TARGET, channel_id, %error, retry_in = seconds(retry_in), "no channel access token");
        }
        Event::ServedStale => debug!(target: TARGET, channel_id, "the old channel access token is served"),
        Event::Invalidated => warn!(target: TARGET, channel_id, "channel access token refused by a server"),
        Event::Revoked { key_id } => {
            info!(target: TARGET, channel_id, key_id = key_id.as_ref().map(ToString::to_string), "channel access token revoked");
        }
        Event::RevocationFailed { error, retry_in } => {
            warn!(target: TARGET, channel_id, %error, retry_in = seconds(retry_in), "channel access token not revoked");
        }
        Event::BudgetExhausted { slots, available_in } => {
            error!(target: TARGET, channel_id, slots, available_in = seconds(available_in), "no further channel access token: budget exhausted");
        }
        Event::TokenLimitReached { listed, unknown } => {
            error!(target: TARGET, channel_id, listed, unknown = shown_key_ids(unknown), "no further channel access token: the channel has 30");
        }
        Event::FallbackSignerUsed { rejected, used } => {
            let kid = |kid: &Option<line_channel_token_core::AssertionKid>| kid.as_ref().map(ToString::to_string);
            warn!(target: TARGET, channel_id, rejected = kid(rejected), used = kid(used), "an assertion key is unknown to LINE");
        }
    }
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn event(_channel: Option<&ChannelId>, _event: &Event, _has_token: impl Fn() -> bool) {}
