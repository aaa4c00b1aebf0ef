//! What a cache reports.

use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::{AssertionKid, ChannelId, Error, TokenKeyId};

use crate::names::display_as_str;

/// What is called for each event, with the channel if it is known.
pub(crate) type Hook = Arc<dyn Fn(Option<&ChannelId>, &Event) + Send + Sync>;

/// Something that happened in a cache. Connect it to a metrics library or a log; it shows no secret, though what a
/// server wrote can be read from an [`Error`] on purpose.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use line_channel_token_cache::{Event, StaticSource, TokenCache};
/// # use line_channel_token_core::AccessToken;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), line_channel_token_core::Error> {
/// let counted = Arc::new(Mutex::new(Vec::new()));
/// let counter = counted.clone();
/// let tokens = TokenCache::builder(StaticSource::new(AccessToken::new("long-lived")?))
///     .on_event(move |event| {
///         if let Event::RefreshFailed { error, retry_in } = event {
///             eprintln!("{error}; retried in {retry_in:?}");
///         }
///         counter.lock().unwrap().push(event.as_str()); // the label of a counter
///     })
///     .build();
/// tokens.token().await?;
/// assert_eq!(*counted.lock().unwrap(), ["issued"]);
/// # Ok(())
/// # }
/// ```
///
/// With the feature `serde` it serializes to its name as `event`, and its fields. Durations are seconds with a fraction, and their
/// names say so: `expires_in_secs`, `retry_in_secs`, `available_in_secs`; `null` stands for `None` and `Duration::MAX`. An error is
/// a map of its `kind`, `message`, `operation` and whatever else is known of it. Key ids and kids are as `Display` shows them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The first token, or the first one after an expiry or an invalidation, has come.
    Issued {
        /// Its whole lifetime; `None` if it does not expire.
        expires_in: Option<Duration>,
    },
    /// A token was replaced while it was still valid.
    Refreshed {
        /// The whole lifetime of the new one; `None` if it does not expire.
        expires_in: Option<Duration>,
    },
    /// The source failed.
    RefreshFailed {
        /// Why.
        error: Error,
        /// The delay until it is asked again.
        retry_in: Duration,
    },
    /// A caller who should have got a new token got the old one, which is still valid, because the source failed or took
    /// too long.
    ServedStale,
    /// The current token was dropped because a server refused it.
    Invalidated,
    /// A token that is no longer needed was revoked.
    Revoked {
        /// The key id of a v2.1 token.
        key_id: Option<TokenKeyId>,
    },
    /// A token could not be revoked yet.
    RevocationFailed {
        /// Why.
        error: Error,
        /// The delay until it is retried; `Duration::MAX` if it is left to expire.
        retry_in: Duration,
    },
    /// No token was asked for, because the budget is used up. It is reported once for each time that this happens: again only
    /// after a token was issued.
    BudgetExhausted {
        /// How many slots the budget has.
        slots: usize,
        /// The delay until a slot is available; `Duration::MAX` if that is not known.
        available_in: Duration,
    },
    /// LINE refused a token because the channel has 30 already; and which of them this cache does not know: tokens of other
    /// processes, of earlier runs, and those whose response was lost. It is reported once, until a token is issued; if the tokens
    /// cannot be listed, only [`RefreshFailed`](Self::RefreshFailed) is.
    TokenLimitReached {
        /// How many tokens LINE lists.
        listed: usize,
        /// The key ids that this cache does not know.
        unknown: Vec<TokenKeyId>,
    },
    /// LINE did not know the key of one signer, and that of the other was used. Retire the former.
    FallbackSignerUsed {
        /// The kid that LINE does not know, if the signer knows it.
        rejected: Option<AssertionKid>,
        /// The kid of the key that was used, if the signer knows it.
        used: Option<AssertionKid>,
    },
}

impl Event {
    /// Its name in snake_case, such as `refreshed` or `refresh_failed`, for the label of a metric; also what `Display` writes.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Issued { .. } => "issued",
            Self::Refreshed { .. } => "refreshed",
            Self::RefreshFailed { .. } => "refresh_failed",
            Self::ServedStale => "served_stale",
            Self::Invalidated => "invalidated",
            Self::Revoked { .. } => "revoked",
            Self::RevocationFailed { .. } => "revocation_failed",
            Self::BudgetExhausted { .. } => "budget_exhausted",
            Self::TokenLimitReached { .. } => "token_limit_reached",
            Self::FallbackSignerUsed { .. } => "fallback_signer_used",
        }
    }
}

display_as_str!(Event);

/// Key ids for a message or a log: a server chose them, so as `Display` shows them, and no more than a channel has.
pub(crate) fn shown_key_ids(key_ids: &[TokenKeyId]) -> String {
    let shown: Vec<String> = key_ids.iter().take(30).map(ToString::to_string).collect();
    match key_ids.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
