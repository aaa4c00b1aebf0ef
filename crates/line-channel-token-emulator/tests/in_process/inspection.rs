//! Every rule at once over a pasted assertion, by the same functions that refuse requests.

use std::time::Duration;

use crate::support::*;
use line_channel_token_core::ChannelId;
use line_channel_token_emulator::{
    EmulatedChannel, Emulator, InspectedKind, Inspection, InspectionBuilder, RateLimits, Verdict,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

fn broken(inspection: &Inspection) -> Vec<&str> {
    let violations = inspection.findings().iter().filter(|finding| finding.verdict == Verdict::Violation);
    violations.map(|finding| finding.rule).collect()
}

#[track_caller]
fn says(inspection: &Inspection, rule: &str, verdict: Verdict, words: &str) {
    let finding = inspection.findings().iter().find(|finding| finding.rule == rule);
    let finding = finding.unwrap_or_else(|| panic!("nothing about {rule}: {inspection:?}"));
    assert_eq!(finding.verdict, verdict, "{finding}");
    assert!(finding.to_string().contains(words), "{finding}");
}

fn alone() -> InspectionBuilder {
    Inspection::builder().now(Duration::from_secs(NOW))
}

fn set(name: &str, value: Value) -> String {
    assertion_with(|claims| drop(claims.insert(name.to_owned(), value)))
}

fn signed(header: &Value, claims: &str) -> String {
    sign_text(&RSA, &header.to_string(), claims)
}

#[test]
fn good_assertions_break_no_rule() {
    let (emulator, _) = emulator();
    let inspection = emulator.inspect(&assertion());
    assert_eq!(inspection.subject(), InspectedKind::Assertion);
    assert!(inspection.is_accepted() && inspection.token().is_none());
    assert!(inspection.findings().iter().all(|finding| finding.verdict == Verdict::Ok), "{inspection:?}");
    let rules: Vec<&str> = inspection.findings().iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["form", "alg", "typ", "kid", "signature", "iss", "sub", "aud", "exp", "token_exp"]);
    assert_eq!(inspection.header(), Some(&*header(KID)));
    assert_eq!(inspection.claims(), Some(&*Value::Object(claims(CHANNEL, NOW)).to_string()));
    says(&inspection, "exp", Verdict::Ok, "300 s ahead");
}

#[test]
fn all_broken_rules_are_named_at_once() {
    let (emulator, _) = emulator();
    let claims =
        json!({"iss": "9", "sub": "8", "aud": ["x"], "exp": 300, "iat": "now", "nbf": NOW + 99, "token_exp": NOW});
    let header = json!({"alg": "HS256", "typ": "jwt", "crit": ["b64"], "kid": "nobody's"});
    let inspection = emulator.inspect(&signed(&header, &claims.to_string()));
    assert_eq!(
        broken(&inspection),
        ["alg", "typ", "crit", "kid", "sub", "aud", "exp", "iat", "nbf", "token_exp"],
        "{inspection:?}"
    );
    says(&inspection, "alg", Verdict::Violation, "not with the channel secret");
    says(&inspection, "exp", Verdict::Violation, "not a lifetime");
    says(&inspection, "token_exp", Verdict::Violation, "looks like a moment");
    says(&inspection, "signature", Verdict::NotChecked, "not known");
}

#[test]
fn likely_mistakes_are_explained() {
    let (emulator, _) = emulator();
    let good = Value::Object(claims(CHANNEL, NOW)).to_string();
    let key_id = member(&issue_jwt(&emulator, &assertion()), "key_id");
    let kid_among_claims = assertion_with(|claims| drop(claims.insert("kid".into(), json!(KID))));
    let kid_among_claims = kid_among_claims.split_once('.').unwrap().1;
    let without_kid = encode(r#"{"alg":"RS256","typ":"JWT"}"#);
    let twice = good.replacen('{', &format!(r#"{{"exp":{},"#, NOW + 99_999), 1);
    let (signed_part, _) =
        crate::support::assertion().rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    for (text, rule, words) in [
        (set("exp", json!((NOW + 300) * 1000)), "exp", "milliseconds"),
        (set("exp", json!(NOW + 3600)), "exp", "at most 1800"),
        (set("exp", json!(NOW - 60)), "exp", "60 s past"),
        (set("exp", json!("soon")), "exp", "without quotation marks"),
        (set("token_exp", json!(86_400_000)), "token_exp", "milliseconds"),
        (set("token_exp", json!(NOW + 86_400)), "token_exp", "a lifetime is needed"),
        (set("aud", json!("https://api.line.me")), "aud", "without the slash at its end"),
        (set("aud", json!(["https://api.line.me/"])), "aud", "the string itself is needed"),
        (set("iss", json!(1_234_567_890)), "iss", "in quotation marks"),
        (set("iss", json!("https://access.line.me")), "iss", "ID token of LINE Login"),
        (assertion_with(|claims| drop(claims.remove("sub"))), "sub", "has no sub"),
        (
            assertion_with(|claims| {
                claims.remove("aud");
                claims.insert("Aud".into(), json!("https://api.line.me/"));
            }),
            "aud",
            "similar name",
        ),
        (signed(&json!({"alg": "none", "typ": "JWT", "kid": KID}), &good), "alg", "nothing is signed"),
        (signed(&json!({"alg": "ES256", "typ": "JWT", "kid": KID}), &good), "alg", "LINE does not accept"),
        (signed(&json!({"alg": "RS256", "typ": "JWT", "kid": key_id}), &good), "kid", "key id of an issued token"),
        (
            signed(&json!({"alg": "RS256", "typ": "JWT", "kid": "x"}), &good),
            "kid",
            &format!("one key, under the kid \"{KID}\""),
        ),
        (format!("{without_kid}.{kid_among_claims}"), "kid", "belongs into the header"),
        (sign_text(&OTHER_RSA, &header(KID), &good), "signature", &format!("registered under the kid \"{OTHER_KID}\"")),
        (format!("{signed_part}."), "signature", "empty"),
        (format!("{signed_part}.AAAA"), "signature", "has 3 bytes, and one of RS256 has 256"),
        (format!("{signed_part}.AAA="), "signature", "leave out the ="),
        (format!("{signed_part}.A+/A"), "signature", "- and _ in place of + and /"),
        (signed_part.clone(), "form", "the signature is missing"),
        (sign_text(&RSA, &header(KID), &twice), "claims", "\"exp\" twice"),
        (sign_text(&RSA, &header(KID), "[]"), "claims", "no JSON object"),
        (sign_text(&RSA, r#"{"alg":"RS256","typ":"JWT","typ":"JWT"}"#, &good), "header", "\"typ\" twice"),
    ] {
        let inspection = emulator.inspect(&text);
        assert_eq!(inspection.subject(), InspectedKind::Assertion, "{rule} {words}");
        says(&inspection, rule, Verdict::Violation, words);
    }
}

#[test]
fn duplicates_do_not_hide_other_rules() {
    let (emulator, _) = emulator();
    let claims = format!(r#"{{"exp":1,"iss":"{CHANNEL}","sub":"x","exp":{}}}"#, NOW + 300);
    let inspection = emulator.inspect(&sign_text(&RSA, &header(KID), &claims));
    assert_eq!(broken(&inspection), ["claims", "sub", "aud"], "the last exp counts: {inspection:?}");
    assert_eq!(inspection.claims(), Some(&*claims), "as it stands there");
}

#[test]
fn accepted_oddities_are_warnings() {
    let (emulator, _) = emulator();
    let sample = assertion_with(|claims| {
        claims.insert("exp".into(), json!((NOW + 300).to_string()));
        claims.insert("token_exp".into(), json!("60"));
    });
    let inspection = emulator.inspect(&sample);
    assert!(inspection.is_accepted());
    says(&inspection, "exp", Verdict::Warning, "exp and token_exp are written as text");
    let lenient = builder(&TestClock::new()).accept_audience_array(true).build().unwrap();
    says(&lenient.inspect(&set("aud", json!(["https://api.line.me/"]))), "aud", Verdict::Warning, "aud is an array");
    let misspelt = assertion_with(|claims| {
        claims.remove("token_exp");
        claims.insert("tokenExp".into(), json!(60));
    });
    says(&emulator.inspect(&misspelt), "token_exp", Verdict::Warning, "similar name");
    let without = assertion_with(|claims| drop(claims.remove("token_exp")));
    says(&emulator.inspect(&without), "token_exp", Verdict::NotChecked, "stateless");
    assert!(emulator.inspect(&without).is_accepted());
}

#[test]
fn inspections_follow_time_and_settings() {
    let (emulator, _) = emulator();
    let id = ChannelId::new(CHANNEL).unwrap();
    emulator.advance_channel(&id, Duration::from_secs(301)).unwrap();
    assert_eq!(broken(&emulator.inspect(&assertion())), ["exp"]);
    assert!(emulator.inspect(&other_assertion()).is_accepted(), "another channel's time");
    let unregistered =
        signed(&json!({"alg": "RS256", "typ": "JWT", "kid": "x"}), &Value::Object(claims(CHANNEL, NOW)).to_string());
    assert_eq!(broken(&emulator.inspect(&unregistered)), ["kid", "exp"], "by iss, if the kid says nothing");
    emulator.advance(Duration::from_secs(301)).unwrap();
    assert_eq!(broken(&emulator.inspect(&other_assertion())), ["exp"]);
    emulator.reset();
    assert!(emulator.inspect(&assertion()).is_accepted());
    emulator.remove_key(KID);
    assert_eq!(broken(&emulator.inspect(&assertion())), ["kid"]);
    says(&emulator.inspect(&assertion()), "kid", Verdict::Violation, "has no registered key");
    let gateway = builder(&TestClock::new()).accepted_audiences(["x", "y"]).build().unwrap();
    says(&gateway.inspect(&assertion()), "aud", Verdict::Violation, "accepted is x, or y");
}

#[test]
fn es256_is_inspected_too() {
    let ec = EmulatedChannel::new("3", "x").unwrap().with_key("ec", ec_jwk(&EC)).unwrap();
    let emulator = builder(&TestClock::new()).channel(ec).accept_es256(true).build().unwrap();
    let claims = Value::Object(claims("3", NOW)).to_string();
    let header = r#"{"alg":"ES256","typ":"JWT","kid":"ec"}"#;
    let good = sign_es256(&EC, header, &claims);
    assert!(emulator.inspect(&good).is_accepted());
    assert!(alone().accept_es256(true).public_jwk(ec_jwk(&EC)).unwrap().inspect(&good).is_accepted());
    assert_eq!(broken(&alone().public_jwk(ec_jwk(&EC)).unwrap().inspect(&good)), ["alg"]);
    let der = format!("{}.{}", good.rsplit_once('.').unwrap().0, encode([0x30; 71]));
    says(&emulator.inspect(&der), "signature", Verdict::Violation, "not the DER");
    let crossed = sign_text(&RSA, r#"{"alg":"RS256","typ":"JWT","kid":"ec"}"#, &claims);
    assert_eq!(broken(&emulator.inspect(&crossed)), ["alg"]);
}

#[test]
fn without_emulator_what_is_known_is_checked() {
    let inspection = alone().inspect(&assertion());
    assert!(inspection.is_accepted());
    says(&inspection, "kid", Verdict::NotChecked, "only the Console knows");
    says(&inspection, "signature", Verdict::NotChecked, "give the public key");
    let mine = alone().public_jwk(rsa_jwk(&RSA)).unwrap();
    says(&mine.inspect(&assertion()), "signature", Verdict::Ok, "verifies");
    let others = alone().public_jwk(rsa_jwk(&OTHER_RSA)).unwrap();
    assert_eq!(broken(&others.inspect(&assertion())), ["signature"]);
    let other_id = alone().channel_id(ChannelId::new("42").unwrap());
    assert_eq!(broken(&other_id.inspect(&assertion())), ["iss"]);
    assert!(alone().channel_id(ChannelId::new(CHANNEL).unwrap()).inspect(&assertion()).is_accepted());
    for iss in ["U0123456789abcdef0123456789abcdef", "", "x", "123456789012345678901"] {
        let inspection = alone().inspect(&assertion_with(|claims| {
            claims.insert("iss".into(), json!(iss));
            claims.insert("sub".into(), json!(iss));
        }));
        assert_eq!(broken(&inspection), ["iss"], "{iss}: no channel has such an id");
    }
    assert_eq!(broken(&alone().accepted_audiences(["x"]).inspect(&assertion())), ["aud"]);
    assert_eq!(broken(&Inspection::builder().now(Duration::from_secs(NOW + 300)).inspect(&assertion())), ["exp"]);
    let key_id = signed(
        &json!({"alg": "RS256", "typ": "JWT", "kid": "A".repeat(22)}),
        &Value::Object(claims(CHANNEL, NOW)).to_string(),
    );
    says(&alone().inspect(&key_id), "kid", Verdict::Warning, "key id of an issued token");
    assert!(alone().public_jwk("nonsense").is_err());
}

#[test]
fn encrypted_tokens_are_named() {
    let jwe = format!("{}.AAAA.AAAA.AAAA.AAAA", encode(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#));
    let inspection = alone().inspect(&jwe);
    assert_eq!((inspection.subject(), broken(&inspection)), (InspectedKind::EncryptedJwt, vec!["form"]));
    says(&inspection, "form", Verdict::Violation, "JWE");
    assert!(inspection.header().unwrap().contains("A256GCM"));
}

/// What a request is refused for, if it is.
fn refusal(
    emulator: &Emulator,
    records: &std::sync::Mutex<Vec<line_channel_token_emulator::RequestRecord>>,
    assertion: &str,
) -> Option<String> {
    emulator.reset();
    issue_jwt(emulator, assertion);
    records.lock().unwrap().pop().unwrap().refusal
}

/// A value of a member: most are wrong, and `null` stands for a member that is not there.
fn value(good: Value) -> impl Strategy<Value = Value> {
    let odd = vec![
        json!(null),
        json!(""),
        json!("x"),
        json!(7),
        json!(-1),
        json!(1.5),
        json!([]),
        json!({}),
        json!(true),
        json!(["https://api.line.me/"]),
        json!("https://api.line.me"),
        json!(OTHER_CHANNEL),
        json!("none"),
        json!("ES256"),
        json!(OTHER_KID),
        json!(NOW + 1800),
        json!(NOW + 1801),
        json!(NOW),
        json!((NOW + 300).to_string()),
        json!(NOW as f64 + 0.5),
        json!(NOW * 1000),
        json!(86_400),
        json!("86400"),
        json!(2_592_001),
        json!(1e300),
    ];
    prop_oneof![8 => Just(good), 1 => select(odd)]
}

fn object(members: Vec<(&'static str, Value)>) -> impl Strategy<Value = String> {
    let values: Vec<_> = members.iter().map(|(_, good)| value(good.clone()).boxed()).collect();
    let names: Vec<&str> = members.into_iter().map(|(name, _)| name).collect();
    values.prop_map(move |values| {
        let members = names.iter().map(|name| (*name).to_owned()).zip(values).filter(|(_, value)| !value.is_null());
        Value::Object(members.collect::<Map<String, Value>>()).to_string()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// One source of truth: what refuses a request is the first violation, and what is accepted breaks no rule.
    #[test]
    fn the_first_violation_is_the_refusal(
        header in object(vec![("alg", json!("RS256")), ("typ", json!("JWT")), ("kid", json!(KID)), ("crit", json!(null))]),
        claims in object(vec![
            ("iss", json!(CHANNEL)), ("sub", json!(CHANNEL)), ("aud", json!("https://api.line.me/")), ("exp", json!(NOW + 300)),
            ("iat", json!(null)), ("nbf", json!(null)), ("token_exp", json!(86_400)),
        ]),
        cut in prop_oneof![9 => Just(0_usize), 1 => 0_usize..1000],
    ) {
        let records = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let kept = std::sync::Arc::clone(&records);
        let observer = move |record: &line_channel_token_emulator::RequestRecord| kept.lock().unwrap().push(record.clone());
        let emulator = builder(&TestClock::new()).rate_limits(RateLimits::off()).on_request(observer).build().unwrap();
        let mut assertion = sign_text(&RSA, &header, &claims);
        // At least the header and a dot are left: a part without a dot is no assertion.
        let most = assertion.len() - assertion.find('.').unwrap() - 1;
        assertion.truncate(assertion.len() - cut.min(most));
        let refused = refusal(&emulator, &records, &assertion);
        let inspection = emulator.inspect(&assertion);
        let first = inspection.findings().iter().find(|finding| finding.verdict == Verdict::Violation);
        match (&refused, first) {
            (None, None) => {}
            (Some(reason), None) => prop_assert!(reason.contains("no token_exp"), "accepted, though {reason}: {assertion}"),
            (Some(reason), Some(first)) => prop_assert!(reason.starts_with(&format!("{}: ", first.message)), "{reason} is not {first}"),
            (None, Some(first)) => prop_assert!(false, "a request was accepted in spite of {first}"),
        }
    }
}
