//! When a token is replaced ahead of its expiry.

use crate::names::display_as_str;

/// When a new token is fetched ahead of the old one's expiry.
///
/// ```
/// use line_channel_token_cache::RefreshAhead;
///
/// assert_eq!(RefreshAhead::default(), RefreshAhead::WhenUsed);
/// assert_eq!(RefreshAhead::Always.to_string(), "always");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefreshAhead {
    /// When the old one has been returned at least once, whether or not somebody is asking just then. A token that is in use is
    /// always warm, and one that nobody wants is left to expire.
    #[default]
    WhenUsed,
    /// Whether or not anybody has ever asked for the old one: the first request after a quiet night waits for nothing.
    Always,
    /// When somebody asks for it shortly before it expires. Nothing happens while the cache is idle.
    OnRead,
}

impl RefreshAhead {
    /// Its name in snake_case: `when_used`, `always` or `on_read`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WhenUsed => "when_used",
            Self::Always => "always",
            Self::OnRead => "on_read",
        }
    }
}

display_as_str!(RefreshAhead);
