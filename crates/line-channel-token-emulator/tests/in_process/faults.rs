//! Injected faults: which requests meet one, how often, and what a client in the process sees.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::*;
use bytes::Bytes;
use http::{Method, Request};
use line_channel_token_core::{
    AccessToken, ChannelId, ChannelSecret, Client, Clock, Error, ErrorKind, Moment, Operation, RetryPolicy, Sent,
    Sleep, SystemClock,
};
use line_channel_token_emulator::{Emulator, Fault, FaultKind, TokenFamily};

fn id() -> ChannelId {
    ChannelId::new(CHANNEL).unwrap()
}

fn other_id() -> ChannelId {
    ChannelId::new(OTHER_CHANNEL).unwrap()
}

fn client(emulator: &Emulator) -> Client {
    emulator.client_builder().retry(RetryPolicy::never()).build()
}

fn issue_over(client: &Client) -> Result<(), Error> {
    futures_executor::block_on(client.issue(&id(), &ChannelSecret::new(SECRET).unwrap())).map(drop)
}

fn fault(kind: FaultKind) -> Fault {
    match kind {
        FaultKind::Status => Fault::status(503).unwrap(),
        FaultKind::Delay => Fault::delay(Duration::from_secs(3)),
        FaultKind::Hang => Fault::hang(),
        FaultKind::ConnectionResetBefore => Fault::connection_reset_before(),
        FaultKind::ConnectionResetAfter => Fault::connection_reset_after(),
        FaultKind::Garbage => Fault::garbage(),
        FaultKind::TruncatedBody => Fault::truncated_body(),
        FaultKind::InvalidJson => Fault::invalid_json(),
        FaultKind::Html => Fault::html(),
        FaultKind::EmptyBody => Fault::empty_body(),
        FaultKind::SlowBody => Fault::slow_body(),
        FaultKind::OversizedBody => Fault::oversized_body(),
        FaultKind::Redirect => Fault::redirect(),
        FaultKind::WrongContentType => Fault::wrong_content_type(),
        _ => panic!("{kind} is not tested"),
    }
}

#[test]
fn each_kind_has_its_error_and_its_effect() {
    for (kind, error) in [
        (FaultKind::Status, Some(ErrorKind::Server)),
        (FaultKind::Delay, None),
        (FaultKind::Hang, Some(ErrorKind::Timeout)),
        (FaultKind::ConnectionResetBefore, Some(ErrorKind::Interrupted)),
        (FaultKind::ConnectionResetAfter, Some(ErrorKind::Interrupted)),
        (FaultKind::Garbage, Some(ErrorKind::Transport)),
        (FaultKind::TruncatedBody, Some(ErrorKind::Interrupted)),
        (FaultKind::InvalidJson, Some(ErrorKind::UnexpectedResponse)),
        (FaultKind::Html, Some(ErrorKind::Server)),
        (FaultKind::EmptyBody, Some(ErrorKind::UnexpectedResponse)),
        (FaultKind::SlowBody, Some(ErrorKind::Timeout)),
        (FaultKind::OversizedBody, Some(ErrorKind::BodyTooLarge)),
        (FaultKind::Redirect, Some(ErrorKind::UnexpectedResponse)),
        (FaultKind::WrongContentType, None),
    ] {
        let (emulator, _) = emulator();
        let client = client(&emulator);
        emulator.inject(fault(kind));
        let outcome = issue_over(&client);
        assert_eq!(outcome.as_ref().err().map(Error::kind), error, "{kind}: {outcome:?}");
        if let Err(error) = outcome {
            assert_eq!(error.sent(), Sent::Unknown, "{kind}");
        }
        let issued = emulator.live_tokens(&id(), TokenFamily::ShortLived);
        assert_eq!(issued, usize::from(kind.has_effect()), "{kind}");
        assert!(emulator.faults().is_empty(), "{kind} was met once");
        issue_over(&client).unwrap_or_else(|error| panic!("after {kind}: {error}"));
    }
    assert_eq!(FaultKind::ALL.len(), 14, "each kind is in the list above");
}

#[test]
fn statuses_have_a_body_of_lines() {
    for (status, kind, body) in [
        (
            400,
            ErrorKind::InvalidClient,
            r#"{"error":"invalid_request","error_description":"some parameters missed or invalid"}"#,
        ),
        (403, ErrorKind::Rejected, r#"{"message":"Forbidden"}"#),
        (429, ErrorKind::RateLimited, r#"{"message":"The API rate limit has been exceeded. Try again later."}"#),
        (500, ErrorKind::Server, r#"{"message":"Internal Server Error"}"#),
        (599, ErrorKind::Server, r#"{"message":"Error"}"#),
    ] {
        let (emulator, _) = emulator();
        let fault = Fault::status(status).unwrap().times(2);
        emulator.inject(fault);
        assert_eq!(issue(&emulator), (status, body.to_owned()));
        assert_eq!(issue_over(&client(&emulator)).unwrap_err().kind(), kind, "{status}");
    }
    let (emulator, _) = emulator();
    for status in [204, 304] {
        emulator.inject(Fault::status(status).unwrap().with_body("no place for it"));
        let response = other(&emulator, Method::POST, "/oauth2/v3/token");
        assert_eq!((response.status().as_u16(), response.body().len()), (status, 0));
    }
    for status in [0, 99, 101, 199, 600, 1000, 65_535] {
        let error = Fault::status(status).unwrap_err().to_string();
        assert!(error.contains(&format!("status is {status}: give one from 200 to 599")), "{error}");
    }
}

#[test]
fn retry_after_reaches_the_client() {
    let (emulator, _) = emulator();
    for (status, delay, seconds) in [(429, 2_000, Some(2)), (503, 1_001, Some(2)), (429, 0, None)] {
        let mut fault = Fault::status(status).unwrap();
        if delay > 0 {
            fault = fault.with_retry_after(Duration::from_millis(delay));
        }
        emulator.inject(fault);
        let error = issue_over(&client(&emulator)).unwrap_err();
        assert_eq!(error.retry_after(), seconds.map(Duration::from_secs), "{status}");
    }
}

#[test]
fn bodies_and_headers_can_be_chosen() {
    let (emulator, _) = emulator();
    emulator.inject(Fault::status(400).unwrap().with_body("plain").with_header("content-type", "text/plain").unwrap());
    emulator.inject(Fault::status(502).unwrap().with_html_body().with_header("via", "1.1 gateway").unwrap());
    emulator.inject(Fault::delay(Duration::ZERO).with_header("x-slow", "yes").unwrap().with_body("ignored"));
    let path = "/oauth2/v3/token";
    let response = other(&emulator, Method::POST, path);
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (400, &"text/plain".parse().unwrap())
    );
    assert_eq!(&**response.body(), b"plain");
    let response = other(&emulator, Method::POST, path);
    assert_eq!(
        (&response.headers()["content-type"], &response.headers()["via"]),
        (&"text/html".parse().unwrap(), &"1.1 gateway".parse().unwrap())
    );
    assert!(response.body().starts_with(b"<!doctype html>"));
    let response = other(&emulator, Method::POST, path);
    assert_eq!((response.status().as_u16(), &response.headers()["x-slow"]), (415, &"yes".parse().unwrap()));
    for (name, value) in [
        ("", "x"),
        ("a b", "x"),
        ("a", "b\r\nc: d"),
        ("a", "\u{1f600}\0"),
        ("Transfer-Encoding", "chunked"),
        ("connection", "x"),
    ] {
        assert!(Fault::hang().with_header(name, value).is_err(), "{name}: {value}");
    }
}

/// A request of each operation, for the first channel.
fn requests(emulator: &Emulator) -> Vec<(Operation, Request<Bytes>)> {
    let short_lived = token(&issue(emulator));
    let jwt = token(&issue_jwt(emulator, &assertion()));
    let form =
        |path: &str, form: String| Request::post(path).header("content-type", FORM).body(Bytes::from(form)).unwrap();
    let get = |path_and_query: String| Request::get(path_and_query).body(Bytes::new()).unwrap();
    let secret = format!("grant_type=client_credentials&client_id={CHANNEL}&client_secret={}", percent(SECRET));
    let assertion = format!("grant_type=client_credentials&{}", with_assertion(&assertion()));
    vec![
        (Operation::Issue, form("/v2/oauth/accessToken", secret.clone())),
        (Operation::Verify, form("/v2/oauth/verify", format!("access_token={}", percent(&short_lived)))),
        (Operation::Revoke, form("/v2/oauth/revoke", format!("access_token={}", percent(&short_lived)))),
        (Operation::IssueStateless, form("//oauth2/v3/token", secret.clone())),
        (Operation::IssueStatelessWithJwt, form("/oauth2/v3/token", assertion.clone())),
        (Operation::IssueJwt, form("/oauth2/v2.1/token", assertion.clone())),
        (Operation::VerifyJwt, get(format!("/oauth2/v2.1/verify?access_token={jwt}"))),
        (Operation::RevokeJwt, form("/oauth2/v2.1/revoke", format!("{secret}&access_token={jwt}"))),
        (Operation::KeyIds, get(format!("/oauth2/v2.1/tokens/kid?{assertion}"))),
    ]
}

#[test]
fn operations_are_told_apart() {
    let (emulator, _) = emulator();
    let requests = requests(&emulator);
    assert_eq!(requests.len(), Operation::ALL.len());
    for (operation, _) in &requests {
        emulator.inject(Fault::status(599).unwrap().for_operation(*operation));
        for (other, request) in requests.iter().filter(|(other, _)| other != operation) {
            assert_ne!(emulator.handle(request).status(), 599, "{other} is not {operation}");
        }
        let (_, request) = requests.iter().find(|(other, _)| other == operation).unwrap();
        assert_eq!(emulator.handle(request).status(), 599, "{operation}");
        assert_ne!(emulator.handle(request).status(), 599, "{operation} once");
    }
}

#[test]
fn channels_are_found_by_id_key_and_token() {
    let (emulator, _) = emulator();
    let mut requests: Vec<(String, Request<Bytes>)> =
        requests(&emulator).into_iter().map(|(operation, request)| (operation.to_string(), request)).collect();
    let stateless = token(&issue_stateless(&emulator));
    let short_lived = token(&issue(&emulator));
    for (name, token) in [("stateless", stateless), ("short-lived", short_lived)] {
        let request = Request::get("/v2/bot/info").header("authorization", format!("Bearer {token}"));
        requests.push((format!("bot info with a {name} token"), request.body(Bytes::new()).unwrap()));
    }
    for (name, request) in &requests {
        emulator.inject(Fault::status(598).unwrap().for_channel(other_id()));
        emulator.inject(Fault::status(599).unwrap().for_channel(id()));
        assert_eq!(emulator.handle(request).status(), 599, "{name}");
        emulator.clear_faults();
    }
    // None of them had any effect, so a token is still there to be verified.
    let verify = &requests.iter().find(|(name, _)| name == "verify").unwrap().1;
    assert_eq!(emulator.handle(verify).status(), 200);
    emulator.inject(Fault::status(599).unwrap().for_channel(other_id()));
    assert_eq!(issue_jwt(&emulator, &other_assertion()).0, 599);
    for strange in ["client_id=U1", "client_id=999", "client_id=", "client_assertion=a.b.c", "access_token=x"] {
        emulator.inject(Fault::status(599).unwrap().for_channel(other_id()));
        assert_eq!(post(&emulator, "/oauth2/v3/token", strange).0, 400, "{strange}");
    }
}

#[test]
fn messaging_api_has_its_own_faults() {
    let (emulator, _) = emulator();
    let stateless = token(&issue_stateless(&emulator));
    emulator.inject(Fault::status(599).unwrap().for_messaging_api());
    emulator.inject(Fault::status(598).unwrap().for_operation(Operation::Issue));
    assert_eq!(issue_stateless(&emulator).0, 200);
    assert_eq!(bot_info(&emulator, &stateless).0, 599);
    assert_eq!(bot_info(&emulator, &stateless).0, 200);
    assert_eq!(issue(&emulator).0, 598);
    emulator.inject(Fault::status(597).unwrap());
    assert_eq!(bot_info(&emulator, "unknown").0, 597, "a fault for everything");
    emulator.inject(Fault::status(597).unwrap());
    assert_eq!(get(&emulator, "/nowhere").0, 404, "a path of nobody's meets none");
    assert_eq!(emulator.faults().len(), 1);
}

#[test]
fn a_fault_is_met_exactly_so_often() {
    let (emulator, _) = emulator();
    emulator.inject(Fault::status(599).unwrap().times(37));
    let met: usize = std::thread::scope(|scope| {
        let ask = || (0..50).filter(|_| issue_stateless(&emulator).0 == 599).count();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(met, 37);
    assert!(emulator.faults().is_empty());
}

#[test]
fn faults_are_met_in_the_order_of_injection() {
    let (emulator, _) = emulator();
    let first = emulator.inject(Fault::status(591).unwrap().times(2));
    let second = emulator.inject(Fault::status(592).unwrap());
    let last = emulator.inject(Fault::status(593).unwrap().until_cleared());
    assert!(first < second && second < last);
    let statuses: Vec<u16> = (0..5).map(|_| issue_stateless(&emulator).0).collect();
    assert_eq!(statuses, [591, 591, 592, 593, 593]);
    let state = emulator.faults().remove(0);
    assert_eq!((state.id, state.remaining, state.used), (last, None, 2));
    assert!(emulator.remove_fault(last) && !emulator.remove_fault(last) && !emulator.remove_fault(first));
    assert_eq!(issue_stateless(&emulator).0, 200);
    emulator.inject(Fault::hang().times(0));
    assert_eq!(emulator.faults()[0].remaining, Some(1), "at least once");
}

#[test]
fn faults_end_with_a_reset() {
    let (emulator, _) = emulator();
    emulator.inject(Fault::hang());
    emulator.inject(Fault::hang().for_channel(id()));
    emulator.inject(Fault::hang().for_channel(other_id()));
    assert!(emulator.reset_channel(&id()));
    assert_eq!(emulator.faults().len(), 2);
    assert!(emulator.remove_channel(&other_id()));
    assert_eq!(emulator.faults().len(), 1);
    emulator.reset();
    assert!(emulator.faults().is_empty());
}

#[test]
fn records_say_what_was_injected() {
    let (emulator, records) = observed();
    emulator.inject(Fault::status(503).unwrap().for_operation(Operation::IssueStateless));
    emulator.inject(Fault::connection_reset_after().for_channel(id()));
    emulator.inject(Fault::invalid_json());
    emulator.inject(Fault::delay(Duration::from_secs(1)));
    issue_stateless(&emulator);
    issue(&emulator);
    verify(&emulator, "not+a/token");
    issue(&emulator);
    issue(&emulator);
    let records = records.lock().unwrap();
    let shown: Vec<_> = records
        .iter()
        .map(|record| (record.status.as_u16(), record.channel_id.is_some(), record.fault, record.refusal.as_deref()))
        .collect();
    assert_eq!(
        shown,
        [
            (503, true, Some(1), Some("fault 1 was injected: a response of its own in place of the usual one")),
            (200, true, Some(2), Some("fault 2 was injected: the connection is reset, and the usual response is lost")),
            (
                400,
                false,
                Some(3),
                Some(
                    "fault 3 was injected: the JSON of the usual response is cut in half; \
                     a v2 token is standard base64 with its padding"
                )
            ),
            (200, true, Some(4), None),
            (200, true, None, None),
        ]
    );
    assert!(records[3].to_string().ends_with("; fault 4"), "{}", records[3]);
    assert!(records.iter().all(|record| record.time == Duration::from_secs(NOW)));
}

/// A clock that stands still and notes its sleeps.
#[derive(Debug, Default)]
struct SleepLog(Mutex<Vec<Duration>>);

impl Clock for SleepLog {
    fn now(&self) -> Moment {
        SystemClock.now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.0.lock().unwrap().push(duration);
        Box::pin(std::future::ready(()))
    }
}

#[test]
fn delays_sleep_on_the_emulators_clock() {
    let clock = Arc::new(SleepLog::default());
    let channel = line_channel_token_emulator::EmulatedChannel::new(CHANNEL, SECRET).unwrap();
    let emulator = Emulator::builder().channel(channel).clock(Arc::clone(&clock) as _).build().unwrap();
    let issue = |fault: Fault| {
        emulator.inject(fault);
        issue_over(&client(&emulator)).err().map(|error| error.kind())
    };
    let seconds = Duration::from_secs;
    assert_eq!(issue(Fault::delay(seconds(4))), None);
    assert_eq!(issue(Fault::status(503).unwrap().with_delay(seconds(2))), Some(ErrorKind::Server));
    assert_eq!(issue(Fault::delay(seconds(60))), Some(ErrorKind::Timeout));
    assert_eq!(issue(Fault::hang()), Some(ErrorKind::Timeout));
    assert_eq!(issue(Fault::slow_body()), Some(ErrorKind::Timeout));
    assert_eq!(*clock.0.lock().unwrap(), [4, 2, 10, 10, 10].map(seconds), "as long as the deadline at most");
    emulator.inject(Fault::slow_body());
    let revoked = futures_executor::block_on(client(&emulator).revoke(&AccessToken::new("abc+").unwrap()));
    revoked.unwrap();
}

#[test]
fn without_a_connection_a_gateway_responds() {
    let (emulator, _) = emulator();
    for (fault, status) in [
        (Fault::hang(), 504),
        (Fault::connection_reset_before(), 502),
        (Fault::garbage(), 502),
        (Fault::connection_reset_after(), 200),
    ] {
        emulator.inject(fault.clone());
        assert_eq!(issue(&emulator).0, status, "{fault:?}");
    }
    emulator.inject(Fault::truncated_body());
    let form = format!("grant_type=client_credentials&client_id={CHANNEL}&client_secret={}", percent(SECRET));
    let request = Request::post("/oauth2/v3/token").header("content-type", FORM).body(Bytes::from(form)).unwrap();
    let response = emulator.handle(&request);
    let announced: usize = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
    assert!(announced > response.body().len() && !response.body().is_empty());
}
