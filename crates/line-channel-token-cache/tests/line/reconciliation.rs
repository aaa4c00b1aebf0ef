//! What LINE lists against what the cache holds.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use line_channel_token_cache::{
    CacheState, IssueBudget, IssueRequest, Issued, JwtSource, NewToken, RetireReason, Retired, SourcePolicy,
    StatelessSource, TokenSource,
};
use line_channel_token_core::{Error, ErrorKind, TokenKeyId, TokenLifetime};
use tokio::sync::Semaphore;

use crate::support::{DAY, Line, MINUTE, settle};

#[tokio::test]
async fn reconcile_tells_orphans_from_held_tokens() {
    let line = Line::new();
    let cache = line.cache(line.jwt().revoke_previous_after(line.secret(), 60 * MINUTE));
    let first = cache.token().await.unwrap();
    line.live_through(&cache, 1, 26 * DAY).await;
    let second = cache.token().await.unwrap();
    let other = line
        .client()
        .issue_jwt(&line.signer(0).with_clock(line.client().clock()).sign_for(TokenLifetime::MAX).unwrap())
        .await
        .unwrap();
    let found = cache.reconcile().await.unwrap();
    assert_eq!(found.orphans, [other.key_id().clone()]);
    assert_eq!(found.held.len(), 2, "the current one and the one that waits to be revoked");
    for token in [first, second] {
        assert!(found.held.contains(token.key_id().unwrap()));
    }
    assert!(found.missing.is_none());
}

#[tokio::test]
async fn a_token_revoked_elsewhere_is_missing() {
    let line = Line::new();
    let cache = line.cache(line.jwt());
    let token = cache.token().await.unwrap();
    line.emulator.revoke_all(&line.id());
    let found = cache.reconcile().await.unwrap();
    assert_eq!(found.missing.as_ref(), token.key_id());
    assert_eq!((cache.status().slots_used, line.told("Invalidated")), (0, 1));
    assert_eq!(cache.status().state, CacheState::Empty);
    let next = cache.token().await.unwrap();
    assert!(line.client().verify_jwt(next.access_token()).await.is_ok());
}

#[tokio::test]
async fn reconcile_releases_lost_responses() {
    let line = Line::new();
    let cache = line.cache(line.jwt().with_budget(4).unwrap());
    line.way.loses.store(true, Ordering::SeqCst);
    for _ in 0..4 {
        assert!(cache.token().await.is_err());
        line.clock.advance(11 * MINUTE);
    }
    line.way.loses.store(false, Ordering::SeqCst);
    let found = cache.reconcile().await.unwrap();
    assert_eq!((found.orphans.len(), cache.status().slots_used), (4, 4), "they did lead to tokens");
    line.emulator.revoke_all(&line.id());
    cache.reconcile().await.unwrap();
    assert_eq!(cache.status().slots_used, 0);
    assert!(cache.token().await.is_ok());
}

#[tokio::test]
async fn what_has_no_key_ids_cannot_be_reconciled() {
    let line = Line::new();
    let error = line.cache(StatelessSource::new(line.client(), line.signer(0))).reconcile().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("only v2.1 tokens"), "{error}");
}

#[tokio::test]
async fn reconcile_releases_revoked_tokens() {
    let line = Line::new();
    let cache = line.cache(line.jwt());
    for _ in 0..IssueBudget::DEFAULT_SLOTS {
        let token = cache.token().await.unwrap();
        line.emulator.revoke_all(&line.id());
        cache.invalidate(&token);
        line.clock.advance(11 * MINUTE);
    }
    assert_eq!(cache.status().slots_used, IssueBudget::DEFAULT_SLOTS);
    let found = cache.reconcile().await.unwrap();
    assert!(found.held.is_empty() && found.orphans.is_empty());
    assert_eq!(cache.status().slots_used, 0);
}

#[tokio::test]
async fn an_exhausted_budget_lists_before_issuing() {
    let line = Line::new();
    let cache = line.cache(line.jwt().with_budget(4).unwrap());
    line.way.loses.store(true, Ordering::SeqCst);
    for _ in 0..4 {
        assert!(cache.token().await.is_err());
        line.clock.advance(11 * MINUTE);
    }
    line.way.loses.store(false, Ordering::SeqCst);
    line.emulator.revoke_all(&line.id());
    assert_eq!(cache.status().slots_used, 4);
    assert!(cache.token().await.is_ok());
    assert_eq!((cache.status().slots_used, line.told("BudgetExhausted")), (1, 0));
}

/// Waits for a permit before each issue.
#[derive(Debug)]
struct Gated(JwtSource, Arc<Semaphore>);

#[async_trait]
impl TokenSource for Gated {
    fn policy(&self) -> SourcePolicy {
        self.0.policy()
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        self.1.acquire().await.unwrap().forget();
        self.0.issue(request).await
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        self.0.retire(token, reason).await
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        self.0.key_ids().await
    }
}

#[tokio::test]
async fn an_issue_in_flight_keeps_its_slot() {
    let line = Line::new();
    let gate = Arc::new(Semaphore::new(0));
    let cache = line.cache(Gated(line.jwt(), gate.clone()));
    let caller = cache.clone();
    let call = tokio::spawn(async move { caller.token().await });
    settle().await;
    cache.reconcile().await.unwrap();
    gate.add_permits(1);
    call.await.unwrap().unwrap();
    assert_eq!((line.live(), cache.status().slots_used), (1, 1));
}
