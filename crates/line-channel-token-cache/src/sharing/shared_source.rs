//! A source around another, whose tokens processes share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_core::{Error, TokenKeyId};

use super::event::StoreEvent;
use crate::issue::{IssueRequest, Issued, NewToken, RetireReason, Retired};
use crate::names::display_as_str;
use crate::policy::SourcePolicy;
use crate::source::TokenSource;
use crate::store::TokenStore;

/// One token for many processes and many lives.
pub struct SharedSource<S> {
    source: S,
    store: Arc<dyn TokenStore>,
    outage: Option<StoreOutage>,
    store_timeout: Duration,
    on_event: Option<Arc<dyn Fn(&StoreEvent) + Send + Sync>>,
}

/// What a process without a valid token does while the store is unavailable.
///
/// ```
/// use line_channel_token_cache::StoreOutage;
///
/// assert_eq!(StoreOutage::Degrade.as_str(), "degrade");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreOutage {
    /// It issues a token for itself, after a short random delay and within the budget of its source.
    Degrade,
    /// It gets an error, and asks the store again soon.
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
}

display_as_str!(StoreOutage);

impl<S: TokenSource> SharedSource<S> {
    /// Shares the tokens of this source by this store.
    #[must_use]
    pub fn new(source: S, store: impl TokenStore) -> Self {
        Self { source, store: Arc::new(store), outage: None, store_timeout: Duration::from_secs(3), on_event: None }
    }

    /// What a process without a valid token does while the store is unavailable.
    #[must_use]
    pub fn during_outage(self, outage: StoreOutage) -> Self {
        Self { outage: Some(outage), ..self }
    }

    /// How long one call of the store may take.
    #[must_use]
    pub fn with_store_timeout(self, timeout: Duration) -> Self {
        Self { store_timeout: timeout, ..self }
    }

    /// What is called for each event.
    #[must_use]
    pub fn on_event(self, hook: impl Fn(&StoreEvent) + Send + Sync + 'static) -> Self {
        Self { on_event: Some(Arc::new(hook)), ..self }
    }
}

#[async_trait]
impl<S: TokenSource> TokenSource for SharedSource<S> {
    fn policy(&self) -> SourcePolicy {
        self.source.policy()
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        self.source.issue(request).await
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        self.source.retire(token, reason).await
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        self.source.key_ids().await
    }
}

impl<S: fmt::Debug> fmt::Debug for SharedSource<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSource")
            .field("source", &self.source)
            .field("store", &self.store)
            .field("outage", &self.outage)
            .finish_non_exhaustive()
    }
}
