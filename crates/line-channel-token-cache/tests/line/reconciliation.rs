//! What LINE lists against what the cache holds.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use line_channel_token_cache::{CacheState, IssueBudget, JwtSource, NewToken, StatelessSource, TokenSource};
use line_channel_token_core::{Error, ErrorKind, TokenKeyId, TokenLifetime};
use tokio::sync::Semaphore;

use crate::support::{DAY, Line, MINUTE, settle};

#[tokio::test]
async fn tokens_of_others_and_lost_ones_are_orphans_and_our_own_are_held() {
    let line = Line::new();
    let cache = line.cache(line.jwt().revoking_predecessors(line.secret(), 60 * MINUTE));
    let first = cache.token().await.unwrap();
    line.live_through(&cache, 1, 26 * DAY).await;
    let second = cache.token().await.unwrap();
    let other = line.client().issue_jwt(&line.signer(0).sign_for(TokenLifetime::MAX).unwrap()).await.unwrap();
    let found = cache.reconcile().await.unwrap();
    assert_eq!(found.orphans, [other.key_id().clone()]);
    assert_eq!(found.held.len(), 2, "the current one and the one that waits to be revoked");
    for token in [first, second] {
        assert!(found.held.contains(token.key_id().unwrap()));
    }
    assert!(found.missing.is_none());
}

#[tokio::test]
async fn a_token_that_was_revoked_elsewhere_is_missing_and_no_longer_served() {
    let line = Line::new();
    let cache = line.cache(line.jwt());
    let token = cache.token().await.unwrap();
    line.emulator.revoke_all(&line.id());
    let found = cache.reconcile().await.unwrap();
    assert_eq!(found.missing.as_ref(), token.key_id());
    assert_eq!((cache.status().places_taken, line.told("Invalidated")), (0, 1));
    assert_eq!(cache.status().state, CacheState::Empty);
    let next = cache.token().await.unwrap();
    assert!(line.client().verify_jwt(next.access_token()).await.is_ok());
}

#[tokio::test]
async fn lost_answers_that_led_to_no_token_give_their_places_back() {
    let line = Line::new();
    let cache = line.cache(line.jwt().with_budget(4).unwrap());
    line.way.loses.store(true, Ordering::SeqCst);
    for _ in 0..4 {
        assert!(cache.token().await.is_err());
        line.clock.advance(11 * MINUTE);
    }
    line.way.loses.store(false, Ordering::SeqCst);
    assert_eq!(cache.token().await.unwrap_err().kind(), ErrorKind::IssueBudgetReached);
    let found = cache.reconcile().await.unwrap();
    assert_eq!((found.orphans.len(), cache.status().places_taken), (4, 4), "they did lead to tokens");
    line.emulator.revoke_all(&line.id());
    cache.reconcile().await.unwrap();
    assert_eq!(cache.status().places_taken, 0);
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
async fn tokens_that_were_revoked_elsewhere_give_their_places_back() {
    let line = Line::new();
    let cache = line.cache(line.jwt());
    for _ in 0..IssueBudget::DEFAULT_PLACES {
        let token = cache.token().await.unwrap();
        line.emulator.revoke_all(&line.id());
        cache.invalidate(&token);
        line.clock.advance(11 * MINUTE);
    }
    assert_eq!(cache.token().await.unwrap_err().kind(), ErrorKind::IssueBudgetReached);
    let found = cache.reconcile().await.unwrap();
    assert!(found.held.is_empty() && found.orphans.is_empty());
    assert!(cache.token().await.is_ok(), "as the error says");
}

/// Waits for a permit before each issue.
#[derive(Debug)]
struct Gated(JwtSource, Arc<Semaphore>);

#[async_trait]
impl TokenSource for Gated {
    async fn issue(&self) -> Result<NewToken, Error> {
        self.1.acquire().await.unwrap().forget();
        self.0.issue().await
    }

    fn budget(&self) -> Option<IssueBudget> {
        self.0.budget()
    }

    async fn key_ids(&self) -> Result<Vec<TokenKeyId>, Error> {
        self.0.key_ids().await
    }
}

#[tokio::test]
async fn an_issue_that_is_under_way_keeps_its_place() {
    let line = Line::new();
    let gate = Arc::new(Semaphore::new(0));
    let cache = line.cache(Gated(line.jwt(), gate.clone()));
    let caller = cache.clone();
    let call = tokio::spawn(async move { caller.token().await });
    settle().await;
    cache.reconcile().await.unwrap();
    gate.add_permits(1);
    call.await.unwrap().unwrap();
    assert_eq!((line.live(), cache.status().places_taken), (1, 1));
}
