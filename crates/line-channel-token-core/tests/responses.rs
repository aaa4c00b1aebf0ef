//! The response reader: what it understands, and that nothing a server sends makes it panic or tell a secret.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Response, StatusCode};
use line_channel_token_core::{Error, ErrorKind, Moment, Timing, response};
use proptest::prelude::*;

fn timing() -> Timing {
    let at = |seconds| Moment { monotonic: Duration::from_secs(seconds), unix: Duration::from_secs(1_767_225_600) };
    Timing { sent_at: at(1), received_at: at(3) }
}

fn ok(body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    response.headers_mut().insert("x-line-request-id", "request-1".parse().unwrap());
    response
}

/// The text of every form in which an error is ever printed.
fn forms(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!("{cause} {cause:?}"));
        source = cause.source();
    }
    text
}

#[test]
fn an_issued_token_carries_all_that_the_response_says() {
    let token = response::issue_jwt(
        &ok(r#"{"access_token":"eyJ.a","token_type":"Bearer","expires_in":2592000,"key_id":"sDTOzw5wIfxxxxPEzcmeQA","new":[1]}"#),
        timing(),
    )
    .unwrap();
    assert_eq!(token.access_token().expose_secret(), "eyJ.a");
    assert_eq!(token.expires_in(), Duration::from_secs(2_592_000));
    assert_eq!(token.key_id().as_str(), "sDTOzw5wIfxxxxPEzcmeQA");
    assert_eq!(token.request_id().unwrap().as_str(), "request-1");
    assert_eq!((token.sent_at(), token.received_at()), (timing().sent_at, timing().received_at));
    assert!(!format!("{token:?}").contains("eyJ.a"));
}

#[test]
fn a_verified_tokens_scope_is_a_set_and_may_be_missing_and_its_life_needs_64_bits() {
    let body = r#"{"client_id":"1234567890","expires_in":3138007490,"scope":"CM  P CM"}"#;
    let verified = response::verify(&ok(body), timing()).unwrap();
    assert_eq!(verified.channel_id().as_str(), "1234567890");
    assert_eq!(verified.expires_in(), Duration::from_secs(3_138_007_490));
    assert_eq!(verified.scope().iter().map(String::as_str).collect::<Vec<_>>(), ["CM", "P"]);
    let bare = response::verify_jwt(&ok(r#"{"expires_in":0,"client_id":"1"}"#), timing()).unwrap();
    assert!(bare.scope().is_empty() && bare.expires_in().is_zero());
}

#[test]
fn a_key_id_means_nothing_in_the_other_families() {
    let body = r#"{"access_token":"a","token_type":"bearer","expires_in":1,"key_id":7}"#;
    assert!(response::issue(&ok(body), timing()).is_ok() && response::issue_stateless(&ok(body), timing()).is_ok());
    assert!(response::issue_jwt(&ok(body), timing()).is_err());
}

#[test]
fn key_ids_may_be_none() {
    assert!(response::key_ids(&ok(r#"{"kids":[]}"#), timing()).unwrap().as_slice().is_empty());
    let kids = response::key_ids(&ok(r#"{"kids":["a","b"]}"#), timing()).unwrap();
    assert_eq!(kids.as_slice().len(), 2);
}

#[test]
fn a_revocation_needs_no_body() {
    assert_eq!(response::revoke(&ok(""), timing()).unwrap().request_id().unwrap().as_str(), "request-1");
    for empty in ["{}", " \r\n", "{\"revoked\":true}", "{\"error\":null}", "\u{feff}{}"] {
        assert!(response::revoke_jwt(&ok(empty), timing()).is_ok(), "{empty}");
    }
}

#[test]
fn only_a_200_without_an_error_says_that_a_token_was_revoked() {
    for (status, body, says) in [
        (200, "<!DOCTYPE html><html>Sign in</html>", "HTML"),
        (200, "{\"revoked\":", "cut short"),
        (200, "{\"error\":\"invalid_request\"}", "is an error"),
        (200, "{\"message\":\"try again\"}", "is an error"),
        (200, "{\"Message\":\"An error has occurred.\"}", "is an error"),
        (200, "{\"fault\":{\"faultstring\":\"x\"}}", "is an error"),
        (200, "{\"success\":false,\"info\":\"login required\"}", "is an error"),
        (200, "{\"status\":403,\"title\":\"Forbidden\"}", "is an error"),
        (200, "{\"error_code\":\"x\"}", "is an error"),
        (200, "{\"redirect\":\"https://portal.example/login\"}", "is an error"),
        (200, "OK", "not JSON"),
        (200, "\"revoked\"", "not an object"),
        (200, "[]", "not an object"),
        (201, "", "as 200 does"),
        (202, "", "as 200 does"),
        (204, "", "as 200 does"),
        (206, "{}", "as 200 does"),
    ] {
        let mut response = ok(body);
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        for outcome in [response::revoke(&response, timing()), response::revoke_jwt(&response, timing())] {
            let error = outcome.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
            assert!(error.to_string().contains(says) && error.is_transient(), "{status} {body}: {error}");
        }
    }
}

#[test]
fn what_a_gateway_made_of_a_body_is_named() {
    for (header, body, says) in [
        (None, &b"\x1f\x8b\x08\0"[..], "compressed (gzip)"),
        (Some(("content-encoding", "br")), b"\x0b", "compressed (br)"),
        (None, b"<!DOCTYPE html>", "is HTML and not JSON"),
        (Some(("content-type", "text/html")), b"Sign in", "is HTML and not JSON"),
        (None, b"<?xml version='1.0'?><Error/>", "is XML"),
        (None, b"\xff\xfe{\0}\0", "UTF-16"),
    ] {
        let mut response = ok(body);
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        let error = response::issue_stateless(&response, timing()).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn a_lifetime_is_never_longer_than_line_gives() {
    let body = r#"{"access_token":"a","token_type":"Bearer","expires_in":18446744073709551616,"key_id":"k"}"#;
    let (minutes, days) = (Duration::from_secs(900), Duration::from_secs(2_592_000));
    assert_eq!(response::issue_stateless(&ok(body), timing()).unwrap().expires_in(), minutes);
    assert_eq!(response::issue_stateless_with_jwt(&ok(body), timing()).unwrap().expires_in(), minutes);
    assert_eq!(response::issue(&ok(body), timing()).unwrap().expires_in(), days);
    assert_eq!(response::issue_jwt(&ok(body), timing()).unwrap().expires_in(), days);
    let verified = response::verify(&ok(r#"{"client_id":"1","expires_in":18446744073709551615}"#), timing()).unwrap();
    assert_eq!(verified.expires_in(), Duration::from_secs(31_536_000_000), "a thousand years");
}

#[test]
fn an_echo_in_a_scope_or_key_id_is_not_shown() {
    let body = r#"{"client_id":"1","expires_in":1,"scope":"P s3cr3tS3CR3T OCE"}"#;
    let verified = response::verify(&ok(body), timing()).unwrap();
    let shown = format!("{verified:?}");
    assert!(verified.scope().contains("s3cr3tS3CR3T") && !shown.contains("s3cr3t"), "{shown}");
    assert!(shown.contains("\"OCE\"") && shown.contains("scope_not_shown: 1"), "{shown}");
    let body = r#"{"access_token":"a","token_type":"Bearer","expires_in":1,"key_id":"aa.s3cr3t.cc"}"#;
    let token = response::issue_jwt(&ok(body), timing()).unwrap();
    assert_eq!(token.key_id().as_str(), "aa.s3cr3t.cc");
    let shown = format!("{token:?} {}", token.key_id());
    assert!(!shown.contains("s3cr3t"), "{shown}");
}

#[test]
fn a_token_with_escapes_or_a_byte_order_mark_is_read() {
    let body = "\u{feff}{\"access_token\":\"a\\/b\\u002bc\",\"token_type\":\"Bearer\",\"expires_in\":1}";
    let token = response::issue_stateless(&ok(body), timing()).unwrap();
    assert_eq!(token.access_token().expose_secret(), "a/b+c");
}

#[test]
fn a_senseless_response_is_located_and_not_quoted() {
    let big = format!(r#"{{"access_token":"{}","#, "s3cr3t".repeat(170_000));
    for (body, says) in [
        ("", "the body is empty"),
        ("s3cr3t", "the body is not JSON (line 1, column 1)"),
        (r#"{"access_token":"s3cr3t","exp"#, "cut short"),
        (r#"["s3cr3t"]"#, "JSON, but not an object"),
        (r#"{"access_token":"s3cr3t","token_type":"Bearer"}"#, "expires_in is missing"),
        (r#"{"token_type":"Bearer","expires_in":1}"#, "access_token is missing"),
        (r#"{"access_token":"s3cr3t","expires_in":1}"#, "token_type is missing"),
        (r#"{"access_token":"s3cr3t","access_token":"s3cr3t"}"#, "access_token is there twice"),
        (r#"{"access_token":"s3cr3t","token_type":"Bearer","expires_in":-1}"#, "expires_in is negative"),
        (
            r#"{"access_token":"s3cr3t","token_type":"Bearer","expires_in":899.5}"#,
            "expires_in is a number with a fraction",
        ),
        (
            r#"{"access_token":"s3cr3t","token_type":"Bearer","expires_in":1e400}"#,
            "expires_in is a number with a fraction",
        ),
        (
            r#"{"access_token":"a","token_type":"Bearer","expires_in":"s3cr3t, expected s3cr3t"}"#,
            "expires_in is a string, and must be a whole number of seconds",
        ),
        (r#"{"access_token":null,"token_type":"Bearer","expires_in":1}"#, "access_token is missing"),
        (r#"{"access_token":"","token_type":"Bearer","expires_in":1}"#, "access_token is empty"),
        (r#"{"access_token":"s3cr3t\n\u0000x","token_type":"Bearer","expires_in":1}"#, "not visible ASCII"),
        (r#"{"access_token":"s3cr3t","token_type":"MAC","expires_in":1}"#, "token_type is not Bearer"),
        (big.as_str(), "cut short"),
    ] {
        let error = response::issue_stateless(&ok(body.to_owned()), timing()).unwrap_err();
        let shown: String = body.chars().take(60).collect();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{shown}");
        let text = forms(&error);
        assert!(text.contains(says), "{shown}: {text}");
        assert!(!text.contains("s3cr3t"), "{shown}: {text}");
        assert!(error.is_transient(), "a portal or a gateway may have responded: {shown}");
    }
    let error = response::issue_stateless(&ok(&b"{\"access_token\":\"\xff\xfe\"}"[..]), timing()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
}

#[test]
fn a_senseless_v2_1_response_warns_of_the_slot_it_may_have_used() {
    let body = r#"{"access_token":"eyJ.a","token_type":"Bearer","expires_in":1}"#;
    let error = response::issue_jwt(&ok(body), timing()).unwrap_err().to_string();
    assert!(error.contains("key_id is missing") && error.contains("channel's 30"), "{error}");
}

const SECRET: &str = "s3cr3tS3CR3T";

fn body() -> impl Strategy<Value = Vec<u8>> {
    let field = prop_oneof![
        Just("access_token"),
        Just("token_type"),
        Just("expires_in"),
        Just("key_id"),
        Just("client_id"),
        Just("scope"),
        Just("kids"),
        Just("error"),
        Just("error_description"),
        Just("message"),
    ];
    let value = prop_oneof![
        Just(format!("\"{SECRET}\"")),
        Just("\"Bearer\"".to_owned()),
        Just("[]".to_owned()),
        Just("null".to_owned()),
        Just(format!("[\"{SECRET}\",{{\"{SECRET}\":1}}]")),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| n.to_string()),
        Just(format!("\"{SECRET} expired, expected {SECRET}\"")),
    ];
    let json = prop::collection::vec((field, value), 0..6).prop_map(|fields| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(",")).into_bytes()
    });
    prop_oneof![
        json.clone(),
        (json, any::<prop::sample::Index>()).prop_map(|(mut json, at)| {
            json.truncate(at.index(json.len()));
            json
        }),
        prop::collection::vec(any::<u8>(), 0..200),
        Just(SECRET.repeat(50).into_bytes()),
    ]
}

proptest! {
    #[test]
    fn no_response_makes_the_parser_panic_or_tell_a_secret(
        status in 100_u16..1000,
        headers in prop::collection::vec(
            (prop_oneof![Just("retry-after"), Just("content-type"), Just("location"), Just("x-line-request-id")], prop::collection::vec(32_u8..=255, 0..40)),
            0..4,
        ),
        body in body(),
    ) {
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        response.headers_mut().insert("set-cookie", HeaderValue::from_static(SECRET));
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        let errors = [
            response::issue(&response, timing()).map(|value| format!("{value:?}")),
            response::verify(&response, timing()).map(|value| format!("{:?}", value.channel_id())),
            response::revoke(&response, timing()).map(|value| format!("{value:?}")),
            response::issue_stateless(&response, timing()).map(|value| format!("{value:?}")),
            response::issue_stateless_with_jwt(&response, timing()).map(|value| format!("{value:?}")),
            response::issue_jwt(&response, timing()).map(|value| format!("{:?}", value.access_token())),
            response::verify_jwt(&response, timing()).map(|value| format!("{:?}", value.channel_id())),
            response::revoke_jwt(&response, timing()).map(|value| format!("{value:?}")),
            response::key_ids(&response, timing()).map(|value| value.as_slice().len().to_string()),
        ];
        for outcome in errors {
            let text = match outcome {
                Ok(text) => text,
                Err(error) => forms(&error),
            };
            prop_assert!(!text.contains(SECRET), "{}", text);
        }
    }
}
