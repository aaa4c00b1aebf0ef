//! A source that fails, and a server that gives odd lifetimes.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use line_channel_token_cache::{JwtSource, StatelessSource, TokenCache};
use line_channel_token_core::{
    AssertionKid, ChannelId, ChannelSecret, Clock, Error, Operation, RetryPolicy, Sent, TokenLifetime,
};
use line_channel_token_mock::{FakeSigner, ManualClock, MockBackend, Reply};

use crate::support::{Act, SECOND, Scene, settle};

fn failure() -> Act {
    Act::Fail(Error::signing("no key"))
}

#[tokio::test]
async fn a_failing_source_is_not_asked_per_request() {
    let scene = Scene::new([Act::Issue(900 * SECOND), failure()]);
    scene.token().await.unwrap();
    scene.clock.advance(800 * SECOND);
    for _ in 0..1000 {
        assert_eq!(scene.token().await.unwrap(), "token-1");
    }
    scene.settle().await;
    assert_eq!(scene.token().await.unwrap(), "token-1");
    assert_eq!(scene.calls(), 2);
    scene.clock.advance(31 * SECOND);
    scene.token().await.unwrap();
    scene.settle().await;
    assert_eq!(scene.calls(), 3, "retried when it was due");
}

#[tokio::test]
async fn a_failing_refresh_serves_until_expiry() {
    let scene = Scene::new([Act::Issue(900 * SECOND), failure()]);
    scene.token().await.unwrap();
    scene.clock.advance(890 * SECOND);
    assert_eq!(scene.token().await.unwrap(), "token-1");
    assert_eq!(scene.token().await.unwrap(), "token-1");
    scene.clock.advance(10 * SECOND);
    let error = scene.token().await.unwrap_err();
    assert!(error.to_string().starts_with("no key; try again in "), "{error}");
    assert_eq!(scene.calls(), 2);
}

#[tokio::test]
async fn an_error_is_shared_until_the_retry() {
    let scene = Scene::new([failure(), failure(), Act::Issue(900 * SECOND)]);
    for _ in 0..1000 {
        assert!(scene.token().await.is_err());
    }
    assert_eq!(scene.calls(), 1);
    let early = scene.token().await.unwrap_err().retry_after().unwrap();
    assert!((750..=1000).contains(&early.as_millis()), "{early:?}");
    scene.clock.advance(early);
    let longer = scene.token().await.unwrap_err().retry_after().unwrap();
    assert!((22..=30).contains(&longer.as_secs()), "{longer:?}");
    assert_eq!(scene.calls(), 2);
    scene.clock.advance(longer);
    assert_eq!(scene.token().await.unwrap(), "token-3", "a permanent failure is retried too: secrets get fixed");
    assert!(scene.cache.status().last_error.is_none());
}

#[tokio::test]
async fn retry_after_replaces_the_delay() {
    for wish in [5, 300] {
        let limited = Error::signing("slow down").with_retry_after(wish * SECOND);
        let scene = Scene::new([Act::Fail(limited), Act::Issue(900 * SECOND)]);
        assert!(scene.token().await.is_err());
        scene.clock.advance((wish - 1) * SECOND);
        assert_eq!(scene.token().await.unwrap_err().retry_after(), Some(SECOND));
        scene.clock.advance(SECOND);
        assert!(scene.token().await.is_ok());
    }
}

#[tokio::test]
async fn retry_after_shortens_no_uncertain_issue() {
    let lost = Error::transient("no response").with_sent(Sent::Unknown).with_retry_after(SECOND);
    let scene = Scene::new([Act::Issue(900 * SECOND), Act::Fail(lost)]);
    scene.token().await.unwrap();
    scene.clock.advance(800 * SECOND);
    scene.token().await.unwrap();
    scene.settle().await;
    let delay = scene.cache.status().retry_in;
    assert!((22..=30).contains(&delay.as_secs()), "{delay:?}");
}

#[tokio::test]
async fn failures_of_different_kinds_count_together() {
    let (passing, lasting) = (|| Act::Fail(Error::transient("the vault is sealed")), failure);
    let scene = Scene::new([passing(), lasting(), passing(), lasting()]);
    let mut delays = Vec::new();
    for _ in 0..4 {
        let delay = scene.token().await.unwrap_err().retry_after().unwrap();
        delays.push(delay.as_secs_f64().ceil());
        scene.clock.advance(delay);
    }
    assert_eq!(scene.calls(), 4);
    for (delay, longest) in delays.iter().zip([1.0, 1.0, 2.0, 120.0]) {
        assert!((0.75 * longest..=longest).contains(delay), "{delays:?}");
    }
}

#[tokio::test]
async fn issues_keep_the_minimum_interval() {
    for lifetime in [Duration::ZERO, Duration::from_millis(1), SECOND, 2 * SECOND, Duration::from_secs(u64::MAX)] {
        let scene = Scene::new([Act::Issue(lifetime)]);
        // Ten seconds, asked a hundred times a second.
        for _ in 0..1000 {
            let _ = scene.token().await;
            scene.settle().await;
            scene.clock.advance(Duration::from_millis(10));
        }
        assert!(
            (1..=10).contains(&scene.calls()),
            "a lifetime of {lifetime:?}: {} issues in ten seconds",
            scene.calls()
        );
    }
}

#[tokio::test]
async fn absurd_lifetimes_are_one_call_a_second() {
    for lifetime in ["0", "1", "-1", "-9223372036854775808", "9223372036854775807", "1e300", "null"] {
        let line = MockBackend::from_clock(ManualClock::new());
        let body = format!(r#"{{"token_type":"Bearer","access_token":"t","expires_in":{lifetime}}}"#);
        let asked = line.given(Operation::IssueStateless).respond(Reply::raw(StatusCode::OK, body));
        let (id, secret) = (ChannelId::new("1").unwrap(), ChannelSecret::new("s3cret").unwrap());
        // The client's own attempts are not what is counted here.
        let client = line.client_builder().retry(RetryPolicy::never()).build();
        let source = StatelessSource::from_secret(client, id, secret);
        let cache = TokenCache::builder(source).clock(Arc::new(line.clock().clone())).build();
        for _ in 0..3000 {
            let _ = cache.token().await;
            settle().await;
            line.clock().advance(Duration::from_millis(10));
        }
        assert!((1..=30).contains(&asked.calls()), "{lifetime}: {} calls in half a minute", asked.calls());
    }
}

#[tokio::test]
async fn a_token_expired_on_arrival_is_a_failure() {
    let scene = Scene::new([Act::Issue(Duration::ZERO)]);
    for least in [SECOND, 20 * SECOND] {
        let error = scene.token().await.unwrap_err();
        assert!(error.to_string().contains("expired before it could be returned"), "{error}");
        let status = scene.cache.status();
        assert!(status.last_error.is_some() && status.retry_in >= least, "{status:?}");
        scene.clock.advance(status.retry_in);
    }
}

#[tokio::test]
async fn an_invalidation_asks_at_once_whatever_failed_before() {
    let scene = Scene::new([Act::Issue(900 * SECOND), failure(), Act::Issue(900 * SECOND)]);
    let token = scene.cache.token().await.unwrap();
    scene.clock.advance(800 * SECOND);
    scene.token().await.unwrap();
    scene.settle().await;
    assert_eq!(scene.calls(), 2, "it failed, and the next attempt is due in half a minute");
    scene.cache.invalidate(&token);
    assert_eq!(scene.token().await.unwrap(), "token-3");
}

#[tokio::test]
async fn a_calendar_jump_ends_no_delay() {
    let limited = Error::signing("slow down").with_retry_after(300 * SECOND);
    let scene = Scene::new([Act::Fail(limited), Act::Issue(900 * SECOND)]);
    assert!(scene.token().await.is_err());
    scene.clock.set_unix_time(scene.clock.now().unix + 7200 * SECOND);
    assert_eq!(scene.token().await.unwrap_err().retry_after(), Some(300 * SECOND));
}

#[tokio::test]
async fn retry_after_is_clamped_to_ten_minutes() {
    let limited = Error::signing("come back later").with_retry_after(1_000_000 * SECOND);
    let scene = Scene::new([Act::Fail(limited), Act::Issue(900 * SECOND)]);
    assert_eq!(scene.token().await.unwrap_err().retry_after(), Some(600 * SECOND));
}

#[tokio::test]
async fn the_interval_holds_for_expired_arrivals() {
    let scene = Scene::minutely([Act::Issue(Duration::ZERO)]);
    for _ in 0..120 {
        let _ = scene.token().await;
        scene.clock.advance(SECOND);
    }
    assert!((1..=2).contains(&scene.calls()), "{} issues in two minutes", scene.calls());
}

#[tokio::test]
async fn an_uncertain_issue_is_not_repeated_soon() {
    let line = MockBackend::from_clock(ManualClock::new());
    let lost = line.given(Operation::IssueJwt).respond(Reply::connection_reset_after_send());
    let signer = FakeSigner::new(ChannelId::new("1").unwrap(), AssertionKid::new("kid").unwrap());
    let source = JwtSource::new(line.client(), signer, TokenLifetime::from_days(30).unwrap());
    let cache = TokenCache::builder(source).clock(Arc::new(line.clock().clone())).build();
    for _ in 0..30 * 60 {
        assert!(cache.token().await.is_err());
        line.clock().advance(SECOND);
    }
    assert!((2..=9).contains(&lost.calls()), "{} slots in half an hour", lost.calls());
}

#[tokio::test]
async fn a_calendar_jump_shortens_no_interval() {
    let scene = Scene::minutely([Act::Issue(30 * 86_400 * SECOND)]);
    for _ in 0..30 {
        let _ = scene.token().await;
        scene.clock.set_unix_time(scene.clock.now().unix + 31 * 86_400 * SECOND);
        scene.clock.advance(SECOND);
    }
    assert_eq!(scene.calls(), 1, "half a minute has passed");
}
