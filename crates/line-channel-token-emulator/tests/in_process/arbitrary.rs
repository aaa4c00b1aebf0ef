//! Whatever arrives, there is an response, and it is never a panic or a 5xx.

use std::sync::LazyLock;

use crate::support::*;
use bytes::Bytes;
use http::{Method, Request};
use line_channel_token_emulator::{Emulator, RateLimits};
use proptest::collection::vec;
use proptest::prelude::*;

static EMULATOR: LazyLock<Emulator> =
    LazyLock::new(|| builder(&TestClock::new()).rate_limits(RateLimits::off()).build().unwrap());

const PATHS: [&str; 11] = [
    "/v2/oauth/accessToken",
    "/v2/oauth/verify",
    "/v2/oauth/revoke",
    "/oauth2/v3/token",
    "/oauth2/v2.1/token",
    "/oauth2/v2.1/verify",
    "/oauth2/v2.1/revoke",
    "/oauth2/v2.1/tokens/kid",
    "/v2/bot/info",
    "/v2/bot/message/push",
    "/other",
];

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>().prop_map(|text| percent(&text)),
        "[a-zA-Z0-9+/=._%-]{0,60}",
        Just("client_credentials".to_owned()),
        Just(CHANNEL.to_owned()),
        Just(percent(SECRET)),
        Just(ASSERTION_TYPE.to_owned()),
        (any::<String>(), any::<String>(), any::<[u8; 8]>()).prop_map(|(header, claims, signature)| format!(
            "{}.{}.{}",
            encode(header),
            encode(claims),
            encode(signature)
        )),
        ("[{}\\[\\]\":,a-z0-9]{0,40}", any::<[u8; 8]>()).prop_map(|(claims, signature)| format!(
            "{}.{}.{}",
            encode(header(KID)),
            encode(claims),
            encode(signature)
        )),
        // Signed, so that it gets as far as the claims.
        "[{}\\[\\]\":,a-z0-9.e-]{0,40}".prop_map(|claims| sign_text(&RSA, &header(KID), &claims)),
        ("iss|sub|aud|exp|nbf|iat|token_exp", "-?[0-9]{1,30}|[0-9]e[0-9]{1,3}|\"[a-z0-9]{0,9}\"|null|\\[\\]|\\{\\}")
            .prop_map(|(name, value)| {
                let mut claims = serde_json::Value::Object(claims(CHANNEL, NOW)).to_string();
                claims = claims.replacen(&format!("\"{name}\":"), &format!("\"{name}\":{value},\"x-{name}\":"), 1);
                sign_text(&RSA, &header(KID), &claims)
            }),
    ]
}

fn form() -> impl Strategy<Value = Vec<u8>> {
    let name = "grant_type|client_id|client_secret|access_token|client_assertion_type|client_assertion|[a-z]{0,4}";
    let fields = vec((name, value()), 0..6).prop_map(|fields| {
        fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&").into_bytes()
    });
    prop_oneof![4 => fields, 1 => vec(any::<u8>(), 0..200)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_request_gets_a_response(
        method in prop_oneof![4 => Just(Method::POST), 3 => Just(Method::GET), 1 => Just(Method::HEAD), 1 => Just(Method::PUT)],
        path in prop_oneof![8 => prop::sample::select(&PATHS[..]).prop_map(str::to_owned), 1 => "/[a-z%0-9/.]{0,20}"],
        form in form(),
        authorization in prop_oneof![1 => "[Bb]earer [a-zA-Z0-9+/=._-]{0,60}", 1 => "[ -~]{0,40}"],
        content_type in prop_oneof![9 => Just("application/x-www-form-urlencoded".to_owned()), 1 => "[ -~]{0,40}"],
    ) {
        let query = String::from_utf8_lossy(&form).into_owned();
        let uri = if method == Method::POST { path } else { format!("{path}?{query}") };
        let request = Request::builder().method(&method).uri(uri).header("content-type", content_type);
        let request = request.header("authorization", authorization);
        // What http refuses to hold, no server would hand over.
        let Ok(request) = request.body(Bytes::from(form)) else { return Ok(()) };
        let response = EMULATOR.handle(&request);
        prop_assert!(response.status().as_u16() < 500, "{}", response.status());
        prop_assert_eq!(response.headers()["x-line-request-id"].len(), 36);
        if !response.body().is_empty() {
            let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
            prop_assert!(body.is_object());
        }
    }
}
