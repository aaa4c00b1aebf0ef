//! Stores that fail just when a token is stored.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use line_channel_token_cache::store::{Comparison, Revision, Snapshot, StoreError, StoreKey, StoredValue, TokenStore};
use line_channel_token_cache::{
    IssueReason, IssueRequest, Issued, NewToken, RetireReason, SharedSource, TokenCache, TokenSource,
};

use crate::failing_parts::{Gated, token_of};
use crate::support::{DAY, Faulty, SECOND, World, settle, text, unavailable};

/// A token that is issued, and what the store does from the moment on at which the source has been called.
async fn issue_while(world: &World, flags: &[&AtomicBool]) -> (SharedSource<Gated>, NewToken) {
    let source = Gated::new(world, false);
    let (is_open, calls) = (Arc::clone(&source.is_open), Arc::clone(&source.calls));
    let shared = world.share(source);
    let issued = {
        let mut issue = shared.issue(IssueRequest::new(IssueReason::Cold, &world.clock));
        while calls.load(Ordering::SeqCst) == 0 {
            assert!((&mut issue).now_or_never().is_none());
            settle().await;
        }
        flags.iter().for_each(|flag| Faulty::set(flag, true));
        is_open.store(true, Ordering::SeqCst);
        issue.await.unwrap()
    };
    flags.iter().for_each(|flag| Faulty::set(flag, false));
    let Issued::New(token) = issued else { panic!("{issued:?}") };
    (shared, token)
}

#[tokio::test]
async fn a_token_that_the_store_has_as_refused_is_not_shared_again() {
    let world = World::new();
    // The store has it, and this process does not know.
    let (shared, first) = issue_while(&world, &[&world.store.loses_responses, &world.store.refuses_reads]).await;
    let other = world.share(world.jwt());
    other.retire(&first, RetireReason::Refused).await.unwrap();
    let ahead = IssueRequest::new(IssueReason::Ahead, &world.clock).with_replaces(&first);
    let next = shared.issue(ahead).await.unwrap();
    assert_ne!(token_of(&next), first.access_token().expose_secret());
    assert_eq!(text(&world.process(world.jwt())).await.unwrap(), token_of(&next));
}

#[tokio::test]
async fn a_store_that_takes_no_token_is_not_asked_again_and_again() {
    let world = World::new();
    issue_while(&world, &[&world.store.refuses_writes]).await;
    let writes = world.store.writes.load(Ordering::SeqCst);
    assert!(writes <= 3, "{writes} writes: the lease and two attempts");
}

#[tokio::test]
async fn a_token_is_not_lost_because_the_store_takes_the_rest_of_the_time() {
    let world = World::new();
    let source = Gated::new(&world, false);
    let (is_open, calls) = (Arc::clone(&source.is_open), Arc::clone(&source.calls));
    let shared = world.share(source);
    let mut issue = shared.issue(IssueRequest::new(IssueReason::Cold, &world.clock));
    while calls.load(Ordering::SeqCst) == 0 {
        assert!((&mut issue).now_or_never().is_none());
        settle().await;
    }
    world.clock.advance(57 * SECOND);
    Faulty::set(&world.store.hangs, true);
    is_open.store(true, Ordering::SeqCst);
    for _ in 0..6 {
        if let Some(issued) = (&mut issue).now_or_never() {
            assert!(matches!(issued.unwrap(), Issued::New(_)));
            return;
        }
        settle().await;
        world.clock.advance(SECOND / 2);
    }
    panic!("the deadline is over, and nobody gets the token");
}

/// A store that loses the response of a token's write, and holds a newer one when it is asked again.
#[derive(Clone, Debug)]
struct Overtaken(Faulty);

#[async_trait]
impl TokenStore for Overtaken {
    async fn load(&self, key: &StoreKey) -> Result<Snapshot, StoreError> {
        self.0.load(key).await
    }

    async fn compare_and_set(
        &self,
        key: &StoreKey,
        expected: Option<&Revision>,
        value: &StoredValue,
        keep_for: Duration,
    ) -> Result<Comparison, StoreError> {
        let outcome = self.0.compare_and_set(key, expected, value, keep_for).await?;
        let stored = String::from_utf8(value.expose_bytes().to_vec()).unwrap();
        let (Some(at), Comparison::Stored(revision)) = (stored.find("\"access_token\":\""), &outcome) else {
            return Ok(outcome);
        };
        let newer =
            stored[..at].to_owned() + &stored[at..].replacen("\"access_token\":\"", "\"access_token\":\"newer-", 1);
        let newer = StoredValue::new(newer.into_bytes());
        self.0.compare_and_set(key, Some(revision), &newer, keep_for).await?;
        Err(unavailable())
    }

    async fn set_aside(&self, key: &StoreKey, revision: Option<&Revision>) -> Result<Option<String>, StoreError> {
        self.0.set_aside(key, revision).await
    }
}

#[tokio::test]
async fn a_token_that_others_may_have_seen_is_not_revoked() {
    let world = World::new();
    let shared = SharedSource::new(world.jwt(), Overtaken(world.store.clone()));
    let issued = shared.issue(IssueRequest::new(IssueReason::Cold, &world.clock)).await.unwrap();
    assert!(token_of(&issued).starts_with("newer-"));
    assert_eq!((world.issued(), world.live()), (1, 1), "somebody may have taken it meanwhile");
}

#[tokio::test]
async fn a_caller_who_needs_it_longer_gets_another_token() {
    let world = World::new();
    let [issuer, adopter] = [(); 2].map(|()| world.process(world.jwt()));
    let first = text(&issuer).await.unwrap();
    world.clock.advance(10 * DAY);
    assert_eq!(text(&adopter).await.unwrap(), first);
    world.clock.advance(8 * DAY);
    // Twelve of thirty days are left, and neither is due.
    let ask = async |process: &TokenCache, days: u32| {
        process.token_with_min_ttl(days * DAY).await.map(|token| token.access_token().expose_secret().to_owned())
    };
    assert_eq!(ask(&adopter, 11).await.unwrap(), first);
    let second = ask(&adopter, 25).await.unwrap();
    assert_ne!(second, first);
    assert_eq!(ask(&issuer, 25).await.unwrap(), second);
    world.clock.advance(10 * DAY);
    let error = ask(&issuer, 25).await.unwrap_err();
    assert!(error.to_string().contains("is valid for") && error.to_string().contains("were asked for"), "{error}");
    assert_eq!(world.issued(), 2, "one with more than half of its life left is replaced for nobody");
}
