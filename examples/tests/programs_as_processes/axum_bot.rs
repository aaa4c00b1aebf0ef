//! The bot as a process, from its first request to SIGTERM, against the emulator over TCP.

use crate::bot_process::{BotProcess, Line, signed, text_event};
use crate::support::{CHANNEL_ID, CHANNEL_SECRET, KID, directory, example, key_pair, run};

const PUSH: &str = "POST /v2/bot/message/push";

#[test]
fn a_bot_lives_through_a_revoked_token() {
    let line = Line::start(None);
    let bot = BotProcess::start(&line, &[("LINE_TOKEN_FAMILY", "short-lived")]);
    assert_eq!(bot.get("/health/live").0, 200);
    let (status, body) = bot.get("/health/ready");
    assert_eq!(status, 503, "LINE has not responded yet: {body}");
    assert!(body.contains(r#""is_ready":false"#), "{body}");
    line.open();
    let body = bot.wait_until_ready();
    assert!(body.contains(r#""state":"fresh""#), "{body}");
    assert_eq!(line.next(1), ["POST /v2/oauth/accessToken 200"]);

    assert_eq!(bot.webhook(&text_event("Hello"), None), 200);
    assert_eq!(line.next(1), [format!("{PUSH} 200")]);

    assert_eq!(line.revoke_all(), 1);
    assert_eq!(bot.webhook(&text_event("Are you still there?"), None), 200);
    assert_eq!(
        line.next(3),
        [format!("{PUSH} 401"), "POST /v2/oauth/accessToken 200".to_owned(), format!("{PUSH} 200")]
    );

    let (code, output) = bot.terminate();
    assert_eq!(code, Some(0), "{output}");
    assert_eq!(line.next(1), ["POST /v2/oauth/revoke 200"]);
    assert_eq!(line.live_tokens(), 0, "the token is revoked");
    assert!(output.contains("1 token revoked"), "{output}");
}

#[test]
fn a_bot_signs_with_a_key_and_ends_with_its_messages_sent() {
    let (private, public) = key_pair(&directory());
    let line = Line::start(Some(&public));
    line.open();
    let family = [
        ("LINE_TOKEN_FAMILY", "jwt"),
        ("LINE_ASSERTION_KEY_FILE", private.to_str().unwrap()),
        ("LINE_ASSERTION_KID", KID),
    ];
    let bot = BotProcess::start(&line, &family);
    bot.wait_until_ready();
    assert_eq!(line.next(1), ["POST /oauth2/v2.1/token 200"]);

    assert_eq!(line.revoke_all(), 1);
    for text in ["one", "two", "three"] {
        assert_eq!(bot.webhook(&text_event(text), None), 200);
    }
    let (code, output) = bot.terminate();
    assert_eq!(code, Some(0), "{output}");
    let seen = line.all();
    assert_eq!(seen.iter().filter(|line| **line == format!("{PUSH} 200")).count(), 3, "each arrives once: {seen:?}");
    assert_eq!(seen.iter().filter(|line| line.contains("/oauth2/v2.1/token 200")).count(), 1, "one issue: {seen:?}");
    assert_eq!(seen.last().map(String::as_str), Some("POST /oauth2/v2.1/revoke 200"), "{seen:?}");
    assert_eq!(line.live_tokens(), 0);
}

#[test]
fn only_signed_webhooks_are_taken() {
    let line = Line::start(None);
    line.open();
    let bot = BotProcess::start(&line, &[("LINE_TOKEN_FAMILY", "short-lived")]);
    let event = text_event("Hello");
    let other = text_event("Hello, somebody else");
    for signature in ["", "AAAA", "not base64", signed(&other).as_str()] {
        assert_eq!(bot.webhook(&event, Some(signature)), 403, "{signature}");
    }
    assert_eq!(bot.post(&event, &[]), 403, "no signature at all");
    assert_eq!(bot.post("", &[("content-length", "10")]), 408, "a body that does not come");
    assert_eq!(bot.webhook("no json", None), 400);
    assert_eq!(bot.webhook(r#"{"destination":"U0","events":[]}"#, None), 200, "the Console's button");
    for ignored in [
        r#"{"events":[{"type":"follow","mode":"active","webhookEventId":"01","source":{"type":"user","userId":"U1"}}]}"#,
        &event.replace("active", "standby"),
        &event.replace(r#""type":"text""#, r#""type":"sticker""#),
        &event.replace(r#""message","mode""#, r#""somethingNew","mode""#),
        &event.replace(r#""type":"user","userId":"U1""#, r#""type":"community","communityId":"X1""#),
    ] {
        assert_eq!(bot.webhook(ignored, None), 200, "{ignored}");
    }
    let (code, output) = bot.terminate();
    assert_eq!(code, Some(0), "{output}");
    assert!(!line.all().iter().any(|line| line.starts_with(PUSH)), "nothing was sent");
}

#[test]
fn groups_and_rooms_get_an_echo_too() {
    let line = Line::start(None);
    line.open();
    let bot = BotProcess::start(&line, &[("LINE_TOKEN_FAMILY", "short-lived")]);
    bot.wait_until_ready();
    assert_eq!(line.next(1), ["POST /v2/oauth/accessToken 200"]);
    for source in [r#""type":"group","groupId":"C1","userId":"U1""#, r#""type":"room","roomId":"R1""#] {
        let event = text_event(&source.replace('"', "")).replace(r#""type":"user","userId":"U1""#, source);
        assert_eq!(bot.webhook(&event, None), 200, "{source}");
        assert_eq!(line.next(1), [format!("{PUSH} 200")], "{source}");
    }
}

#[test]
fn a_reissued_secret_in_a_file_is_followed() {
    let file = directory().join("secret");
    std::fs::write(&file, CHANNEL_SECRET).unwrap();
    let line = Line::start(None);
    line.open();
    let bot = BotProcess::start(&line, &[("LINE_CHANNEL_SECRET_FILE", file.to_str().unwrap())]);
    let event = r#"{"events":[]}"#;
    assert_eq!(bot.webhook(event, None), 200);
    std::fs::write(&file, "another-s3cret\n").unwrap();
    assert_eq!(bot.webhook(event, None), 403);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(bot.webhook(event, None), 500);
    std::fs::write(&file, CHANNEL_SECRET).unwrap();
    assert_eq!(bot.webhook(event, None), 200);
    let (code, output) = bot.terminate();
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("LINE_CHANNEL_SECRET_FILE ("), "{output}");
}

#[test]
fn a_message_that_cannot_be_sent_is_reported() {
    let line = Line::start(None);
    line.open();
    let bot = BotProcess::start(&line, &[("LINE_TOKEN_FAMILY", "short-lived")]);
    bot.wait_until_ready();
    line.close();
    assert_eq!(bot.webhook(&text_event("Hello"), None), 200);
    let (code, output) = bot.terminate();
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("a message was not sent: error sending request: "), "with the cause: {output}");
}

#[test]
fn everything_that_is_missing_is_told_at_once() {
    let (ok, stdout, stderr) = run(example("axum_bot").env("LISTEN", "8080"));
    assert!(!ok && stdout.is_empty(), "{stdout}");
    for part in ["\n- LINE_CHANNEL_ID: ", "\n- LINE_CHANNEL_SECRET: ", "\n- LISTEN: "] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    assert!(stderr.starts_with("axum_bot: ") && !stderr.contains("Error {"), "for a person: {stderr}");

    let (private, _) = key_pair(&directory());
    let mut command = example("axum_bot");
    command.env("LINE_CHANNEL_ID", CHANNEL_ID).env("LINE_ASSERTION_KEY_FILE", private).env("LINE_ASSERTION_KID", KID);
    let (ok, _, stderr) = run(&mut command);
    assert!(
        !ok && stderr.contains("LINE_CHANNEL_SECRET: not set, and is needed: give it there or in a file"),
        "{stderr}"
    );

    let mut command = example("axum_bot");
    command.env("LINE_CHANNEL_ID", CHANNEL_ID).env("LINE_CHANNEL_SECRET", CHANNEL_SECRET);
    let (ok, _, stderr) = run(command.env("LINE_API_BASE_URL", "http://10.0.0.1").env("LINE_TOKEN_FAMILY", "long"));
    assert!(!ok && stderr.contains("LINE_API_BASE_URL") && stderr.contains("LINE_TOKEN_FAMILY"), "{stderr}");
    assert!(!stderr.contains(CHANNEL_SECRET), "{stderr}");
}
