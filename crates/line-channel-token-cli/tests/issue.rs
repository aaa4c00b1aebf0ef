//! `issue`, as a process of its own.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod line_support;

use std::process::Stdio;

use line_channel_token::emulator::{Fault, TokenFamily};
use line_support::{ID, KID, Line, SECRET, program, run};

#[tokio::test(flavor = "multi_thread")]
async fn standard_output_holds_the_token_alone() {
    let line = Line::start().await;
    for mut command in [line.with_secret(&["issue"]), line.with_key(&["issue"]), line.with_both(&["issue"])] {
        let ran = run(&mut command);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        let token = ran.out.strip_suffix('\n').unwrap();
        assert!(line.accepts(token) && !token.contains(char::is_whitespace), "{token}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_family_is_issued() {
    let line = Line::start().await;
    for (family, live) in [("jwt", TokenFamily::Jwt), ("short-lived", TokenFamily::ShortLived)] {
        // The key is of no use to short-lived tokens, and is there for others.
        let ran = run(&mut line.with_both(&["issue", "--family", family]));
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert!(line.accepts(ran.out.trim()));
        assert_eq!(line.live(live), 1);
    }
    let ran = run(line.with_both(&["issue"]).env("LINE_TOKEN_FAMILY", "short-lived"));
    assert_eq!((ran.code, line.live(TokenFamily::ShortLived)), (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_of_a_service_do_not_hinder_another_family() {
    let line = Line::start().await;
    let mut command = line.with_both(&["issue", "--family", "stateless"]);
    command.env("LINE_TOKEN_FAMILY", "jwt").env("LINE_TOKEN_LIFETIME", "12h");
    let ran = run(command.env("LINE_REVOKE_PREVIOUS_AFTER", "10m").env("LINE_ISSUE_BUDGET", "5"));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    // A flag is meant for this call.
    let ran = run(&mut line.with_both(&["issue", "--token-ttl", "12h"]));
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("--token-lifetime: stateless tokens live 15 minutes, which cannot be chosen"),
        "{}",
        ran.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn json_says_what_is_known_of_the_token() {
    let line = Line::start().await;
    let ran = run(&mut line.with_both(&["issue", "--family=jwt", "--token-ttl", "12h", "--output", "json"]));
    let json = ran.json();
    let token = json["access_token"].as_str().unwrap();
    assert!(line.accepts(token));
    let members: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let expected =
        ["access_token", "channel_id", "expires_at", "expires_in", "family", "key_id", "request_id", "token_type"];
    assert_eq!(members, expected);
    assert_eq!(json["expires_in"], 43_200);
    assert_eq!(
        (&json["family"], &json["channel_id"], &json["token_type"]),
        (&"jwt".into(), &ID.into(), &"Bearer".into())
    );
    let listed = run(&mut line.with_key(&["key-ids", "--output", "json"])).json();
    assert_eq!(listed["key_ids"], serde_json::json!([json["key_id"]]));
    let stateless = run(&mut line.with_secret(&["issue", "--output", "json"])).json();
    assert_eq!((&stateless["family"], &stateless["expires_in"]), (&"stateless".into(), &900.into()));
    assert!(stateless.get("key_id").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_and_a_variable_are_ready_to_use() {
    let line = Line::start().await;
    let ran = run(&mut line.with_secret(&["issue", "--output", "header"]));
    let token = ran.out.strip_prefix("Authorization: Bearer ").unwrap().strip_suffix('\n').unwrap();
    assert!(line.accepts(token));
    // A short-lived token holds characters that a shell would take for its own.
    let ran = run(&mut line.with_secret(&["issue", "--output", "env", "--family", "short-lived"]));
    // Quotes would be a part of the value for `docker run --env-file` and `$GITHUB_ENV`.
    assert!(ran.out.starts_with("LINE_CHANNEL_ACCESS_TOKEN=") && !ran.out.contains('\''), "{}", ran.out);
    let shell = std::process::Command::new("sh")
        .args(["-c", "eval \"$1\"; printf %s \"$LINE_CHANNEL_ACCESS_TOKEN\"", "sh", &ran.out])
        .output()
        .unwrap();
    assert!(line.accepts(&String::from_utf8(shell.stdout).unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_wrong_with_the_configuration_is_said_at_once() {
    let ran = run(&mut program(&["issue"]));
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    for says in
        ["--channel-id (or LINE_CHANNEL_ID): missing", "LINE_CHANNEL_SECRET: missing, and so is LINE_ASSERTION_KEY"]
    {
        assert!(ran.err.contains(says), "{}", ran.err);
    }
    let ran = run(program(&["issue", "--channel-id", "U0", "--family", "v2.1"]).env("LINE_CHANNEL_SECRET", SECRET));
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("v2.1 is jwt") && ran.err.contains("--channel-id"), "{}", ran.err);
    let ran = run(&mut program(&["issue", "--output", "json"]));
    assert_eq!(
        (ran.code, &ran.error()["kind"], ran.error()["problems"].as_array().unwrap().len()),
        (2, &"configuration".into(), 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_line_refuses_has_exit_code_3() {
    let line = Line::start().await;
    let wrong = "ffffffffffffffffffffffffffffffff";
    let wrong_secret = run(line.with_secret(&["issue"]).env("LINE_CHANNEL_SECRET", wrong));
    assert_eq!((wrong_secret.code, wrong_secret.out.as_str()), (3, ""));
    assert!(
        wrong_secret.err.contains("the channel secret was refused") && !wrong_secret.err.contains(wrong),
        "{}",
        wrong_secret.err
    );
    let kid = run(line.with_key(&["issue", "--family", "jwt"]).env("LINE_ASSERTION_KID", "other-kid"));
    assert_eq!(kid.code, 3);
    assert!(kid.err.contains("no public key is registered under the assertion's kid"), "{}", kid.err);
    let key = run(line.with_key(&["issue", "--output=json"]).env("LINE_ASSERTION_KEY_FILE", line.key_file(1)));
    assert_eq!((key.code, &key.error()["kind"], &key.error()["status"]), (3, &"invalid_assertion".into(), &400.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_31st_token_is_refused_with_a_way_out() {
    let line = Line::start().await;
    for _ in 0..30 {
        let assertion = line_channel_token::AssertionSigner::new(
            ID.parse().unwrap(),
            KID.parse().unwrap(),
            line_support::KEYS[0].clone(),
        );
        let assertion = assertion.unwrap().sign_for(line_channel_token::TokenLifetime::MAX).unwrap();
        line.emulator.client().issue_jwt(&assertion).await.unwrap();
    }
    let ran = run(&mut line.with_key(&["issue", "--family", "jwt"]));
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("hint: `line-channel-token key-ids` lists"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_succeed_later_has_exit_code_4() {
    let line = Line::start().await;
    let faults =
        [Fault::status(429).unwrap(), Fault::status(503).unwrap(), Fault::connection_reset_before(), Fault::hang()];
    for fault in faults {
        line.emulator.inject(fault.until_cleared());
        let ran = run(&mut line.with_secret(&["issue", "--timeout", "400ms"]));
        assert_eq!((ran.code, ran.out.as_str()), (4, ""), "{}", ran.err);
        line.emulator.clear_faults();
    }
    let dead = run(line.with_secret(&["issue", "--timeout=1s"]).env("LINE_API_BASE_URL", "http://127.0.0.1:1"));
    assert_eq!(dead.code, 4);
    assert!(dead.err.contains("connection refused") && dead.err.contains("line-channel-token doctor"), "{}", dead.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passing_failure_is_repeated() {
    let line = Line::start().await;
    line.emulator.inject(Fault::status(503).unwrap());
    let ran = run(&mut line.with_secret(&["issue"]));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_response_says_what_it_may_have_cost() {
    let line = Line::start().await;
    for (family, live, says) in [
        (
            "jwt",
            TokenFamily::Jwt,
            "it uses one of the channel's 30 slots until it expires. `line-channel-token key-ids` shows",
        ),
        ("short-lived", TokenFamily::ShortLived, "of which LINE revokes the oldest for the 31st"),
    ] {
        line.emulator.inject(Fault::connection_reset_after());
        let ran = run(&mut line.with_both(&["issue", "--family", family]));
        assert_eq!((ran.code, ran.out.as_str()), (4, ""));
        assert!(ran.err.contains(says), "{}", ran.err);
        assert_eq!(line.live(live), 1, "the token that nobody has, and no second one");
    }
    line.emulator.inject(Fault::connection_reset_after().until_cleared());
    let stateless = run(&mut line.with_both(&["issue", "--timeout", "1s"]));
    assert_eq!(stateless.code, 4);
    assert!(!stateless.err.contains("slot"), "{}", stateless.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_a_call_includes_further_attempts() {
    let line = Line::start().await;
    line.emulator.inject(Fault::status(503).unwrap().with_delay(std::time::Duration::from_millis(300)).until_cleared());
    let ran = run(&mut line.with_secret(&["issue", "--timeout", "500ms"]));
    assert_eq!(ran.code, 4);
    assert!(line.emulator.faults()[0].used <= 2, "a third attempt would begin after 600 ms");
    for wrong in ["0", "soon", "2d"] {
        assert_eq!(run(&mut line.with_secret(&["issue", "--timeout", wrong])).code, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_has_gone_is_no_failure() {
    let line = Line::start().await;
    let mut command = line.with_secret(&["issue"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ran = line_support::ran(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}
