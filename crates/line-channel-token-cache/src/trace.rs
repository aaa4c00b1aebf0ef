//! What goes to `tracing`, if the feature is on.

use std::future::Future;

use line_channel_token_core::ChannelId;
#[cfg(feature = "tracing")]
use tracing::Instrument;

use crate::event::Event;
#[cfg(feature = "tracing")]
use crate::event::shown_key_ids;
use crate::sharing::StoreEvent;

#[cfg(feature = "tracing")]
const TARGET: &str = "line_channel_token_cache";

/// What a refresh follows from.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "nobody reads it then"))]
pub(crate) enum Trigger {
    /// Whatever is under way in the current span: a request that needs a token, or that found an old one.
    CurrentSpan,
    /// Another channel's call has ended, so there is a permit: the current span may be that of the other channel.
    FreePermit,
}

/// The task of a refresh in a span of its own. It is a root: the task serves all who need a token, outlives whoever came first,
/// and a span below theirs would keep theirs open. It follows from theirs instead, which OpenTelemetry shows as a link.
#[cfg(feature = "tracing")]
pub(crate) fn in_refresh_span<F: Future>(
    channel: Option<&ChannelId>,
    trigger: Trigger,
    task: F,
) -> impl Future<Output = F::Output> + use<F> {
    let channel_id = channel.map(ChannelId::as_str);
    let span = tracing::info_span!(target: TARGET, parent: None, "issue_channel_access_token", channel_id);
    if let Trigger::CurrentSpan = trigger {
        span.follows_from(tracing::Span::current());
    }
    task.instrument(span)
}

/// The task that revokes what is due, in a span of its own: a root too, because nobody waits for it.
#[cfg(feature = "tracing")]
pub(crate) fn in_revocation_span<F: Future>(
    channel: Option<&ChannelId>,
    task: F,
) -> impl Future<Output = F::Output> + use<F> {
    let channel_id = channel.map(ChannelId::as_str);
    task.instrument(tracing::info_span!(target: TARGET, parent: None, "revoke_channel_access_tokens", channel_id))
}

/// The wait of one caller, within the caller's own span.
#[cfg(feature = "tracing")]
pub(crate) fn in_wait_span<F: Future>(
    channel: Option<&ChannelId>,
    wait: F,
) -> impl Future<Output = F::Output> + use<F> {
    let channel_id = channel.map(ChannelId::as_str);
    wait.instrument(tracing::debug_span!(target: TARGET, "wait_for_channel_access_token", channel_id))
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn in_refresh_span<F: Future>(_channel: Option<&ChannelId>, _trigger: Trigger, task: F) -> F {
    task
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn in_revocation_span<F: Future>(_channel: Option<&ChannelId>, task: F) -> F {
    task
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn in_wait_span<F: Future>(_channel: Option<&ChannelId>, wait: F) -> F {
    wait
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

/// An event between a shared source and its store.
#[cfg(feature = "tracing")]
pub(crate) fn store_event(channel: Option<&ChannelId>, event: &StoreEvent) {
    use tracing::{info, warn};

    let channel_id = channel.map(ChannelId::as_str);
    match event {
        StoreEvent::Unavailable { error } => {
            warn!(target: TARGET, channel_id, %error, kind = error.kind().as_str(), "token store unavailable");
        }
        StoreEvent::Available => info!(target: TARGET, channel_id, "token store available"),
        StoreEvent::IssuedWithoutStore => {
            warn!(target: TARGET, channel_id, "channel access token issued without the token store");
        }
        StoreEvent::SetAside { error, place } => {
            warn!(target: TARGET, channel_id, %error, place, "value in the token store set aside");
        }
        StoreEvent::LeaseTakenOver { unknown } => {
            warn!(target: TARGET, channel_id, unknown = shown_key_ids(unknown), "lease of a process that does not respond taken over");
        }
    }
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn store_event(_channel: Option<&ChannelId>, _event: &StoreEvent) {}

#[cfg(not(feature = "tracing"))]
pub(crate) fn event(_channel: Option<&ChannelId>, _event: &Event, _has_token: impl Fn() -> bool) {}
