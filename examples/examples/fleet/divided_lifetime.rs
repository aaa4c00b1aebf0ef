//! Tokens of 30 days for workers that have no 30 days.

use line_channel_token::cache::{
    IssueRequest, Issued, NewToken, RetireReason, Retired, SourcePolicy, TokenSource, async_trait,
};
use line_channel_token::{Error, TokenKeyId};

/// The emulator's time runs `by` times as fast as the workers', so that to them a token's lifetime is as many times shorter.
#[derive(Debug)]
pub(crate) struct DividedLifetime<S> {
    source: S,
    by: u32,
}

impl<S> DividedLifetime<S> {
    pub(crate) fn new(source: S, by: u32) -> Self {
        Self { source, by: by.max(1) }
    }

    fn divided(&self, token: NewToken) -> NewToken {
        let Some(lifetime) = token.lifetime() else { return token };
        NewToken::new(token.access_token().clone(), token.sent_at(), lifetime / self.by)
    }
}

#[async_trait]
impl<S: TokenSource> TokenSource for DividedLifetime<S> {
    fn policy(&self) -> SourcePolicy {
        self.source.policy()
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        Ok(match self.source.issue(request).await? {
            Issued::New(token) => Issued::New(self.divided(token)),
            other => other,
        })
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        self.source.retire(token, reason).await
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        self.source.key_ids().await
    }
}
