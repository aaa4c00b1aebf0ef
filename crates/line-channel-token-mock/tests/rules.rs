//! Which rule responds, with what, and how often.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use futures_executor::block_on;
use http::{Method, StatusCode};
use line_channel_token_core::{
    AccessToken, AssertionKid, AssertionSource, ChannelId, ChannelSecret, Client, Error, ErrorKind, HttpBackend,
    Limits, Operation, RetryPolicy, StatelessToken, TokenLifetime,
};
use line_channel_token_mock::{FakeSigner, MockBackend, Reply, matchers};

fn id(id: &str) -> ChannelId {
    ChannelId::new(id).unwrap()
}

fn secret() -> ChannelSecret {
    ChannelSecret::new("s3cret").unwrap()
}

fn stateless(client: &Client, channel: &str) -> Result<StatelessToken, Error> {
    block_on(client.issue_stateless(&id(channel), &secret()))
}

fn token(client: &Client, channel: &str) -> String {
    stateless(client, channel).unwrap().access_token().expose_secret().to_owned()
}

#[test]
fn the_smallest_priority_then_the_oldest_responds() {
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).respond(Reply::stateless_token("first"));
    line.given(Operation::IssueStateless).respond(Reply::stateless_token("second"));
    assert_eq!(token(&line.client(), "1"), "first");
    line.given(Operation::IssueStateless)
        .and(matchers::channel("1"))
        .priority(1)
        .respond(Reply::stateless_token("urgent"));
    assert_eq!(token(&line.client(), "1"), "urgent");
    assert_eq!(token(&line.client(), "2"), "first");
}

#[test]
fn a_used_up_rule_passes_requests_on() {
    let line = MockBackend::new();
    let twice = line.given(Operation::IssueStateless).up_to_n_times(2).respond(Reply::stateless_token("twice"));
    line.given(Operation::IssueStateless).respond(Reply::stateless_token("rest"));
    let client = line.client();
    let tokens: Vec<_> = (0..4).map(|_| token(&client, "1")).collect();
    assert_eq!(tokens, ["twice", "twice", "rest", "rest"]);
    assert_eq!(twice.calls(), 2);
}

#[test]
fn the_last_reply_is_repeated() {
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).respond(
        Reply::stateless_token("a").then(Reply::stateless_token("b")).then(Reply::invalid_client_credentials()),
    );
    let client = line.client_builder().retry(RetryPolicy::never()).build();
    assert_eq!((token(&client, "1"), token(&client, "1")), ("a".to_owned(), "b".to_owned()));
    for _ in 0..2 {
        assert_eq!(stateless(&client, "1").unwrap_err().kind(), ErrorKind::InvalidClient);
    }
}

#[test]
fn every_condition_must_hold() {
    let line = MockBackend::new();
    line.given(matchers::method(Method::POST))
        .and(matchers::path("/oauth2/v3/token"))
        .and(matchers::field("client_id", "1"))
        .and(matchers::field("client_secret", "s3cret"))
        .and(matchers::header("content-type", "application/x-www-form-urlencoded"))
        .and(matchers::matching("there is no assertion", |request| request.expose_field("client_assertion").is_none()))
        .respond(Reply::stateless_token("all"));
    line.given(matchers::any()).priority(9).respond(Reply::stateless_token("fallback"));
    let client = line.client();
    assert_eq!(token(&client, "1"), "all");
    assert_eq!(token(&client, "2"), "fallback");
    let other = block_on(client.issue_stateless(&id("1"), &ChannelSecret::new("other").unwrap())).unwrap();
    assert_eq!(other.access_token().expose_secret(), "fallback");
}

#[test]
fn secret_and_assertion_are_two_operations() {
    let line = MockBackend::new();
    line.given(Operation::IssueStatelessWithJwt).expect(1).respond(Reply::stateless_token("with-jwt"));
    line.given(Operation::IssueStateless).expect(1).respond(Reply::stateless_token("with-secret"));
    let signer = FakeSigner::new(id("7"), AssertionKid::new("kid").unwrap());
    let assertion = block_on(signer.assertion(None)).unwrap();
    let issued = block_on(line.client().issue_stateless_with_jwt(&assertion)).unwrap();
    assert_eq!(issued.access_token().expose_secret(), "with-jwt");
    assert_eq!(token(&line.client(), "7"), "with-secret");
    let channels: Vec<_> =
        line.received_requests().iter().map(|request| request.channel_id().unwrap().into_owned()).collect();
    assert_eq!(channels, ["7", "7"]);
}

#[test]
fn a_function_replies_by_the_request() {
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).respond(Reply::from_fn(|request| {
        Reply::stateless_token(&format!("token-of-{}", request.channel_id().unwrap()))
            .expires_in(Duration::from_secs(7))
    }));
    let issued = stateless(&line.client(), "42").unwrap();
    assert_eq!(issued.access_token().expose_secret(), "token-of-42");
    assert_eq!(issued.expires_in(), Duration::from_secs(7));
}

#[test]
fn a_delay_beyond_the_deadline_times_out() {
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).respond(Reply::stateless_token("slow").delay(Duration::from_secs(3)));
    let issued = stateless(&line.client(), "1").unwrap();
    assert_eq!(issued.received_at().since(issued.sent_at()), Duration::from_secs(3));

    let line = MockBackend::new();
    line.given(Operation::Issue).respond(Reply::short_lived_token("late").delay(Duration::from_secs(30)));
    let error = block_on(line.client().issue(&id("1"), &secret())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(line.clock().recorded_sleeps(), [Duration::from_secs(10)], "the client's deadline");
}

#[test]
fn raw_responses_meet_the_clients_limit() {
    let line = MockBackend::new();
    let html = || Reply::raw(StatusCode::OK, "<html>").header(http::header::SERVER, "nginx");
    let large = Reply::raw(StatusCode::OK, vec![b'x'; 100_000]);
    line.given(Operation::IssueStateless).respond(html().then(html()).then(html()).then(large));
    let client = line.client();
    let error = stateless(&client, "1").unwrap_err();
    // Such a response may come from a captive portal, so the client made three attempts.
    assert_eq!((error.kind(), error.request_id().unwrap().as_str()), (ErrorKind::UnexpectedResponse, "mock-request-3"));
    assert_eq!(stateless(&client, "1").unwrap_err().kind(), ErrorKind::BodyTooLarge);
}

#[test]
fn requests_are_decoded_and_secrets_hidden() {
    let line = MockBackend::new();
    line.given(Operation::IssueJwt).respond(Reply::jwt_token("t", "k"));
    line.given(Operation::VerifyJwt).respond(Reply::verified("1"));
    let signer = FakeSigner::new(id("1"), AssertionKid::new("the-kid").unwrap());
    let assertion = signer.sign_for(TokenLifetime::from_days(1).unwrap()).unwrap();
    block_on(line.client().issue_jwt(&assertion)).unwrap();
    block_on(line.client().verify_jwt(&AccessToken::new("s3cret-token").unwrap())).unwrap();
    let received = line.received_requests();
    let [issue, verify] = &received[..] else { panic!("two requests") };
    assert_eq!(issue.assertion_kid().unwrap(), "the-kid");
    assert_eq!(issue.assertion_claim("token_exp").unwrap(), "86400");
    assert_eq!(issue.assertion_claim("aud").unwrap(), "https://api.line.me/");
    assert_eq!(issue.expose_field("client_assertion").unwrap(), assertion.expose_secret());
    assert_eq!((verify.method(), verify.path()), (&Method::GET, "/oauth2/v2.1/verify"));
    assert_eq!(verify.expose_field("access_token"), Some("s3cret-token"));
    assert!(verify.expose_request().uri().query().unwrap().contains("s3cret-token"));
    for shown in [format!("{received:?}"), format!("{line:?}"), format!("{issue} {verify}")] {
        assert!(!shown.contains("s3cret-token") && !shown.contains(assertion.expose_secret()), "{shown}");
    }
}

#[test]
fn a_failing_signer_returns_errors() {
    let signer = FakeSigner::new(id("1"), AssertionKid::new("k").unwrap()).failing();
    assert_eq!(signer.sign().unwrap_err().kind(), ErrorKind::Signing);
    assert_eq!(block_on(signer.assertion(Some(TokenLifetime::MAX))).unwrap_err().kind(), ErrorKind::Signing);
}

#[test]
fn reset_forgets_rules_and_requests() {
    let line = MockBackend::new();
    line.given(Operation::Issue).expect(3).respond(Reply::short_lived_token("t"));
    assert!(block_on(line.client().verify(&AccessToken::new("t").unwrap())).is_err());
    line.reset();
    assert!(line.received_requests().is_empty());
    line.verify();
}

#[test]
fn secret_headers_are_matched_and_not_shown() {
    let line = MockBackend::new();
    line.given(matchers::header("authorization", "Bearer the-token")).respond(Reply::revoked());
    for name in ["authorization", "Authorization", "x-secret"] {
        let mut value = http::HeaderValue::from_static("Bearer the-token");
        value.set_sensitive(name == "x-secret");
        let request = http::Request::post("https://api.line.me/v2/bot/message/push")
            .header("authorization", "Bearer the-token")
            .header(name, value)
            .header("x-line-retry-key", "a-key");
        block_on(line.send(request.body("{}".into()).unwrap(), Limits::default())).unwrap();

        let received = line.received_requests().pop().unwrap();
        assert_eq!(received.header(name), None, "{name}");
        assert_eq!(received.header("X-Line-Retry-Key"), Some("a-key"));
        assert_eq!(received.expose_request().headers()[name], "Bearer the-token");
    }
    let other = http::Request::post("https://api.line.me/").header("authorization", "Bearer another");
    let error = block_on(line.send(other.body("{}".into()).unwrap(), Limits::default())).unwrap_err();
    assert!(error.to_string().contains("the header authorization has another value"), "{error}");
    assert!(line.try_verify().is_err(), "one request matched no rule");
}

#[test]
fn a_timeout_lasts_until_the_deadline() {
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).respond(Reply::timeout());
    assert_eq!(stateless(&line.client(), "1").unwrap_err().kind(), ErrorKind::Timeout);
    let deadlines = line.clock().recorded_sleeps().iter().filter(|sleep| **sleep == Duration::from_secs(10)).count();
    assert_eq!((line.received_requests().len(), deadlines), (2, 2), "the second one ends past the total of 15 seconds");
}

#[test]
fn functions_may_use_the_mock() {
    let line = MockBackend::new();
    let in_matcher = line.clone();
    let in_reply = line.clone();
    line.given(Operation::IssueStateless)
        .and(matchers::matching("it comes early", move |_| in_matcher.received_requests().len() < 2))
        .respond(Reply::from_fn(move |_| {
            let token = format!("after-{}", in_reply.received_requests().len());
            Reply::stateless_token("first").then(Reply::stateless_token(&token))
        }));
    let client = line.client();
    assert_eq!((token(&client, "1"), token(&client, "1")), ("first".to_owned(), "after-2".to_owned()));
    assert!(stateless(&client, "1").is_err());
    assert!(line.try_verify().is_err());
}

#[test]
fn a_limit_is_no_expectation() {
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).up_to_n_times(2).respond(Reply::stateless_token("early"));
    line.given(Operation::IssueStateless).respond(Reply::stateless_token("late"));
    let client = line.client();
    assert_eq!(token(&client, "1"), "early");
    line.verify();
    assert_eq!((token(&client, "1"), token(&client, "1")), ("early".to_owned(), "late".to_owned()));
}

#[test]
fn a_path_is_matched_whole() {
    let line = MockBackend::new();
    line.given(matchers::path("/token")).respond(Reply::stateless_token("t"));
    assert!(stateless(&line.client(), "1").is_err());
    assert!(line.try_verify().unwrap_err().to_string().contains("the path is /oauth2/v3/token, not /token"));
}

#[test]
fn impossible_replies_panic_in_the_script() {
    let nonsense: [fn() -> Reply; 4] = [
        || Reply::revoked().scope("P"),
        || Reply::stateless_token("t").scope("P"),
        || Reply::timeout().header(http::header::SERVER, "x"),
        || Reply::revoked().header(http::header::SERVER, "line\nbreak"),
    ];
    for reply in nonsense {
        assert!(std::panic::catch_unwind(reply).is_err());
    }
}

#[test]
fn a_body_without_fields_stays_hidden() {
    use line_channel_token_core::{HttpBackend, Limits};
    let line = MockBackend::new();
    line.given(matchers::any()).respond(Reply::revoked());
    let body = bytes::Bytes::from_static(br#"{"client_secret":"S3CRET"}"#);
    let request = http::Request::post("https://api.line.me/v2/oauth/revoke").body(body).unwrap();
    block_on(line.send(request, Limits::default())).unwrap();
    let shown = format!("{:?}", line.received_requests());
    assert!(shown.contains("an unknown field") && !shown.contains("S3CRET"), "{shown}");
}
