//! Doubles that are broken on purpose, to see that each is found.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_cache::store::{
    Comparison, Revision, Snapshot, StoreError, StoreKey, StoredEntry, StoredValue, TokenStore,
};
use line_channel_token_cache::{
    IssueReason, IssueRequest, Issued, NewToken, RetireReason, Retired, SourcePolicy, TokenSource,
};
use line_channel_token_core::{BaseUrl, ChannelId, Clock, Error, TokenKeyId};

use crate::invariant::Invariant;

/// What is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breakage {
    /// The store compares no revision.
    StoreComparesNothing,
    /// Whoever finds another value in the store replaces that too, as a holder would who does not look whether the lease is still its own.
    StaleHolderStores,
    /// Nobody sees the leases of others.
    LeasesUnseen,
    /// Each node issues for itself.
    NothingShared,
    /// A node gets the refused token again.
    RefusedTokenReturned,
    /// Nobody sees in the store that a token was refused.
    RefusalsUnseen,
    /// A token is said to live twice as long.
    LifetimesDoubled,
    /// After some time a source does nothing but fail.
    GivesUp,
    /// Every second node uses a store of its own.
    TwoStores,
    /// A node asks as if it held no valid token.
    IssuesInOutage,
    /// Each event is told twice.
    EventsToldTwice,
    /// Tokens are replaced after a part of their lives.
    RefreshedEarly,
    /// A failure is followed by another attempt at once.
    NoDelays,
}

impl Breakage {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::StoreComparesNothing,
        Self::StaleHolderStores,
        Self::LeasesUnseen,
        Self::NothingShared,
        Self::RefusedTokenReturned,
        Self::RefusalsUnseen,
        Self::LifetimesDoubled,
        Self::GivesUp,
        Self::TwoStores,
        Self::IssuesInOutage,
        Self::EventsToldTwice,
        Self::RefreshedEarly,
        Self::NoDelays,
    ];

    /// The invariant that does not hold then.
    #[must_use]
    pub fn breaks(self) -> Invariant {
        match self {
            Self::StoreComparesNothing | Self::StaleHolderStores => Invariant::NoStaleOverwrite,
            Self::LeasesUnseen | Self::NothingShared => Invariant::FewTokens,
            Self::RefusedTokenReturned | Self::RefusalsUnseen => Invariant::NoneRefused,
            Self::LifetimesDoubled => Invariant::NoneExpired,
            Self::GivesUp => Invariant::Served,
            Self::TwoStores => Invariant::Converged,
            Self::IssuesInOutage => Invariant::OutageCostsNothing,
            Self::EventsToldTwice => Invariant::EventsOnce,
            Self::RefreshedEarly => Invariant::OneIssuePerExpiry,
            Self::NoDelays => Invariant::NoStorm,
        }
    }
}

/// The store as it is broken.
pub(crate) fn broken_store(breakage: Option<Breakage>, store: impl TokenStore, process: u32) -> Arc<dyn TokenStore> {
    let store: Arc<dyn TokenStore> = Arc::new(store);
    match breakage {
        Some(
            breakage @ (Breakage::StaleHolderStores
            | Breakage::LeasesUnseen
            | Breakage::RefusalsUnseen
            | Breakage::TwoStores),
        ) => Arc::new(BrokenStore { store, breakage, process }),
        _ => store,
    }
}

/// The source as it is broken.
pub(crate) fn broken_source(
    breakage: Option<Breakage>,
    shared: impl TokenSource,
    alone: impl TokenSource,
    clock: &Arc<dyn Clock>,
) -> Arc<dyn TokenSource> {
    match breakage {
        Some(Breakage::NothingShared) => Arc::new(alone),
        Some(breakage) => {
            let begun_at = clock.now().monotonic;
            Arc::new(BrokenSource { shared: Arc::new(shared), alone: Arc::new(alone), breakage, begun_at })
        }
        None => Arc::new(shared),
    }
}

struct BrokenStore {
    store: Arc<dyn TokenStore>,
    breakage: Breakage,
    process: u32,
}

impl fmt::Debug for BrokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokenStore").field("breakage", &self.breakage).finish_non_exhaustive()
    }
}

impl BrokenStore {
    fn key(&self, key: &StoreKey) -> StoreKey {
        match ChannelId::new("9876543210") {
            Ok(other) if self.breakage == Breakage::TwoStores && self.process.is_multiple_of(2) => {
                StoreKey::new(other, key.family(), &BaseUrl::line())
            }
            _ => key.clone(),
        }
    }

    fn seen(&self, snapshot: Snapshot) -> Snapshot {
        let hidden = match self.breakage {
            Breakage::LeasesUnseen => "lease",
            Breakage::RefusalsUnseen => "refused",
            _ => return snapshot,
        };
        let entry = snapshot.entry.map(|entry| match without(&entry.value, hidden) {
            Some(value) => StoredEntry { value, ..entry },
            None => entry,
        });
        Snapshot { entry, ..snapshot }
    }
}

/// The value without this member of the record, or of its token.
fn without(value: &StoredValue, member: &str) -> Option<StoredValue> {
    let mut record: serde_json::Value = serde_json::from_slice(value.expose_bytes()).ok()?;
    record.as_object_mut()?.remove(member);
    if let Some(token) = record.get_mut("token").and_then(serde_json::Value::as_object_mut) {
        token.remove(member);
    }
    serde_json::to_vec(&record).ok().map(StoredValue::new)
}

#[async_trait]
impl TokenStore for BrokenStore {
    async fn load(&self, key: &StoreKey) -> Result<Snapshot, StoreError> {
        self.store.load(&self.key(key)).await.map(|snapshot| self.seen(snapshot))
    }

    async fn compare_and_set(
        &self,
        key: &StoreKey,
        expected: Option<&Revision>,
        value: &StoredValue,
        keep_for: Duration,
    ) -> Result<Comparison, StoreError> {
        let key = self.key(key);
        let comparison = self.store.compare_and_set(&key, expected, value, keep_for).await?;
        match comparison {
            Comparison::Changed(found) if self.breakage == Breakage::StaleHolderStores => {
                let revision = found.entry.map(|entry| entry.revision);
                self.store.compare_and_set(&key, revision.as_ref(), value, keep_for).await
            }
            Comparison::Changed(found) => Ok(Comparison::Changed(self.seen(found))),
            stored => Ok(stored),
        }
    }

    async fn set_aside(&self, key: &StoreKey, revision: Option<&Revision>) -> Result<Option<String>, StoreError> {
        self.store.set_aside(&self.key(key), revision).await
    }
}

struct BrokenSource {
    shared: Arc<dyn TokenSource>,
    alone: Arc<dyn TokenSource>,
    breakage: Breakage,
    begun_at: Duration,
}

impl fmt::Debug for BrokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokenSource").field("breakage", &self.breakage).finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenSource for BrokenSource {
    fn policy(&self) -> SourcePolicy {
        self.shared.policy()
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        let runs_for = request.clock().now().monotonic.saturating_sub(self.begun_at);
        match (self.breakage, request.replaces()) {
            (Breakage::RefusedTokenReturned, Some(refused)) if request.reason() == IssueReason::Refused => {
                Ok(Issued::Adopted(refused.clone()))
            }
            (Breakage::LifetimesDoubled, _) => Ok(match self.shared.issue(request).await? {
                Issued::New(token) => Issued::New(doubled(&token)),
                Issued::Adopted(token) => Issued::Adopted(doubled(&token)),
                kept => kept,
            }),
            (Breakage::GivesUp, _) if runs_for > Duration::from_secs(1_800) => Err(Error::transient("it gives up")),
            (Breakage::IssuesInOutage, Some(_)) if request.reason() == IssueReason::Ahead => {
                let cold = IssueRequest::new(IssueReason::Cold, request.clock()).with_deadline(request.deadline());
                self.shared.issue(cold).await
            }
            (Breakage::RefreshedEarly, Some(_)) => self.alone.issue(request).await,
            (Breakage::NoDelays, _) => {
                for _ in 0..1_000 {
                    if self.shared.issue(request).await.is_ok_and(|issued| !matches!(issued, Issued::Keep { .. })) {
                        break;
                    }
                }
                self.shared.issue(request).await
            }
            _ => self.shared.issue(request).await,
        }
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        self.shared.retire(token, reason).await
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        self.shared.key_ids().await
    }
}

fn doubled(token: &NewToken) -> NewToken {
    let lifetime = token.lifetime().unwrap_or_default() * 2;
    NewToken::new(token.access_token().clone(), token.sent_at(), lifetime)
}
