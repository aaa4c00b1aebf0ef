//! The span of a call, over the mock.

use std::future::pending;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, Request, Response};
use line_channel_token::mock::{ManualClock, MockBackend, Reply};
use line_channel_token::{
    AccessToken, BaseUrl, ChannelId, ChannelSecret, Client, HttpBackend, Limits, Operation, RetryPolicy,
    TransportError, async_trait,
};
use tracing::Level;
use tracing::level_filters::LevelFilter;

use crate::capture::Capture;

pub(crate) const CALL: &str = "channel_access_token_call";

pub(crate) fn channel() -> (ChannelId, ChannelSecret) {
    (ChannelId::new("1234567890").unwrap(), ChannelSecret::new("0123456789abcdef0123456789abcdef").unwrap())
}

fn with_request_id(reply: Reply, id: &str) -> Reply {
    reply.header(HeaderName::from_static("x-line-request-id"), id)
}

#[tokio::test]
async fn a_call_has_one_span_that_says_how_it_went() {
    let (capture, _guard) = Capture::start(LevelFilter::TRACE);
    let line = MockBackend::from_clock(ManualClock::auto_advancing());
    let reply =
        with_request_id(Reply::stateless_token("s3cret-token"), "ae5ddf5c-0fc9").delay(Duration::from_millis(1500));
    line.given(Operation::IssueStateless).respond(reply);
    line.clock().advance(Duration::from_secs(5));
    let (id, secret) = channel();
    line.client().issue_stateless(&id, &secret).await.unwrap();

    let call = capture.only(CALL);
    assert_eq!((call.level, call.target.as_str(), call.parent), (Level::INFO, "line_channel_token_core", None));
    assert!(call.is_closed && call.overwritten == 0, "{call:#?}");
    for (field, value) in [
        ("otel.name", "issue_stateless"),
        ("otel.kind", "client"),
        ("operation", "issue_stateless"),
        ("channel_id", "1234567890"),
        ("server.address", "api.line.me"),
        ("server.port", "443"),
        ("attempts", "1"),
        ("http.response.status_code", "200"),
        ("request_id", "ae5ddf5c-0fc9"),
        ("duration_ms", "1500"),
        ("outcome", "ok"),
        ("error.type", ""),
        ("otel.status_code", ""),
        ("otel.status_description", ""),
    ] {
        assert_eq!(call.field(field), value, "{field}");
    }
    assert!(capture.events().is_empty(), "a success is no event");
}

#[tokio::test]
async fn the_address_of_a_server_is_bare_and_its_path_is_not_shown() {
    let (capture, _guard) = Capture::start(LevelFilter::TRACE);
    let line = MockBackend::new();
    line.given(Operation::Verify).respond(Reply::verified("1"));
    for (url, address, port) in [
        ("http://[::1]:8787", "::1", "8787"),
        ("https://gateway.example/s3cret-path", "gateway.example", "443"),
        ("http://127.0.0.1", "127.0.0.1", "80"),
    ] {
        let client = line.client_builder().base_url(BaseUrl::new(url).unwrap()).build();
        client.verify(&AccessToken::new("s3cret-token").unwrap()).await.unwrap();
        let call = capture.named(CALL).pop().unwrap();
        assert_eq!(call.all(["server.address", "server.port", "channel_id"]), [address, port, ""]);
        assert!(!format!("{call:?}").contains("s3cret"), "{call:#?}");
    }
}

#[tokio::test]
async fn a_repeated_attempt_is_an_event_of_the_call() {
    let (capture, _guard) = Capture::start(LevelFilter::TRACE);
    let line = MockBackend::from_clock(ManualClock::auto_advancing());
    let replies = with_request_id(Reply::server_error(), "the-first")
        .then(Reply::connection_refused())
        .then(with_request_id(Reply::stateless_token("t"), "the-third"));
    line.given(Operation::IssueStateless).respond(replies);
    let (id, secret) = channel();
    line.client().issue_stateless(&id, &secret).await.unwrap();

    let call = capture.only(CALL);
    assert_eq!(call.all(["attempts", "outcome", "request_id", "otel.status_code"]), ["3", "ok", "the-third", ""]);
    let events = capture.events();
    let told: Vec<_> = events.iter().map(|event| event.all(["attempt", "error.type"])).collect();
    assert_eq!(told, [["1", "server"], ["2", "connect"]]);
    assert!(events[0].field("error").contains("request id the-first"), "{events:#?}");
    for (event, slept) in events.iter().zip(line.clock().recorded_sleeps()) {
        assert_eq!((event.level, event.parent), (Level::WARN, Some(call.id)));
        assert_eq!(event.field("delay_ms"), slept.as_millis().to_string());
    }
}

#[tokio::test]
async fn a_failed_call_says_why_and_shows_the_last_attempt_alone() {
    let (capture, _guard) = Capture::start(LevelFilter::TRACE);
    let line = MockBackend::from_clock(ManualClock::auto_advancing());
    line.given(Operation::Issue).respond(with_request_id(Reply::invalid_client_secret(), "of-a-refusal"));
    let replies = with_request_id(Reply::server_error(), "of-the-first").then(Reply::connection_refused());
    line.given(Operation::Verify).respond(replies);
    let client = line.client_builder().retry(RetryPolicy::default().with_max_attempts(2)).build();
    let (id, secret) = channel();
    let refused = client.issue(&id, &secret).await.unwrap_err();
    let unreachable = client.verify(&AccessToken::new("t").unwrap()).await.unwrap_err();

    for (call, error, status, request_id, attempts) in [
        (&capture.named(CALL)[0], refused, "400", "of-a-refusal", "1"),
        (&capture.named(CALL)[1], unreachable, "", "", "2"),
    ] {
        assert_eq!(call.all(["outcome", "otel.status_code", "attempts"]), ["error", "ERROR", attempts]);
        assert_eq!(call.field("error.type"), error.kind().as_str());
        assert_eq!(call.field("otel.status_description"), error.to_string());
        assert_eq!(call.all(["http.response.status_code", "request_id"]), [status, request_id]);
        assert!(call.is_closed && call.overwritten == 0, "{call:#?}");
    }
}

#[tokio::test]
async fn a_value_that_is_refused_before_sending_counts_no_attempt() {
    let (capture, _guard) = Capture::start(LevelFilter::TRACE);
    let line = MockBackend::new();
    let too_long = AccessToken::new("x".repeat(70_000)).unwrap();
    line.client().verify_jwt(&too_long).await.unwrap_err();
    let call = capture.only(CALL);
    assert_eq!(call.all(["attempts", "outcome", "error.type"]), ["0", "error", "invalid_input"]);
    assert!(!format!("{call:?}").contains("xxx"));
}

/// Responds never, or panics.
#[derive(Debug)]
struct Stuck {
    panics: bool,
}

#[async_trait]
impl HttpBackend for Stuck {
    async fn send(&self, _: Request<Bytes>, _: Limits) -> Result<Response<Bytes>, TransportError> {
        tracing::info!("in the backend");
        if self.panics {
            panic!("a backend of a user");
        }
        pending().await
    }
}

#[tokio::test]
async fn a_cancelled_call_claims_no_success() {
    let (capture, _guard) = Capture::start(LevelFilter::TRACE);
    let clock = ManualClock::new();
    clock.advance(Duration::from_secs(5));
    let client = Client::builder(Stuck { panics: false }).clock(std::sync::Arc::new(clock.clone())).build();
    let (id, secret) = channel();
    let unpolled = client.issue(&id, &secret);
    drop(unpolled);
    assert!(capture.spans().is_empty(), "a call that was never polled did nothing");
    let mut call = Box::pin(client.issue(&id, &secret));
    assert!(futures_poll(call.as_mut()).is_none());
    clock.advance(Duration::from_millis(250));
    let running = capture.only(CALL);
    assert_eq!(running.all(["outcome", "otel.status_code"]), ["", ""], "nothing is known yet");
    assert!(!running.is_closed);
    drop(call);

    let call = capture.only(CALL);
    assert_eq!(call.all(["outcome", "error.type", "otel.status_code"]), ["cancelled", "cancelled", "ERROR"]);
    assert_eq!(call.all(["attempts", "duration_ms", "http.response.status_code"]), ["1", "250", ""]);
    assert!(call.is_closed);
}

#[tokio::test]
async fn a_panic_of_the_backend_claims_no_success_either() {
    let (capture, _guard) = Capture::start(LevelFilter::TRACE);
    let client = Client::new(Stuck { panics: true });
    let (id, secret) = channel();
    let mut call = Box::pin(client.issue(&id, &secret));
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| futures_poll(call.as_mut())));
    assert!(caught.is_err());
    drop(call);
    let call = capture.only(CALL);
    assert_eq!(call.all(["outcome", "error.type", "otel.status_code"]), ["panicked", "panicked", "ERROR"]);
    assert!(call.is_closed);
}

#[tokio::test]
async fn between_two_polls_nobody_is_in_the_span() {
    let (capture, _guard) = Capture::start(LevelFilter::TRACE);
    let client = Client::new(Stuck { panics: false });
    let (id, secret) = channel();
    let mut calls = [Box::pin(client.issue(&id, &secret)), Box::pin(client.issue(&id, &secret))];
    for call in &mut calls {
        assert!(futures_poll(call.as_mut()).is_none());
        tracing::info!("beside the calls");
    }
    let (ids, events) = (capture.named(CALL), capture.events());
    let parents: Vec<_> = events.iter().map(|event| event.parent).collect();
    assert_eq!(parents, [Some(ids[0].id), None, Some(ids[1].id), None], "{events:#?}");
}

#[tokio::test]
async fn a_call_is_below_the_span_of_its_caller() {
    use tracing::Instrument;

    let (capture, _guard) = Capture::start(LevelFilter::INFO);
    let line = MockBackend::new();
    line.given(Operation::Verify).respond(Reply::verified("1"));
    let (client, token) = (line.client(), AccessToken::new("t").unwrap());
    client.verify(&token).instrument(tracing::info_span!("request")).await.unwrap();
    assert_eq!(capture.only(CALL).parent, Some(capture.only("request").id));
}

/// Polls once.
fn futures_poll<F: Future + ?Sized>(future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.poll(&mut context) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}
