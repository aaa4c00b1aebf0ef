//! What a process without a token does while its store is unavailable.

use crate::names::display_as_str;
use crate::token_family::TokenFamily;

/// What a process without a valid token does while the store is unavailable. One that holds a valid token keeps it in any case.
///
/// ```
/// use line_channel_token_cache::StoreOutage;
///
/// assert_eq!(StoreOutage::Degrade.as_str(), "degrade");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreOutage {
    /// It issues a token for itself, after a random delay of two seconds at most and within the budget of its source, and shares it once
    /// the store is back. The default for v2.1 and stateless tokens.
    Degrade,
    /// It gets an error, and asks the store again soon. The default for short-lived tokens (v2), of which one too many silently revokes
    /// the oldest, which another process may use.
    Refuse,
}

impl StoreOutage {
    /// Its name in snake_case: `degrade` or `refuse`; also what `Display` writes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Degrade => "degrade",
            Self::Refuse => "refuse",
        }
    }

    pub(super) fn default_for(family: Option<TokenFamily>) -> Self {
        match family {
            Some(TokenFamily::ShortLived) => Self::Refuse,
            _ => Self::Degrade,
        }
    }
}

display_as_str!(StoreOutage);
