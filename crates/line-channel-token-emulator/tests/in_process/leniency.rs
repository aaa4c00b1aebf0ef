//! What is not known of LINE: strict by default, and a setting.

use std::sync::{Arc, Mutex};

use crate::support::*;
use bytes::Bytes;
use http::Request;
use line_channel_token_core::Operation;
use line_channel_token_emulator::{
    Emulator, EmulatorBuilder, Evidence, Fault, NumericStrings, RateLimits, RequestRecord,
};
use serde_json::{Value, json};

type Records = Arc<Mutex<Vec<RequestRecord>>>;

fn observed(set: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> (Emulator, Records) {
    let records = Records::default();
    let kept = Arc::clone(&records);
    let observer = move |record: &RequestRecord| kept.lock().unwrap().push(record.clone());
    (set(builder(&TestClock::new())).on_request(observer).build().unwrap(), records)
}

fn last(records: &Records) -> RequestRecord {
    records.lock().unwrap().last().unwrap().clone()
}

/// Every call that an assertion authenticates, with more parameters.
fn every_call(emulator: &Emulator, assertion: &str, more: &str) -> [Reply; 3] {
    let form = format!("grant_type=client_credentials&{}{more}", with_assertion(assertion));
    [
        post(emulator, "/oauth2/v2.1/token", &form),
        post(emulator, "/oauth2/v3/token", &form),
        get(emulator, &format!("/oauth2/v2.1/tokens/kid?{}{more}", with_assertion(assertion))),
    ]
}

fn set(members: &[(&str, Value)]) -> String {
    assertion_with(|claims| claims.extend(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone()))))
}

/// What LINE's published sample does.
fn sample() -> String {
    set(&[("exp", json!((NOW + 1800).to_string())), ("token_exp", json!("86400"))])
}

#[test]
fn sample_form_is_accepted_with_warning() {
    let (emulator, records) = observed(|builder| builder);
    for response in every_call(&emulator, &sample(), "") {
        assert_eq!(response.0, 200, "{}", response.1);
    }
    for record in records.lock().unwrap().iter() {
        assert_eq!(record.warnings.len(), 1, "{record}");
        assert!(record.refusal.is_none());
        assert!(record.to_string().contains("; warning: exp and token_exp are written as text"), "{record}");
    }
    let issued = every_call(&emulator, &sample(), "");
    assert_eq!(member(&issued[0], "expires_in"), 86_400);

    let one = set(&[("exp", json!((NOW + 300).to_string()))]);
    for response in every_call(&emulator, &one, "") {
        invalid_client(&response, "Invalid exp");
        assert!(last(&records).refusal.unwrap().contains("exp is a string"));
    }
    invalid_client(&issue_jwt(&emulator, &set(&[("token_exp", json!("86400"))])), "Invalid token_exp");
}

#[test]
fn strings_can_be_refused_or_accepted() {
    let (emulator, _) = observed(|builder| builder.numeric_strings(NumericStrings::Refused));
    for response in every_call(&emulator, &sample(), "") {
        invalid_client(&response, "Invalid exp");
    }
    let (emulator, records) = observed(|builder| builder.numeric_strings(NumericStrings::Accepted));
    for assertion in [set(&[("exp", json!((NOW + 300).to_string()))]), set(&[("token_exp", json!("86400"))]), sample()]
    {
        for response in every_call(&emulator, &assertion, "") {
            assert_eq!(response.0, 200, "{}", response.1);
            assert_eq!(last(&records).warnings.len(), 1);
        }
    }
    invalid_client(&issue_jwt(&emulator, &set(&[("exp", json!("soon"))])), "Invalid exp");
}

#[test]
fn fractions_and_arrays_can_be_allowed() {
    let (emulator, records) = observed(|builder| builder.accept_fractional_times(true).accept_audience_array(true));
    for (name, value, says) in [
        ("exp", json!(NOW as f64 + 300.5), "exp is written with a fraction"),
        ("token_exp", json!(86_400.0), "token_exp is written with a fraction"),
        ("aud", json!(["https://api.line.me/"]), "aud is an array"),
    ] {
        for response in every_call(&emulator, &set(&[(name, value)]), "") {
            assert_eq!(response.0, 200, "{}", response.1);
            assert!(last(&records).warnings[0].contains(says), "{}", last(&records));
        }
    }
    invalid_client(&issue_jwt(&emulator, &set(&[("token_exp", json!(0.5))])), "Invalid token_exp");
    invalid_client(&issue_jwt(&emulator, &set(&[("aud", json!(["x", "https://api.line.me/"]))])), "Invalid aud");
}

#[test]
fn client_id_must_be_the_subject() {
    let mismatch = "client_id and the subject of client_assertion do not match";
    let (strict, records) = observed(|builder| builder);
    for response in every_call(&strict, &assertion(), &format!("&client_id={CHANNEL}")) {
        assert_eq!(response.0, 200, "{}", response.1);
        assert!(last(&records).warnings.is_empty());
    }
    for id in [OTHER_CHANNEL, "999", "U12", "01234567890"] {
        for response in every_call(&strict, &assertion(), &format!("&client_id={id}")) {
            invalid_client(&response, mismatch);
        }
    }
    for more in ["&client_id=", "&client_id=1&client_id=1"] {
        for response in every_call(&strict, &assertion(), more) {
            assert!(response.0 == 400 && response.1.contains("some parameters missed or invalid"), "{}", response.1);
        }
    }
    let (lenient, records) = observed(|builder| builder.accept_mismatched_client_id(true));
    for response in every_call(&lenient, &assertion(), &format!("&client_id={OTHER_CHANNEL}")) {
        assert_eq!(response.0, 200, "{}", response.1);
        assert!(last(&records).warnings[0].contains("client_id is not the assertion's subject"));
        assert_eq!(last(&records).channel_id.unwrap().as_str(), CHANNEL, "the assertion says whose it is");
    }
}

#[test]
fn json_labelled_revocations_can_be_allowed() {
    let labelled = |emulator: &Emulator, path: &str, content_type: &str, form: &str| {
        let request = Request::post(path).header("content-type", content_type).body(Bytes::from(form.to_owned()));
        read(&emulator.handle(&request.unwrap()))
    };
    for allowed in [false, true] {
        let (emulator, records) = observed(|builder| builder.accept_json_labelled_revocations(allowed));
        let short_lived = token(&issue(&emulator));
        let jwt = token(&issue_jwt(&emulator, &assertion()));
        let v2 = format!("access_token={}", percent(&short_lived));
        let v2_1 = format!("client_id={CHANNEL}&client_secret={}&access_token={jwt}", percent(SECRET));
        for (path, form) in [("/v2/oauth/revoke", &v2), ("/oauth2/v2.1/revoke", &v2_1)] {
            let response = labelled(&emulator, path, "application/json; charset=UTF-8", form);
            let record = last(&records);
            if allowed {
                refused(&response, 200, "");
                assert!(record.warnings[0].contains("labelled application/json"), "{record}");
            } else {
                let body = r#"{"message":"The content type, application/json; charset=UTF-8, is not supported"}"#;
                refused(&response, 415, body);
                assert!(record.refusal.unwrap().contains("accept_json_labelled_revocations"));
            }
            assert_eq!(labelled(&emulator, path, "text/plain", form).0, 415, "no other label");
        }
        assert_eq!(
            (verify(&emulator, &short_lived).0 == 400, verify_jwt(&emulator, &jwt).0 == 400),
            (allowed, allowed)
        );
        for path in ["/v2/oauth/verify", "/oauth2/v3/token", "/oauth2/v2.1/token", "/v2/oauth/accessToken"] {
            assert_eq!(labelled(&emulator, path, "application/json", &v2).0, 415, "revocations alone");
        }
        assert_eq!(labelled(&emulator, "/v2/oauth/revoke", "application/json", r#"{"access_token":"x"}"#).0 / 100, 4);
    }
}

/// Both ways, with the parameters of the other one empty.
fn with_empty_credentials() -> [(String, &'static str); 2] {
    let by_secret =
        format!("client_assertion_type=&client_assertion=&client_id={CHANNEL}&client_secret={}", percent(SECRET));
    let by_assertion = format!("{}&client_id=&client_secret=", with_assertion(&set(&[])));
    [(by_secret, "issue_stateless"), (by_assertion, "issue_stateless_with_jwt")]
}

#[test]
fn empty_credentials_can_be_accepted() {
    let (emulator, records) = observed(|builder| builder.accept_empty_credentials(true));
    let (strict, refusals) = observed(|builder| builder);
    for (form, operation) in with_empty_credentials() {
        let form = format!("grant_type=client_credentials&{form}");
        let response = post(&emulator, "/oauth2/v3/token", &form);
        assert_eq!(response.0, 200, "{}", response.1);
        let record = last(&records);
        assert_eq!(record.operation.unwrap().as_str(), operation);
        assert!(record.to_string().contains("; warning: empty credentials were sent"), "{record}");

        assert_eq!(post(&strict, "/oauth2/v3/token", &form).0, 400);
        assert!(last(&refusals).refusal.unwrap().contains("no empty parameters"));
    }
    for (path, form) in [
        ("/oauth2/v3/token", "client_assertion=&client_secret=".to_owned()),
        ("/oauth2/v3/token", format!("client_id={CHANNEL}&client_secret=wrong&client_assertion=")),
        ("/oauth2/v2.1/token", format!("{}&client_id=", with_assertion(&set(&[])))),
    ] {
        assert_eq!(post(&emulator, path, &format!("grant_type=client_credentials&{form}")).0, 400, "{path} {form}");
    }
}

#[test]
fn faults_see_through_empty_credentials() {
    for (form, operation) in with_empty_credentials() {
        let (emulator, _) = observed(|builder| builder.accept_empty_credentials(true));
        let is_it = |known: &&Operation| known.as_str() == operation;
        emulator.inject(Fault::status(503).unwrap().for_operation(*Operation::ALL.iter().find(is_it).unwrap()));
        let form = format!("grant_type=client_credentials&{form}");
        assert_eq!(post(&emulator, "/oauth2/v3/token", &form).0, 503, "{operation}");
    }
}

#[test]
fn unknown_channel_id_follows_the_evidence() {
    let observed_body = r#"{"error":"invalid_request","error_description":"some parameters in the wrong format"}"#;
    let client_id = r#"{"error":"invalid_client","error_description":"invalid client_id"}"#;
    let parameters = r#"{"error":"invalid_request","error_description":"some parameters missed or invalid"}"#;
    let credentials = r#"{"error":"invalid_request","error_description":"Invalid 'client_credentials'."}"#;
    let (documented, _) = observed(|builder| builder);
    let (seen, _) = observed(|builder| builder.unknown_channel_id(Evidence::Observed));
    for (id, bodies) in [("999", [client_id, credentials, client_id]), ("U12", [parameters, credentials, parameters])] {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret=x&access_token=a.b.c");
        for (path, body) in ["/v2/oauth/accessToken", "/oauth2/v3/token", "/oauth2/v2.1/revoke"].into_iter().zip(bodies)
        {
            refused(&post(&documented, path, &form), 400, body);
            refused(&post(&seen, path, &form), 400, observed_body);
        }
    }
    let form = format!("grant_type=client_credentials&client_id={CHANNEL}&client_secret=x");
    invalid_client(&post(&seen, "/v2/oauth/accessToken", &form), "invalid client_secret");
    refused(&post(&seen, "/v2/oauth/accessToken", "grant_type=client_credentials&client_id="), 400, parameters);
}

#[test]
fn unparsable_jwt_follows_the_evidence() {
    let (seen, _) = observed(|builder| builder.unparsable_jwt(Evidence::Observed));
    for value in ["abc", "a.b.c", "a+b/cQ=="] {
        refused(&verify_jwt(&seen, value), 400, r#"{"message":"failed to parse"}"#);
        assert!(revoke_jwt(&seen, value).1.contains("The access token"), "a revoke is as documented");
    }
    assert!(verify_jwt(&seen, "eyJhbGciOiJIUzI1NiJ9.AAAA.AAAA").1.contains("The access token invalid"));
}

#[test]
fn retry_after_is_opt_in() {
    let limits = RateLimits::default().with_issue(1).with_burst(2);
    for (limits, retry_after) in [
        (limits, None),
        (limits.with_retry_after(true), Some("1")),
        (limits.with_issue(0).with_retry_after(true), None),
    ] {
        let emulator = builder(&TestClock::new()).rate_limits(limits).build().unwrap();
        assert_eq!([issue(&emulator).0, issue(&emulator).0], [200, 200], "two at once");
        let form = format!("grant_type=client_credentials&client_id={CHANNEL}&client_secret=x");
        let request =
            Request::post("/v2/oauth/accessToken").header("content-type", "application/x-www-form-urlencoded");
        let response = emulator.handle(&request.body(Bytes::from(form)).unwrap());
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers().get("retry-after").map(|value| value.to_str().unwrap()), retry_after);
    }
}
