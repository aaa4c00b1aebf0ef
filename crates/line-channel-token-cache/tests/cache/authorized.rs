//! Calls with a token that a server may refuse.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Waker};

use http::StatusCode;
use line_channel_token_cache::{CachedToken, Shutdown, StatelessSource, StaticSource, TokenCache, TokenPool};
use line_channel_token_core::{AccessToken, ChannelId, ChannelSecret, Error, Operation};
use line_channel_token_mock::{ManualClock, MockBackend, Reply};

use crate::pool::{Sources, id};
use crate::support::{Act, SECOND, Scene, settle};

/// A server that accepts all tokens but these.
#[derive(Default)]
struct Server {
    dead: Vec<&'static str>,
    calls: AtomicUsize,
}

impl Server {
    fn refusing(dead: &[&'static str]) -> Self {
        Self { dead: dead.to_vec(), calls: AtomicUsize::new(0) }
    }

    async fn push(&self, token: Arc<CachedToken>) -> StatusCode {
        self.calls.fetch_add(1, SeqCst);
        tokio::task::yield_now().await;
        if self.dead.contains(&token.access_token().expose_secret()) {
            StatusCode::UNAUTHORIZED
        } else {
            StatusCode::OK
        }
    }

    fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }
}

fn issuing() -> [Act; 1] {
    [Act::Issue(900 * SECOND)]
}

#[tokio::test]
async fn a_live_token_is_used_once() {
    let (scene, server) = (Scene::new(issuing()), Server::default());
    assert_eq!(scene.cache.authorized(|token| server.push(token)).await.unwrap(), StatusCode::OK);
    assert_eq!((server.calls(), scene.calls()), (1, 1));
}

#[tokio::test]
async fn a_refused_token_is_replaced() {
    let (scene, server) = (Scene::new(issuing()), Server::refusing(&["token-1"]));
    assert_eq!(scene.cache.authorized(|token| server.push(token)).await.unwrap(), StatusCode::OK);
    assert_eq!((server.calls(), scene.calls()), (2, 2));
    assert_eq!(scene.token().await.unwrap(), "token-2", "it stays");
}

#[tokio::test]
async fn a_second_401_is_returned() {
    let (scene, server) = (Scene::new(issuing()), Server::refusing(&["token-1", "token-2"]));
    assert_eq!(scene.cache.authorized(|token| server.push(token)).await.unwrap(), StatusCode::UNAUTHORIZED);
    assert_eq!((server.calls(), scene.calls()), (2, 2));
}

#[tokio::test]
async fn other_statuses_invalidate_nothing() {
    let scene = Scene::new(issuing());
    for status in [200, 400, 403, 407, 429, 500] {
        let returned = scene.cache.authorized(|_| async move { status }).await.unwrap();
        assert_eq!(returned, status);
    }
    assert_eq!((scene.calls(), scene.events.lock().unwrap().as_slice()), (1, ["issued".to_owned()].as_slice()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_callers_cause_one_issue() {
    let (scene, server) = (Scene::new(issuing()), Arc::new(Server::refusing(&["token-1"])));
    scene.token().await.unwrap();
    let callers: Vec<_> = (0..200)
        .map(|_| {
            let (cache, server) = (scene.cache.clone(), server.clone());
            tokio::spawn(async move { cache.authorized(|token| server.push(token)).await })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap(), StatusCode::OK);
    }
    assert_eq!(scene.calls(), 2, "the dead one and the next");
}

#[tokio::test]
async fn without_a_first_token_nothing_is_called() {
    let (scene, server) = (Scene::new([Act::Fail(Error::signing("no key"))]), Server::default());
    let error = scene.cache.authorized(|token| server.push(token)).await.unwrap_err();
    assert!(error.to_string().starts_with("no key"), "{error}");
    assert_eq!(server.calls(), 0);
}

#[tokio::test]
async fn an_outage_returns_the_401() {
    let outage = [Act::Issue(900 * SECOND), Act::Fail(Error::transient("an outage"))];
    let (scene, server) = (Scene::new(outage), Server::refusing(&["token-1"]));
    assert_eq!(scene.cache.authorized(|token| server.push(token)).await.unwrap(), StatusCode::UNAUTHORIZED);
    assert_eq!((server.calls(), scene.calls()), (1, 2));
}

#[tokio::test]
async fn a_panicking_source_returns_the_401() {
    let (scene, server) = (Scene::new([Act::Issue(900 * SECOND), Act::Panic]), Server::refusing(&["token-1"]));
    assert_eq!(scene.cache.authorized(|token| server.push(token)).await.unwrap(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_hanging_refresh_returns_the_401_at_its_deadline() {
    let (scene, server) = (Scene::gated(issuing()), Server::refusing(&["token-1"]));
    scene.release(1);
    scene.token().await.unwrap();
    let clock = scene.clock.clone();
    let deadline = async move {
        for _ in 0..120 {
            settle().await;
            clock.advance(SECOND);
        }
    };
    let (status, ()) = tokio::join!(scene.cache.authorized(|token| server.push(token)), deadline);
    assert_eq!(status.unwrap(), StatusCode::UNAUTHORIZED);
    assert_eq!(server.calls(), 1);
}

#[tokio::test]
async fn a_shut_down_cache_returns_the_401() {
    let (scene, server) = (Scene::new(issuing()), Server::refusing(&["token-1"]));
    scene.token().await.unwrap();
    scene.cache.shutdown(Shutdown::default()).await;
    assert_eq!(scene.cache.authorized(|token| server.push(token)).await.unwrap(), StatusCode::UNAUTHORIZED);
    assert_eq!(server.calls(), 1);
}

#[tokio::test]
async fn a_late_401_spares_the_next_token() {
    let scene = Scene::new(issuing());
    let server = Server::refusing(&["token-1"]);
    let first = Cell::new(true);
    let status = scene.cache.authorized(|token| {
        let slow = first.replace(false);
        let (scene, server) = (&scene, &server);
        async move {
            if slow {
                // Somebody else meets the 401 first.
                scene.cache.invalidate(&token);
                assert_eq!(scene.token().await.unwrap(), "token-2");
            }
            server.push(token).await
        }
    });
    assert_eq!(status.await.unwrap(), StatusCode::OK);
    assert_eq!((scene.calls(), scene.token().await.unwrap()), (2, "token-2".to_owned()));
}

#[tokio::test]
async fn a_static_token_is_tried_once_each_time() {
    let (cache, server) = (
        TokenCache::new(StaticSource::new(AccessToken::new("long-lived").unwrap())),
        Server::refusing(&["long-lived"]),
    );
    for nth in 1..=5 {
        // There is no other token, and this one may be refused by one endpoint alone.
        assert_eq!(cache.authorized(|token| server.push(token)).await.unwrap(), StatusCode::UNAUTHORIZED);
        assert_eq!(server.calls(), nth);
    }
    assert_eq!(cache.authorized(|_| async { StatusCode::OK }).await.unwrap(), StatusCode::OK);
}

#[tokio::test]
async fn the_first_result_lives_until_the_second_call() {
    struct Response<'a>(StatusCode, &'a Cell<usize>);
    impl Drop for Response<'_> {
        fn drop(&mut self) {
            self.1.set(self.1.get() - 1);
        }
    }
    let (scene, open) = (Scene::gated(issuing()), Cell::new(0));
    scene.release(1);
    let call = |token: Arc<CachedToken>| {
        // A connection whose response is not read yet may be the only one that there is.
        assert_eq!(open.replace(1), 0);
        let dead = token.access_token().expose_secret() == "token-1";
        let status = if dead { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
        std::future::ready(Response(status, &open))
    };
    let refreshed = async {
        settle().await;
        assert_eq!(open.get(), 1, "it is held while the refresh runs, which may fail");
        scene.release(1);
    };
    let call = scene.cache.authorized_by(call, |response| response.0 == StatusCode::UNAUTHORIZED);
    let (response, ()) = tokio::join!(call, refreshed);
    assert_eq!(response.unwrap().0, StatusCode::OK);
}

#[tokio::test]
async fn a_dropped_call_leaves_nothing_behind() {
    let (scene, server) = (Scene::gated(issuing()), Server::refusing(&["token-1"]));
    scene.release(1);
    scene.token().await.unwrap();
    {
        let mut call = Box::pin(scene.cache.authorized(|token| server.push(token)));
        for _ in 0..5 {
            assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            settle().await;
        }
        assert_eq!(scene.calls(), 2, "it waits for the refresh");
    }
    scene.release(1);
    assert_eq!(scene.cache.authorized(|token| server.push(token)).await.unwrap(), StatusCode::OK);
    assert_eq!((scene.calls(), server.calls()), (2, 2), "the refresh went on for the next caller");
}

#[tokio::test]
async fn a_pool_replaces_the_channels_token_alone() {
    let (sources, server) = (Sources::new(), Server::refusing(&["token-1"]));
    let pool = sources.pool(10);
    let other = pool.token(&id(2)).await.unwrap();
    assert_eq!(pool.authorized(&id(1), |token| server.push(token)).await.unwrap(), StatusCode::OK);
    assert_eq!((sources.calls(1), sources.calls(2)), (2, 1));
    assert!(Arc::ptr_eq(&other, &pool.token(&id(2)).await.unwrap()));
}

/// A pool whose tokens are numbered over all channels.
fn numbering(max_capacity: usize) -> (TokenPool, ManualClock) {
    let line = MockBackend::new();
    let replies = (2..=9).fold(Reply::stateless_token("token-1"), |replies, nth| {
        replies.then(Reply::stateless_token(&format!("token-{nth}")))
    });
    line.given(Operation::IssueStateless).respond(replies);
    let client = line.client();
    let make = move |channel: &ChannelId| {
        Ok(StatelessSource::from_secret(client.clone(), channel.clone(), ChannelSecret::new("s3cret")?))
    };
    let pool = TokenPool::builder(make).clock(Arc::new(line.clock().clone())).max_capacity(max_capacity).build();
    (pool, line.clock().clone())
}

#[tokio::test]
async fn a_channel_that_is_removed_meanwhile_comes_again() {
    let ((pool, _), server, channel) = (numbering(10), Server::refusing(&["token-1"]), id(1));
    let call = |token: Arc<CachedToken>| {
        pool.remove(&channel);
        server.push(token)
    };
    assert_eq!(pool.authorized(&channel, call).await.unwrap(), StatusCode::OK);
    assert_eq!((server.calls(), pool.len()), (2, 0));
}

#[tokio::test]
async fn a_channel_that_is_evicted_meanwhile_comes_again() {
    let ((pool, clock), server, channel) = (numbering(1), Server::refusing(&["token-1"]), id(1));
    let status = pool.authorized(&channel, |token| {
        let (pool, server) = (&pool, &server);
        clock.advance(SECOND);
        async move {
            pool.token(&id(2)).await.unwrap();
            server.push(token).await
        }
    });
    assert_eq!(status.await.unwrap(), StatusCode::OK);
    assert_eq!((server.calls(), pool.len()), (2, 1));
}

#[tokio::test]
async fn a_pool_without_the_channel_calls_nothing() {
    let server = Server::default();
    let unknown = |_: &ChannelId| Err::<StaticSource, _>(Error::invalid_input("not a customer"));
    let pool = TokenPool::builder(unknown).build();
    let error = pool.authorized(&id(1), |token| server.push(token)).await.unwrap_err();
    assert_eq!((error.to_string().as_str(), server.calls()), ("not a customer", 0));
}

#[tokio::test]
async fn a_shut_down_pool_returns_the_401() {
    let (sources, server) = (Sources::new(), Server::refusing(&["token-1"]));
    let pool = sources.pool(10);
    pool.token(&id(1)).await.unwrap();
    pool.shutdown(Shutdown::default()).await;
    assert_eq!(pool.authorized(&id(1), |token| server.push(token)).await.unwrap(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_that_needs_no_wait_is_read_at_once() {
    let scene = Scene::new(issuing());
    assert!(scene.cache.try_token().is_none());
    let token = scene.cache.token().await.unwrap();
    assert!(scene.cache.try_token().is_some_and(|same| Arc::ptr_eq(&same, &token)));
    scene.clock.advance(850 * SECOND);
    assert!(scene.cache.try_token().is_some_and(|same| Arc::ptr_eq(&same, &token)), "it is valid for a while");
    scene.settle().await;
    assert_eq!(scene.calls(), 2, "and the next one was fetched");
    scene.clock.advance(900 * SECOND);
    assert!(scene.cache.try_token().is_none(), "it has expired");
}

#[tokio::test]
async fn a_call_with_a_token_may_be_spawned() {
    fn spawnable<T: Send>(future: T) -> T {
        future
    }
    let scene = Scene::new(issuing());
    let http = "a client".to_owned();
    let call = spawnable(scene.cache.authorized(|token| {
        let http = &http;
        async move {
            tokio::task::yield_now().await;
            assert_eq!((http.as_str(), token.header_value().is_sensitive()), ("a client", true));
            Ok::<_, std::io::Error>(StatusCode::OK)
        }
    }));
    assert!(call.await.unwrap().is_ok());
}
