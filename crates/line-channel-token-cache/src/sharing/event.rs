//! What a shared source reports of its store.

use line_channel_token_core::TokenKeyId;

use crate::names::display_as_str;
use crate::store::StoreError;

/// Something that happened between a [`SharedSource`](crate::SharedSource) and its store. It shows no secret.
///
/// ```
/// use line_channel_token_cache::StoreEvent;
///
/// assert_eq!(StoreEvent::Available.as_str(), "available");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StoreEvent {
    /// The store has stopped doing what it is asked. It is reported once, until the store is available again or fails otherwise.
    Unavailable {
        /// Why.
        error: StoreError,
    },
    /// The store does what it is asked again.
    Available,
    /// A token was issued without the store, because it is unavailable and this process held no valid token.
    IssuedWithoutStore,
    /// What the store held was damaged or foreign, and was moved out of the way.
    SetAside {
        /// What is wrong with it.
        error: StoreError,
        /// Where it is now, if a person can look at it.
        place: Option<String>,
    },
    /// A process that was about to issue a token has not responded until its lease was over: it may have issued one, which uses a slot until
    /// it expires.
    LeaseTakenOver {
        /// The key ids that LINE lists and the store does not know: tokens that nobody holds, or that others issued. Empty if the tokens
        /// cannot be listed.
        unknown: Vec<TokenKeyId>,
    },
}

impl StoreEvent {
    /// Its name in snake_case, such as `issued_without_store`, for the label of a metric; also what `Display` writes.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "unavailable",
            Self::Available => "available",
            Self::IssuedWithoutStore => "issued_without_store",
            Self::SetAside { .. } => "set_aside",
            Self::LeaseTakenOver { .. } => "lease_taken_over",
        }
    }
}

display_as_str!(StoreEvent);
