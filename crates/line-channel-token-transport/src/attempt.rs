//! What is known of an exchange that fails.

/// What is known of an exchange beside its error.
///
/// ```
/// use line_channel_token_transport::Attempt;
///
/// let attempt = Attempt { encrypted: true, proxy: Some("http://proxy.example:3128".to_owned()) };
/// assert_ne!(attempt, Attempt::default());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempt {
    /// Whether the URL is https.
    pub encrypted: bool,
    /// The proxy in between, as `scheme://host:port`, without credentials.
    pub proxy: Option<String>,
}
