//! A token that was issued elsewhere.

use async_trait::async_trait;
use line_channel_token_core::{AccessToken, Error};

use crate::issue::{IssueRequest, Issued, NewToken};
use crate::source::TokenSource;

/// One token that was issued elsewhere and does not expire: a long-lived one from the Console. After an invalidation the
/// same one is returned again, because there is no other.
///
/// ```
/// use line_channel_token_cache::{StaticSource, TokenCache};
/// use line_channel_token_core::AccessToken;
///
/// # fn main() -> Result<(), line_channel_token_core::Error> {
/// let tokens = TokenCache::new(StaticSource::new(AccessToken::new("long-lived")?));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct StaticSource {
    token: AccessToken,
}

impl StaticSource {
    /// Always this token.
    #[must_use]
    pub fn new(token: AccessToken) -> Self {
        Self { token }
    }
}

#[async_trait]
impl TokenSource for StaticSource {
    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        Ok(Issued::Adopted(NewToken::non_expiring(self.token.clone(), request.clock().now())))
    }
}
