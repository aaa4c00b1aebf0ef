//! A token that was issued elsewhere.

use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_core::{AccessToken, Error, Moment};

use crate::{NewToken, TokenSource};

/// One token that was issued elsewhere and does not expire: a long-lived one from the Console. After an invalidation the
/// same one is handed out again, a minute later at the soonest, since there is no other.
#[derive(Clone, Debug)]
pub struct StaticSource {
    token: AccessToken,
}

impl StaticSource {
    /// This token, for ever.
    #[must_use]
    pub fn new(token: AccessToken) -> Self {
        Self { token }
    }
}

#[async_trait]
impl TokenSource for StaticSource {
    async fn issue(&self) -> Result<NewToken, Error> {
        Ok(NewToken::unexpiring(self.token.clone(), Moment { monotonic: Duration::ZERO, unix: Duration::ZERO }))
    }
}
