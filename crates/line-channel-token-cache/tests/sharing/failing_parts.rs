//! Stores that can be read alone, sources that fail, holders that lose their lease: what is remembered, and for how long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use line_channel_token_cache::store::TokenStore;
use line_channel_token_cache::{
    IssueReason, IssueRequest, Issued, JwtSource, NewToken, RetireReason, Retired, SourcePolicy, TokenSource,
};
use line_channel_token_core::{AccessToken, Clock, Error, TokenKeyId};

use crate::support::{DAY, Faulty, SECOND, World, settle, text};

/// A source that fails while it is told so, and waits while its gate is closed.
#[derive(Debug)]
pub(crate) struct Gated {
    inner: JwtSource,
    fails: bool,
    pub(crate) is_open: Arc<AtomicBool>,
    pub(crate) calls: Arc<AtomicUsize>,
}

impl Gated {
    pub(crate) fn new(world: &World, fails: bool) -> Self {
        Self { inner: world.jwt(), fails, is_open: Arc::default(), calls: Arc::default() }
    }
}

#[async_trait]
impl TokenSource for Gated {
    fn policy(&self) -> SourcePolicy {
        self.inner.policy()
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.fails {
            return Err(Error::transient("the source is down"));
        }
        while !self.is_open.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        self.inner.issue(request).await
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        self.inner.retire(token, reason).await
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        self.inner.key_ids().await
    }
}

pub(crate) fn token_of(issued: &Issued) -> &str {
    match issued {
        Issued::New(token) | Issued::Adopted(token) => token.access_token().expose_secret(),
        other => panic!("no token: {other}"),
    }
}

#[tokio::test]
async fn a_refused_token_is_not_taken_back_from_a_store_that_could_not_be_told() {
    let world = World::new();
    let [here, there] = [(); 2].map(|()| world.process(world.jwt()));
    let refused = here.token().await.unwrap();
    text(&there).await.unwrap();
    Faulty::set(&world.store.refuses_writes, true);
    here.invalidate(&refused);
    let own = text(&here).await.unwrap();
    assert_ne!(own, refused.access_token().expose_secret());
    Faulty::set(&world.store.refuses_writes, false);
    for _ in 0..10 {
        world.live_through(std::slice::from_ref(&here), 1, 30 * SECOND).await;
        assert_ne!(text(&here).await.unwrap(), refused.access_token().expose_secret());
    }
    let newcomer = text(&world.process(world.jwt())).await.unwrap();
    assert_eq!(newcomer, text(&here).await.unwrap(), "the store has been told meanwhile");
}

#[tokio::test]
async fn a_store_that_is_only_read_is_reported_once() {
    let world = World::new();
    Faulty::set(&world.store.refuses_writes, true);
    let fleet = [world.process(world.jwt())];
    text(&fleet[0]).await.unwrap();
    // Its token is offered to the store every half minute: each is a read that succeeds and a write that fails.
    world.live_through(&fleet, 20, 30 * SECOND).await;
    assert_eq!(world.told(), ["unavailable", "issued_without_store"]);
    Faulty::set(&world.store.refuses_writes, false);
    world.live_through(&fleet, 2, 30 * SECOND).await;
    assert_eq!(world.told(), ["unavailable", "issued_without_store", "available"]);
}

#[tokio::test]
async fn a_source_that_fails_is_left_alone_while_there_is_a_valid_token() {
    let world = World::new();
    let source = Gated::new(&world, true);
    let calls = Arc::clone(&source.calls);
    let shared = world.share(source);
    let held = NewToken::new(AccessToken::new("the-present-token").unwrap(), world.clock.now(), DAY);
    let ask = async |reason| shared.issue(IssueRequest::new(reason, &world.clock).with_replaces(&held)).await;
    // Each second, as a cache may that is told to keep its token meanwhile.
    for _ in 0..120 {
        match ask(IssueReason::Ahead).await {
            Ok(Issued::Keep { ask_again_in }) => assert!(ask_again_in <= 60 * SECOND),
            outcome => assert!(outcome.unwrap_err().is_transient()),
        }
        world.clock.advance(SECOND);
    }
    let calls_ahead = calls.load(Ordering::SeqCst);
    assert!((5..=10).contains(&calls_ahead), "{calls_ahead} calls");
    // Without a valid token it is asked at once.
    assert!(ask(IssueReason::Cold).await.is_err());
    assert_eq!(calls.load(Ordering::SeqCst), calls_ahead + 1);
}

#[tokio::test]
async fn a_holder_that_lost_its_lease_takes_the_token_of_its_successor() {
    let world = World::new();
    let source = Gated::new(&world, false);
    let (is_open, calls) = (Arc::clone(&source.is_open), Arc::clone(&source.calls));
    let paused = world.share(source);
    let mut issue = paused.issue(IssueRequest::new(IssueReason::Cold, &world.clock));
    while calls.load(Ordering::SeqCst) == 0 {
        assert!((&mut issue).now_or_never().is_none());
        settle().await;
    }
    world.clock.advance(11 * SECOND);
    let successor = text(&world.process(world.jwt())).await.unwrap();
    world.clock.advance(5 * SECOND);
    let before = world.store.load(&world.key()).await.unwrap().entry.unwrap();
    is_open.store(true, Ordering::SeqCst);
    let issued = issue.await.unwrap();
    assert_eq!(token_of(&issued), successor, "although its own is younger");
    assert_eq!(world.store.load(&world.key()).await.unwrap().entry.unwrap().revision, before.revision);
    assert_eq!((world.issued(), world.live()), (2, 1), "its own is revoked");
}

#[tokio::test]
async fn a_process_with_a_refused_token_waits_for_the_next_one() {
    let world = World::new();
    let first = world.process(world.jwt()).token().await.unwrap();
    let held = NewToken::new(first.access_token().clone(), world.clock.now(), 30 * DAY);
    let source = Gated::new(&world, false);
    let (is_open, calls) = (Arc::clone(&source.is_open), Arc::clone(&source.calls));
    let holder = world.share(source);
    let mut replace = holder.issue(IssueRequest::new(IssueReason::Refused, &world.clock).with_replaces(&held));
    while calls.load(Ordering::SeqCst) == 0 {
        assert!((&mut replace).now_or_never().is_none());
        settle().await;
    }
    // Its token is valid by its clock, and the store knows better.
    let other = world.share(world.jwt());
    let mut ahead = other.issue(IssueRequest::new(IssueReason::Ahead, &world.clock).with_replaces(&held));
    settle().await;
    assert!((&mut ahead).now_or_never().is_none(), "it is not told to keep it");
    is_open.store(true, Ordering::SeqCst);
    let next = replace.await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(token_of(&ahead.await.unwrap()), token_of(&next));
}
