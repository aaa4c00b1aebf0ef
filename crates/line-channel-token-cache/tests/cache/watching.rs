//! Events, the status, and the sources over a mock of LINE.

use std::sync::Arc;

use line_channel_token_cache::{
    CacheState, JwtSource, ShortLivedSource, Shutdown, StatelessSource, StaticSource, TokenCache, TokenPool,
    TokenSource,
};
use line_channel_token_core::{AccessToken, AssertionKid, ChannelId, ChannelSecret, Error, Operation, TokenLifetime};
use line_channel_token_mock::{FakeSigner, MockBackend, Reply};

use crate::support::{Act, SECOND, Scene};

#[tokio::test]
async fn events_come_in_order_despite_panics() {
    let scene = Scene::new([
        Act::Issue(900 * SECOND),
        Act::Fail(Error::signing("no key").with_retry_after(40 * SECOND)),
        Act::Issue(900 * SECOND),
    ]);
    let token = scene.cache.token().await.unwrap();
    scene.clock.advance(885 * SECOND);
    scene.token().await.unwrap();
    scene.clock.advance(40 * SECOND);
    scene.token().await.unwrap();
    scene.cache.invalidate(&token);
    scene.cache.invalidate(&scene.cache.token().await.unwrap());
    assert_eq!(
        *scene.events.lock().unwrap(),
        ["issued", "failed, next in 40 s", "served stale", "issued", "invalidated"]
    );
    let panicking = TokenCache::builder(scene.source.clone())
        .clock(Arc::new(scene.clock.clone()))
        .on_event(|_| panic!("the hook was told to panic"))
        .build();
    assert!(panicking.token().await.is_ok() && panicking.token().await.is_ok());
}

#[tokio::test]
async fn the_status_shows_the_last_failure() {
    let scene = Scene::new([Act::Fail(Error::signing("no key").with_retry_after(40 * SECOND))]);
    assert!(scene.cache.warm_up().await.is_err());
    let status = scene.cache.status();
    assert_eq!((status.state, status.in_flight, status.retry_in), (CacheState::Empty, false, 40 * SECOND));
    assert!(status.last_error.unwrap().to_string().starts_with("no key"));
}

#[tokio::test]
async fn every_family_has_its_source() {
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).expect(1).respond(Reply::stateless_token("with-secret"));
    line.given(Operation::IssueStatelessWithJwt).expect(1).respond(Reply::stateless_token("with-jwt"));
    line.given(Operation::IssueJwt).expect(1).respond(Reply::jwt_token("v2.1", "the-key-id"));
    line.given(Operation::Issue).expect(1).respond(Reply::short_lived_token("v2"));
    let (id, secret) = (ChannelId::new("1").unwrap(), ChannelSecret::new("s3cret").unwrap());
    let signer = FakeSigner::new(id.clone(), AssertionKid::new("kid").unwrap());
    let client = || line.client();
    async fn cached(line: &MockBackend, source: impl TokenSource) -> (String, Option<String>) {
        let cache = TokenCache::builder(source).clock(Arc::new(line.clock().clone())).build();
        let token = cache.token().await.unwrap();
        assert!(!format!("{cache:?} {token:?}").contains("s3cret"));
        assert!(token.header_value().is_sensitive());
        (token.header_value().to_str().unwrap().to_owned(), token.key_id().map(ToString::to_string))
    }
    assert_eq!(StatelessSource::new(client(), signer.clone()).policy().min_interval(), SECOND);
    let seconds = TokenLifetime::from_days(30).unwrap();
    let stateless = StatelessSource::from_secret(client(), id.clone(), secret.clone());
    assert_eq!(cached(&line, stateless).await.0, "Bearer with-secret");
    assert_eq!(cached(&line, StatelessSource::new(client(), signer.clone())).await.0, "Bearer with-jwt");
    assert_eq!(JwtSource::new(client(), signer.clone(), seconds).policy().min_interval(), 60 * SECOND);
    assert_eq!(ShortLivedSource::new(client(), id.clone(), secret.clone()).policy().min_interval(), 60 * SECOND);
    let (jwt, key_id) = cached(&line, JwtSource::new(client(), signer, seconds)).await;
    assert_eq!((jwt.as_str(), key_id.as_deref()), ("Bearer v2.1", Some("the-key-id")));
    assert_eq!(cached(&line, ShortLivedSource::new(client(), id, secret)).await.0, "Bearer v2");
    let pasted = AccessToken::new("long-lived").unwrap();
    assert_eq!(cached(&line, StaticSource::new(pasted)).await.0, "Bearer long-lived");
    let exp: u32 = line.received_requests()[2].assertion_claim("token_exp").unwrap().parse().unwrap();
    assert_eq!(exp, 2_592_000);
    line.verify();
}

#[test]
fn handles_can_be_shared_between_tasks() {
    fn shared<T: Send + Sync + 'static>(_: &T) {}
    fn sendable<T: Send>(_: T) {}
    let scene = Scene::new([Act::Issue(SECOND)]);
    shared(&scene.cache);
    sendable(scene.cache.token());
    sendable(scene.cache.token_with_min_ttl(SECOND));
    sendable(scene.cache.shutdown(Shutdown::default()));
}

/// The compiler judges a future that is awaited in the task of another more strictly than the future by itself.
#[tokio::test]
async fn every_future_can_be_spawned() {
    let scene = Scene::new([Act::Issue(900 * SECOND)]);
    let cache = scene.cache.clone();
    let of_the_cache = tokio::spawn(async move {
        cache.warm_up().await?;
        let token = cache.token().await?;
        cache.invalidate(&token);
        cache.token_with_min_ttl(SECOND).await?;
        assert!(cache.reconcile().await.is_err(), "its tokens have no key ids");
        assert!(cache.shutdown(Shutdown::default()).await.is_complete());
        Ok::<_, Error>(())
    });
    of_the_cache.await.unwrap().unwrap();

    let source = scene.source.clone();
    let pool = TokenPool::builder(move |_: &ChannelId| Ok(source.clone())).clock(Arc::new(scene.clock.clone())).build();
    let of_the_pool = tokio::spawn(async move {
        let (one, two) = (ChannelId::new("1")?, ChannelId::new("2")?);
        pool.warm_up(&one).await?;
        let token = pool.token(&one).await?;
        pool.invalidate(&one, &token);
        pool.token_with_min_ttl(&one, SECOND).await?;
        assert!(pool.reconcile(&one).await.is_err(), "its tokens have no key ids");
        assert!(pool.remove_and_revoke(&one, SECOND).await.unwrap().is_complete());
        assert!(pool.remove_and_revoke(&two, SECOND).await.is_none());
        assert!(pool.shutdown(Shutdown::default()).await.is_complete());
        Ok::<_, Error>(())
    });
    of_the_pool.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_auto_advancing_clock_does_not_run_away() {
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).expect(1).respond(Reply::stateless_token("t"));
    let (id, secret) = (ChannelId::new("1").unwrap(), ChannelSecret::new("s3cret").unwrap());
    let cache = TokenCache::builder(StatelessSource::from_secret(line.client(), id, secret));
    let cache = cache.clock(Arc::new(line.clock().clone())).build();
    for _ in 0..100 {
        cache.token().await.unwrap();
        crate::support::settle().await;
    }
    line.verify();
}
