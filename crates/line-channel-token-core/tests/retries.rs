//! Which calls the client repeats, when, and how often; on a clock that moves by itself when somebody sleeps.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_executor::block_on;
use http::{Request, Response, StatusCode};
use line_channel_token_core::{
    AccessToken, Assertion, ChannelId, ChannelSecret, Client, Clock, ErrorKind, HttpBackend, Limits, Moment,
    RetryPolicy, Sent, Sleep, TransportError, TransportErrorKind,
};

/// Sleeping on it moves it.
#[derive(Debug, Default)]
struct AutoAdvancingClock(Mutex<Vec<Duration>>);

impl AutoAdvancingClock {
    fn sleeps(&self) -> Vec<Duration> {
        self.0.lock().unwrap().clone()
    }
}

impl Clock for AutoAdvancingClock {
    fn now(&self) -> Moment {
        let passed = self.sleeps().iter().fold(Duration::ZERO, |passed, sleep| passed.saturating_add(*sleep));
        Moment { monotonic: passed, unix: Duration::from_secs(1_767_225_600).saturating_add(passed) }
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.0.lock().unwrap().push(duration);
        Box::pin(std::future::ready(()))
    }
}

type Outcome = Result<Response<Bytes>, TransportError>;

/// Responds with what it was given, in turn, and records the requests.
#[derive(Debug, Default)]
struct Script(Mutex<(VecDeque<Outcome>, Vec<Request<Bytes>>)>);

#[async_trait]
impl HttpBackend for Script {
    async fn send(&self, request: Request<Bytes>, _: Limits) -> Outcome {
        let mut script = self.0.lock().unwrap();
        script.1.push(request);
        script.0.pop_front().expect("the client sent more often than the script allows")
    }
}

fn response(status: u16, body: &'static str) -> Outcome {
    let mut response = Response::new(Bytes::from_static(body.as_bytes()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    Ok(response)
}

fn failure(kind: TransportErrorKind, sent: Sent) -> Outcome {
    Err(TransportError::new(kind, sent))
}

const ISSUED: &str = r#"{"access_token":"eyJ","token_type":"Bearer","expires_in":900,"key_id":"k"}"#;

struct Scene {
    client: Client,
    script: Arc<Script>,
    clock: Arc<AutoAdvancingClock>,
}

impl Scene {
    fn new(outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        Self::with(RetryPolicy::default(), outcomes)
    }

    fn with(retry: RetryPolicy, outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        let script = Arc::new(Script::default());
        script.0.lock().unwrap().0.extend(outcomes);
        let clock = Arc::new(AutoAdvancingClock::default());
        let client = Client::builder(script.clone()).clock(clock.clone()).retry(retry).build();
        Self { client, script, clock }
    }

    fn attempts(&self) -> usize {
        self.script.0.lock().unwrap().1.len()
    }
}

fn channel() -> (ChannelId, ChannelSecret) {
    (ChannelId::new("1234567890").unwrap(), ChannelSecret::new("s3cr3t").unwrap())
}

fn assertion() -> Assertion {
    Assertion::new("aa.bb.cc").unwrap()
}

#[test]
fn a_stateless_issue_survives_two_failures_with_growing_jittered_delays() {
    let scene =
        Scene::new([failure(TransportErrorKind::Interrupted, Sent::Unknown), response(503, ""), response(200, ISSUED)]);
    let (id, secret) = channel();
    let token = block_on(scene.client.issue_stateless(&id, &secret)).unwrap();
    assert_eq!(scene.attempts(), 3);
    let delays = scene.clock.sleeps();
    assert!((100..=200).contains(&delays[0].as_millis()), "{delays:?}");
    assert!((200..=400).contains(&delays[1].as_millis()), "{delays:?}");
    assert_eq!(token.sent_at().monotonic, delays[0] + delays[1], "the lifetime counts from the attempt that succeeded");
}

#[test]
fn each_attempt_sends_the_same_request_without_a_retry_key() {
    let scene = Scene::new([response(500, ""), response(200, "")]);
    let _ = block_on(scene.client.revoke(&AccessToken::new("t").unwrap())).unwrap();
    let script = scene.script.0.lock().unwrap();
    let [first, second] = &script.1[..] else { panic!("two attempts") };
    assert_eq!(first.body(), second.body());
    assert_eq!((first.uri(), first.headers()), (second.uri(), second.headers()));
    assert!(!first.headers().contains_key("x-line-retry-key") && !first.headers().contains_key("authorization"));
}

#[test]
fn an_issue_that_may_have_arrived_is_never_repeated() {
    for outcome in [
        failure(TransportErrorKind::Timeout, Sent::Unknown),
        failure(TransportErrorKind::Interrupted, Sent::Unknown),
        response(500, ""),
        response(429, ""),
    ] {
        let scene = Scene::new([outcome]);
        let error = block_on(scene.client.issue_jwt(&assertion())).unwrap_err();
        assert_eq!(scene.attempts(), 1);
        assert!(error.is_transient());
    }
    let scene = Scene::new([failure(TransportErrorKind::Timeout, Sent::Unknown)]);
    let (id, secret) = channel();
    let error = block_on(scene.client.issue(&id, &secret)).unwrap_err();
    assert_eq!((error.kind(), error.sent(), error.status()), (ErrorKind::Timeout, Sent::Unknown, None));
    assert!(error.to_string().contains("counts towards the channel's 30"), "{error}");
}

#[test]
fn an_issue_that_never_left_is_repeated() {
    let scene = Scene::new([
        failure(TransportErrorKind::Connect, Sent::NotSent),
        failure(TransportErrorKind::Timeout, Sent::NotSent),
        response(200, ISSUED),
    ]);
    assert_eq!(block_on(scene.client.issue_jwt(&assertion())).unwrap().key_id().as_str(), "k");
    assert_eq!(scene.attempts(), 3);
}

#[test]
fn a_refusal_is_final() {
    for (status, body) in [(400, r#"{"error":"invalid_client"}"#), (404, "{\"message\":\"x\"}"), (302, "")] {
        let scene = Scene::new([response(status, body)]);
        assert!(block_on(scene.client.key_ids(&assertion())).is_err());
        assert_eq!(scene.attempts(), 1, "{status}");
    }
    let scene = Scene::new([failure(TransportErrorKind::BodyTooLarge, Sent::Unknown)]);
    let error = block_on(scene.client.key_ids(&assertion())).unwrap_err();
    assert_eq!((error.kind(), scene.attempts()), (ErrorKind::BodyTooLarge, 1));
}

const PORTAL: &str = "<!DOCTYPE html><title>Welcome to our free Wi-Fi</title>";

#[test]
fn a_success_that_is_not_lines_is_repeated_if_that_does_no_harm() {
    let scene = Scene::new([response(200, PORTAL), response(200, "{"), response(200, r#"{"kids":[]}"#)]);
    assert!(block_on(scene.client.key_ids(&assertion())).is_ok());
    assert_eq!((scene.attempts(), scene.clock.sleeps().len()), (3, 2));

    let scene = Scene::new([response(200, PORTAL), response(200, PORTAL), response(200, PORTAL)]);
    let error = block_on(scene.client.key_ids(&assertion())).unwrap_err();
    assert_eq!((error.kind(), error.is_transient(), scene.attempts()), (ErrorKind::UnexpectedResponse, true, 3));

    let scene = Scene::new([response(200, PORTAL)]);
    let error = block_on(scene.client.issue_jwt(&assertion())).unwrap_err();
    assert_eq!((error.kind(), error.is_transient(), scene.attempts()), (ErrorKind::UnexpectedResponse, false, 1));
}

#[test]
fn the_last_failure_is_returned_when_the_attempts_are_used_up() {
    let scene = Scene::with(RetryPolicy::default().with_max_attempts(2), [response(500, ""), response(502, "")]);
    let error = block_on(scene.client.key_ids(&assertion())).unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), scene.attempts()), (502, 2));
    let scene = Scene::with(RetryPolicy::never(), [response(500, "")]);
    assert!(block_on(scene.client.key_ids(&assertion())).is_err());
    assert_eq!(scene.attempts(), 1);
}

#[test]
fn retry_after_is_honoured_if_it_fits_into_the_total_and_reported_if_not() {
    let limited = |seconds: &'static str| {
        let mut response = response(429, "").unwrap();
        response.headers_mut().insert("retry-after", seconds.parse().unwrap());
        Ok(response)
    };
    let scene = Scene::new([limited("5"), response(200, r#"{"kids":[]}"#)]);
    block_on(scene.client.key_ids(&assertion())).unwrap();
    assert_eq!(scene.clock.sleeps(), [Duration::from_secs(5)]);

    let scene = Scene::new([limited("60")]);
    let error = block_on(scene.client.key_ids(&assertion())).unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(60))));
    assert!(scene.clock.sleeps().is_empty());
}

#[test]
fn a_short_lived_issue_that_never_left_is_repeated_too() {
    let scene = Scene::new([failure(TransportErrorKind::Connect, Sent::NotSent), response(200, ISSUED)]);
    let (id, secret) = channel();
    assert!(block_on(scene.client.issue(&id, &secret)).is_ok());
    assert_eq!(scene.attempts(), 2);
}

#[test]
fn an_untrusted_certificate_is_no_passing_trouble() {
    let scene = Scene::new([failure(TransportErrorKind::Certificate, Sent::NotSent)]);
    let error = block_on(scene.client.key_ids(&assertion())).unwrap_err();
    assert_eq!((error.kind(), error.is_transient(), scene.attempts()), (ErrorKind::Certificate, false, 1));
}

#[test]
fn no_attempt_starts_after_the_total_and_no_delay_is_longer_than_the_longest() {
    let seconds = Duration::from_secs;
    let patient = RetryPolicy::default()
        .with_max_attempts(100)
        .with_min_delay(seconds(30))
        .with_max_delay(seconds(2))
        .with_max_elapsed(seconds(9));
    let scene = Scene::with(patient, (0..100).map(|_| response(503, "")));
    assert!(block_on(scene.client.key_ids(&assertion())).is_err());
    let delays = scene.clock.sleeps();
    assert!(delays.iter().all(|delay| *delay <= seconds(4)), "twice the longest, with jitter: {delays:?}");
    assert!(delays.iter().sum::<Duration>() <= seconds(9) && scene.attempts() == delays.len() + 1, "{delays:?}");
    assert!(delays.len() >= 2, "{delays:?}");
}

#[test]
fn the_longest_delays_that_can_be_told_overflow_nothing() {
    let mut far = response(429, "").unwrap();
    far.headers_mut().insert("retry-after", u64::MAX.to_string().parse().unwrap());
    let scene = Scene::new([Ok(far)]);
    assert_eq!(block_on(scene.client.key_ids(&assertion())).unwrap_err().kind(), ErrorKind::RateLimited);

    let endless = RetryPolicy::default()
        .with_max_attempts(usize::MAX)
        .with_min_delay(Duration::MAX)
        .with_max_delay(Duration::MAX)
        .with_max_elapsed(Duration::MAX);
    let scene = Scene::with(endless, [response(503, ""), response(503, ""), response(200, r#"{"kids":[]}"#)]);
    let outcome = block_on(scene.client.key_ids(&assertion()));
    assert_eq!(scene.clock.sleeps()[0], Duration::MAX);
    assert!(outcome.is_err(), "two such delays are longer than any total");
}

/// A clock whose timer is not available.
#[derive(Debug, Default)]
struct NoTimer(AtomicUsize);

impl Clock for NoTimer {
    fn now(&self) -> Moment {
        Moment { monotonic: Duration::from_secs(1), unix: Duration::from_secs(1_767_225_600) }
    }

    fn sleep(&self, _: Duration) -> Sleep {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(std::future::ready(()))
    }
}

#[test]
fn a_call_is_not_repeated_without_a_delay() {
    let script = Arc::new(Script::default());
    script.0.lock().unwrap().0.extend([response(503, "")]);
    let clock = Arc::new(NoTimer::default());
    let client = Client::builder(script.clone()).clock(clock.clone()).build();
    let error = block_on(client.key_ids(&assertion())).unwrap_err();
    assert_eq!((error.kind(), clock.0.load(Ordering::SeqCst)), (ErrorKind::Server, 1));
}

/// A backend with a runtime of its own, on whose time no clock need have a say.
#[derive(Debug, Default)]
struct OnARuntime(Script, Mutex<Vec<Duration>>);

#[async_trait]
impl HttpBackend for OnARuntime {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Outcome {
        self.0.send(request, limits).await
    }

    fn sleep(&self, duration: Duration) -> Option<Sleep> {
        self.1.lock().unwrap().push(duration);
        Some(Box::pin(std::future::ready(())))
    }
}

#[test]
fn the_backends_runtime_sleeps_unless_a_clock_was_given() {
    let seconds = Duration::from_secs;
    let policy = RetryPolicy::default()
        .with_max_attempts(100)
        .with_min_delay(seconds(2))
        .with_max_delay(seconds(2))
        .with_max_elapsed(seconds(9));
    let backend = Arc::new(OnARuntime::default());
    backend.0.0.lock().unwrap().0.extend((0..100).map(|_| response(503, "")));
    let client = Client::builder(backend.clone()).retry(policy).build();
    assert!(block_on(client.key_ids(&assertion())).is_err());
    let delays = backend.1.lock().unwrap().clone();
    assert!(delays.len() >= 2 && delays.iter().sum::<Duration>() <= seconds(9), "{delays:?}");

    let clock = Arc::new(AutoAdvancingClock::default());
    let client = Client::builder(backend.clone()).retry(policy).clock(clock.clone()).build();
    assert!(block_on(client.key_ids(&assertion())).is_err());
    assert!(clock.sleeps().len() >= 2);
    assert_eq!(*backend.1.lock().unwrap(), delays, "the clock alone slept");
}
