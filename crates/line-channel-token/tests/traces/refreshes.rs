//! The spans of a cache: a refresh is nobody's child.

use std::time::Duration;

use line_channel_token::cache::{ShortLivedSource, Shutdown, StatelessSource, TokenCache, TokenPool};
use line_channel_token::mock::{ManualClock, MockBackend, Reply};
use line_channel_token::{ChannelId, Operation};
use tracing::level_filters::LevelFilter;
use tracing::{Instrument, info_span};

use crate::calls::{CALL, channel};
use crate::capture::{Capture, Recorded};
use crate::guide::the_guide_lists;

const REFRESH: &str = "issue_channel_access_token";
const WAIT: &str = "wait_for_channel_access_token";
/// Near the end of a stateless token, so that a new one is due.
const LATE: Duration = Duration::from_secs(800);

async fn settle() {
    for _ in 0..30 {
        tokio::task::yield_now().await;
    }
}

/// A LINE that takes a second for each stateless token after the first, and a cache over it.
fn line() -> (MockBackend, TokenCache) {
    let line = MockBackend::from_clock(ManualClock::new());
    let later = Reply::stateless_token("t").delay(Duration::from_secs(1));
    line.given(Operation::IssueStateless).respond(Reply::stateless_token("t").then(later));
    let (id, secret) = channel();
    let cache = TokenCache::new(StatelessSource::from_secret(line.client(), id, secret));
    (line, cache)
}

fn is_root(refresh: &Recorded, follows: &[u64]) {
    assert_eq!((refresh.parent, refresh.follows.as_slice()), (None, follows), "{refresh:#?}");
}

#[tokio::test]
async fn a_request_that_waits_has_its_wait_and_the_refresh_is_a_root() {
    let (capture, _guard) = Capture::start(LevelFilter::DEBUG);
    let (_line, cache) = line();
    let request = |name: &'static str| cache.token().instrument(info_span!("request", name));
    let (first, second) = tokio::join!(request("first"), request("second"));
    assert!(first.is_ok() && second.is_ok());

    let (requests, waits) = (capture.named("request"), capture.named(WAIT));
    let refresh = capture.only(REFRESH);
    for (wait, request) in waits.iter().zip(&requests) {
        assert_eq!((wait.parent, wait.field("channel_id")), (Some(request.id), "1234567890"));
    }
    assert_eq!(waits.len(), 2);
    is_root(&refresh, &[waits[0].id]);
    let call = capture.only(CALL);
    assert_eq!((call.parent, call.all(["operation", "outcome"])), (Some(refresh.id), ["issue_stateless", "ok"]));
    for span in capture.spans() {
        assert!(span.is_closed, "{span:#?}");
    }
}

#[tokio::test]
async fn a_refresh_in_the_background_is_not_below_the_request_that_found_an_old_token() {
    let (capture, _guard) = Capture::start(LevelFilter::DEBUG);
    let (line, cache) = line();
    cache.token().await.unwrap();
    line.clock().advance(LATE);
    cache.token().instrument(info_span!("request")).await.unwrap();
    settle().await;

    let request = capture.only("request");
    assert!(request.is_closed, "it does not stay open for the refresh");
    let refresh = capture.named(REFRESH).pop().unwrap();
    is_root(&refresh, &[request.id]);
    assert!(!refresh.is_closed, "it is under way");
    assert_eq!(capture.named(WAIT).len(), 1, "the second request did not wait");
    assert_eq!(capture.named(CALL).pop().unwrap().parent, Some(refresh.id));
    line.clock().advance(Duration::from_secs(1));
    settle().await;
    assert!(capture.named(REFRESH).pop().unwrap().is_closed);
}

#[tokio::test]
async fn a_refresh_that_nobody_asked_for_follows_from_nothing() {
    let (capture, _guard) = Capture::start(LevelFilter::DEBUG);
    let (line, cache) = line();
    async { cache.warm_up_in_background() }.instrument(info_span!("start")).await;
    line.clock().advance(Duration::from_secs(1));
    settle().await;
    is_root(&capture.only(REFRESH), &[]);
    assert!(cache.status().is_ready());
}

#[tokio::test]
async fn a_refresh_that_waited_for_a_permit_does_not_follow_from_another_channel() {
    let (capture, _guard) = Capture::start(LevelFilter::DEBUG);
    let line = MockBackend::from_clock(ManualClock::new());
    let slow = Reply::stateless_token("t").delay(Duration::from_secs(1));
    line.given(Operation::IssueStateless)
        .respond(Reply::stateless_token("t").then(Reply::stateless_token("t")).then(slow));
    let client = line.client();
    let pool = TokenPool::builder(move |id: &ChannelId| {
        Ok(StatelessSource::from_secret(client.clone(), id.clone(), channel().1))
    });
    let pool = pool.max_concurrent_issues(1).clock(std::sync::Arc::new(line.clock().clone())).build();
    let (one, two) = (ChannelId::new("1").unwrap(), ChannelId::new("2").unwrap());
    for channel in [&one, &two] {
        pool.token(channel).await.unwrap();
    }
    line.clock().advance(LATE);
    for channel in [&one, &two] {
        pool.token(channel).instrument(info_span!("request")).await.unwrap();
        settle().await;
    }
    let first = capture.named(REFRESH).pop().unwrap();
    assert_eq!(first.field("channel_id"), "1");
    is_root(&first, &[capture.named("request")[0].id]);
    line.clock().advance(Duration::from_secs(1));
    settle().await;
    let second = capture.named(REFRESH).pop().unwrap();
    assert_eq!(second.field("channel_id"), "2", "it began when the first ended, within the span of the first");
    is_root(&second, &[]);
}

#[tokio::test]
async fn a_revocation_in_the_background_is_a_root_that_names_its_channel() {
    let (capture, _guard) = Capture::start(LevelFilter::DEBUG);
    let line = MockBackend::from_clock(ManualClock::new());
    line.given(Operation::Issue).respond(Reply::short_lived_token("old").then(Reply::short_lived_token("new")));
    line.given(Operation::Revoke).respond(Reply::revoked());
    let (id, secret) = channel();
    let source = ShortLivedSource::new(line.client(), id, secret).revoke_previous_after(Duration::from_secs(60));
    let cache = TokenCache::new(source);
    let token = cache.token().await.unwrap();
    async { cache.invalidate(&token) }.instrument(info_span!("request")).await;
    line.clock().advance(Duration::from_secs(1));
    settle().await;
    let revocation = capture.only("revoke_channel_access_tokens");
    is_root(&revocation, &[]);
    assert_eq!(revocation.field("channel_id"), "1234567890");
    let call = capture.named(CALL).pop().unwrap();
    assert_eq!((call.field("operation"), call.parent), ("revoke", Some(revocation.id)));
    cache.shutdown(Shutdown::default()).await;
    assert!(the_guide_lists(&capture) > 0);
}
