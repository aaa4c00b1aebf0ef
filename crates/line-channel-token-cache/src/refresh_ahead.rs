//! Whether a token is replaced although nobody asks for it.

/// When a new token is fetched ahead of the old one's expiry.
///
/// ```
/// use line_channel_token_cache::RefreshAhead;
///
/// assert_eq!(RefreshAhead::default(), RefreshAhead::WhenUsed);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefreshAhead {
    /// When the old one has been handed out at least once, whether or not somebody is asking just then. A token that is
    /// in use is always warm, and one that nobody wants is left to expire.
    #[default]
    WhenUsed,
    /// Whether or not anybody has ever asked for the old one: the first request after a quiet night waits for nothing.
    Always,
    /// When somebody asks for it shortly before it expires. Nothing happens while the cache is idle.
    OnRead,
}
