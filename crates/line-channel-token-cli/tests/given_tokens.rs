//! `verify`, `revoke` and `key-ids`, as processes of their own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod line_support;

use line_channel_token::Operation;
use line_channel_token::emulator::{Fault, TokenFamily};
use line_support::{ID, Line, SECRET, program, run, run_with_input};

/// A token of a family, in a format of `issue`.
fn issued(line: &Line, family: &str, format: &str) -> String {
    let ran = run(&mut line.with_both(&["issue", "--family", family, "--output", format]));
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran.out
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_verified_in_each_form_without_credentials() {
    let line = Line::start().await;
    for (family, shown) in [("jwt", "jwt"), ("short-lived", "short-lived")] {
        for format in ["token", "json", "header", "env"] {
            let ran = run_with_input(&mut line.bare(&["verify"]), &issued(&line, family, format));
            assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{family} {format}");
            assert!(ran.out.starts_with("valid for 29 days 23 hours, until "), "{}", ran.out);
            let rest: Vec<&str> = ran.out.lines().skip(1).collect();
            assert_eq!(rest, [format!("channel {ID}"), format!("family {shown}"), "scope CM P".to_owned()]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_read_from_a_file() {
    let line = Line::start().await;
    let path = line.file("token", &format!("\u{feff}Bearer {}\r\n", issued(&line, "jwt", "token").trim()));
    for argument in [path.display().to_string(), format!("@{}", path.display())] {
        let ran = run(&mut line.bare(&["verify", &argument, "--output", "json"]));
        let json = ran.json();
        assert_eq!((&json["valid"], &json["family"], &json["channel_id"]), (&true.into(), &"jwt".into(), &ID.into()));
        assert_eq!(json["scope"], serde_json::json!(["CM", "P"]));
        let expires_in = json["expires_in"].as_u64().unwrap();
        assert!((2_591_900..=2_592_000).contains(&expires_in) && json["expires_at"].as_u64().unwrap() > expires_in);
    }
    let missing = run(&mut line.bare(&["verify", "./no-such-file"]));
    assert_eq!((missing.code, missing.err.contains("there is no such file")), (2, true), "{}", missing.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_on_the_command_line_is_not_used() {
    let line = Line::start().await;
    for family in ["jwt", "short-lived"] {
        let token = issued(&line, family, "token").trim().to_owned();
        for command in ["verify", "revoke"] {
            let ran = run(&mut line.with_both(&[command, &token]));
            assert_eq!((ran.code, ran.out.as_str()), (2, ""));
            assert!(ran.err.contains("every process") && !ran.err.contains(&token), "{}", ran.err);
        }
    }
    assert_eq!((line.live(TokenFamily::Jwt), line.live(TokenFamily::ShortLived)), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_valid_has_exit_code_3() {
    let line = Line::start().await;
    for (token, says) in [
        ("eyJhbGciOiJIUzI1NiJ9.UnQ_o-GP0VtnwDjbK0C8E_NvK.c2ln", "stateless ones too but cannot be verified"),
        ("aB3+/aB3+/aB3+/aB3+/aB3+/w==", "the access token is unknown, revoked, expired or malformed"),
    ] {
        let ran = run_with_input(&mut line.bare(&["verify"]), token);
        assert_eq!((ran.code, ran.out.as_str()), (3, ""));
        assert!(ran.err.contains(says) && !ran.err.contains(token), "{}", ran.err);
    }
    let stateless = issued(&line, "stateless", "token");
    let ran = run_with_input(&mut line.bare(&["verify"]), &stateless);
    assert_eq!(ran.code, 3);
    let ran = run_with_input(&mut line.bare(&["verify", "--family", "stateless"]), &stateless);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("stateless tokens cannot be verified"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_is_named() {
    let line = Line::start().await;
    let signed = run(&mut line.with_key(&["sign"]));
    for (input, says) in [
        (signed.out.as_str(), "an assertion and no token"),
        ("", "is empty"),
        (ID, "channel id"),
        (SECRET, "channel secret"),
        ("Bearer ${TOKEN}", "not expanded"),
    ] {
        for command in ["verify", "revoke"] {
            let ran = run_with_input(&mut line.with_both(&[command]), input);
            assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{input}");
            assert!(ran.err.contains(says) && !ran.err.contains(SECRET) && !ran.err.contains("eyJ"), "{}", ran.err);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_lived_token_is_told_from_a_short_lived_one() {
    let line = Line::start().await;
    let token = "aB3+/aB3+/aB3+/aB3+/aB3+/w==";
    let id = ID.parse().unwrap();
    line.emulator.register_long_lived_token(&id, token, std::time::Duration::ZERO).unwrap();
    let ran = run_with_input(&mut line.bare(&["verify", "--output", "json"]), token);
    assert_eq!((ran.code, &ran.json()["family"]), (0, &"long_lived".into()));
    assert_eq!(run_with_input(&mut line.bare(&["verify", "--family", "long-lived"]), token).code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_each_family_is_revoked_once() {
    let line = Line::start().await;
    for (family, live) in [("jwt", TokenFamily::Jwt), ("short-lived", TokenFamily::ShortLived)] {
        let token = issued(&line, family, "header");
        let ran = run_with_input(&mut line.with_secret(&["revoke"]), &token);
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "revoked: a token of channel 1234567890\n", ""));
        assert_eq!(line.live(live), 0);
        let again = run_with_input(&mut line.with_secret(&["revoke"]), &token);
        assert_eq!(again.code, 0);
        assert!(again.out.starts_with("nothing to revoke: LINE knows no such valid "), "{}", again.out);
        let json = run_with_input(&mut line.with_secret(&["revoke", "--output", "json"]), &token).json();
        assert_eq!((&json["revoked"], &json["was_valid"]), (&false.into(), &false.into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stateless_token_is_said_to_stay_valid() {
    let line = Line::start().await;
    let token = issued(&line, "stateless", "token");
    let ran = run_with_input(&mut line.with_secret(&["revoke"]), &token);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("or is a stateless token, which cannot be revoked and expires 15 minutes"), "{}", ran.out);
    assert!(line.accepts(token.trim()));
    let ran = run_with_input(&mut line.with_secret(&["revoke", "--family", "stateless"]), &token);
    assert_eq!((ran.code, ran.err.contains("stateless tokens cannot be revoked")), (2, true), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_v2_1_token_is_revoked_with_the_secret_of_its_channel() {
    let line = Line::start().await;
    let token = issued(&line, "jwt", "token");
    let without = run_with_input(&mut line.with_key(&["revoke"]), &token);
    assert_eq!(without.code, 2);
    assert!(
        without.err.contains("LINE_CHANNEL_SECRET: missing") && without.err.contains("also if it was issued for a key"),
        "{}",
        without.err
    );
    let other = run_with_input(line.with_secret(&["revoke"]).env("LINE_CHANNEL_ID", "2345678901"), &token);
    assert_eq!(other.code, 2);
    assert!(other.err.contains("the token is of channel 1234567890, and not of 2345678901"), "{}", other.err);
    let wrong = "ffffffffffffffffffffffffffffffff";
    let wrong = run_with_input(line.with_secret(&["revoke"]).env("LINE_CHANNEL_SECRET", wrong), &token);
    assert_eq!(wrong.code, 3, "{}", wrong.err);
    assert_eq!(line.live(TokenFamily::Jwt), 1);
    // The family of the service on this machine says nothing about the token.
    let right = run_with_input(line.with_both(&["revoke"]).env("LINE_TOKEN_FAMILY", "short-lived"), &token);
    assert_eq!((right.code, line.live(TokenFamily::Jwt)), (0, 0), "{}", right.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_revoked_although_it_cannot_be_verified() {
    let line = Line::start().await;
    let token = issued(&line, "jwt", "token");
    line.emulator.inject(Fault::status(500).unwrap().for_operation(Operation::VerifyJwt).until_cleared());
    let ran = run_with_input(&mut line.with_secret(&["revoke", "--output", "json"]), &token);
    assert_eq!((ran.code, &ran.json()["was_valid"], line.live(TokenFamily::Jwt)), (0, &serde_json::Value::Null, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn key_ids_are_lines_and_a_count() {
    let line = Line::start().await;
    let none = run(&mut line.with_key(&["key-ids"]));
    assert_eq!((none.code, none.out.as_str(), none.err.as_str()), (0, "", "0 of 30 slots for v2.1 tokens are used\n"));
    let first: serde_json::Value = serde_json::from_str(&issued(&line, "jwt", "json")).unwrap();
    issued(&line, "jwt", "token");
    let two = run(line.with_key(&["key-ids"]).env("LINE_TOKEN_FAMILY", "stateless"));
    assert_eq!((two.out.lines().count(), two.err.as_str()), (2, "2 of 30 slots for v2.1 tokens are used\n"));
    assert!(two.out.lines().any(|line| line == first["key_id"]));
    let json = run(&mut line.with_key(&["key-ids", "--output", "json"])).json();
    assert_eq!((&json["slots_used"], &json["slots"], &json["channel_id"]), (&2.into(), &30.into(), &ID.into()));
    let without_key = run(&mut line.with_secret(&["key-ids"]));
    assert_eq!(without_key.code, 2);
    assert!(without_key.err.contains("LINE_ASSERTION_KEY: missing"), "{}", without_key.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_url_that_is_none_is_not_shown() {
    for command in ["verify", "revoke"] {
        let mut command = program(&[command]);
        let ran = run_with_input(command.env("LINE_API_BASE_URL", "https://user:s3cret@line.example"), "abc+/==");
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains("LINE_API_BASE_URL") && !ran.err.contains("s3cret"), "{}", ran.err);
    }
}
