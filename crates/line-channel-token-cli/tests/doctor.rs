//! `doctor`, as a process of its own.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod line_support;

use std::time::Duration;

use line_channel_token::emulator::{Fault, TokenFamily};
use line_channel_token::{AssertionSigner, Operation, TokenLifetime};
use line_support::{ID, KEYS, KID, Line, Ran, SECRET, program, run};
use serde_json::Value;

const DOCTOR: [&str; 5] = ["doctor", "--output", "json", "--timeout", "2s"];

/// The verdict of a check; of several findings the last.
fn verdict(report: &Value, check: &str) -> String {
    let of_check = report["findings"].as_array().unwrap().iter().rfind(|finding| finding["check"] == check);
    of_check.unwrap()["verdict"].as_str().unwrap().to_owned()
}

fn finding<'a>(report: &'a Value, check: &str) -> &'a Value {
    report["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == check).unwrap()
}

/// The checks that found a problem.
fn problems(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let problems = report["findings"].as_array().unwrap().iter().filter(|finding| finding["verdict"] == "problem");
    let problems: Vec<String> = problems.map(|finding| finding["check"].as_str().unwrap().to_owned()).collect();
    assert_eq!(report["ok"], problems.is_empty(), "{report}");
    assert_eq!(report["exit_code"], ran.code, "{report}");
    assert_eq!(ran.err, "");
    problems
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_channel_has_no_finding() {
    let line = Line::start().await;
    let ran = run(&mut line.with_both(&DOCTOR));
    assert_eq!((ran.code, problems(&ran)), (0, Vec::new()));
    let report = ran.json();
    for check in
        ["configuration", "key", "proxy", "dns", "connection", "service", "clock", "secret", "assertion", "slots"]
    {
        assert_eq!(verdict(&report, check), "ok", "{check}");
    }
    assert_eq!(verdict(&report, "tls"), "skipped", "plain http");
    assert_eq!((&report["channel_id"], &report["base_url"]), (&ID.into(), &line.url.clone().into()));
    let key = finding(&report, "key")["message"].as_str().unwrap();
    let thumbprint = KEYS[0].public_jwk().thumbprint();
    assert!(key.contains("RSA with 2048 bits, signs RS256") && key.contains(KID) && key.contains(&thumbprint), "{key}");
    let members: Vec<&String> = finding(&report, "key").as_object().unwrap().keys().collect();
    assert_eq!(members, ["advice", "check", "message", "verdict"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_a_line_for_each_check() {
    let line = Line::start().await;
    let ran = run(&mut line.with_secret(&["doctor"]));
    let port = line.url.rsplit(':').next().unwrap();
    let id = ran.out.split("(request id ").nth(1).and_then(|rest| rest.split(')').next()).unwrap();
    let expected = format!(
        "ok       configuration channel 1234567890 with a secret uses stateless tokens of http://127.0.0.1:{port}\n\
         skipped  key           no valid key is configured\n\
         ok       store         the default directory of tokens can be used, and keeps no token of this channel and family yet\n\
         ok       proxy         none: the service is reached directly\n\
         ok       dns           the base URL has an address, and no name to look up\n\
         ok       connection    127.0.0.1:{port} accepts connections\n\
         skipped  tls           plain http to a loopback address\n\
         ok       service       responds as LINE does (request id {id})\n\
         ok       clock         within 30 seconds of the service's\n\
         ok       secret        LINE accepts the channel id and the channel secret\n\
         skipped  assertion     it takes a valid channel id, a valid key and its kid\n\
         skipped  slots         it takes a valid channel id, a valid key and its kid\n\
         0 problems and 0 warnings; nothing was changed\n"
    );
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, expected.as_str(), ""));
    let colored = run(&mut line.with_secret(&["doctor", "--color", "always"]));
    assert!(colored.out.contains("\u{1b}[") && !ran.out.contains('\u{1b}'));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_slot_is_used_and_nothing_is_revoked() {
    let line = Line::start().await;
    run(&mut line.with_both(&["issue", "--family", "jwt"]));
    run(&mut line.with_both(&["issue", "--family", "short-lived"]));
    for family in ["stateless", "jwt", "short-lived"] {
        run(line.with_both(&DOCTOR).env("LINE_TOKEN_FAMILY", family));
    }
    assert_eq!((line.live(TokenFamily::Jwt), line.live(TokenFamily::ShortLived)), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_configured_says_how_to_start() {
    let line = Line::start().await;
    let ran = run(&mut line.bare(&DOCTOR));
    assert_eq!((ran.code, problems(&ran)), (2, vec!["configuration".to_owned()]));
    let report = ran.json();
    assert_eq!(finding(&report, "configuration")["message"], "nothing is configured");
    assert!(finding(&report, "configuration")["advice"].as_str().unwrap().contains("\"Basic settings\" tab"));
    // What needs no channel is checked all the same.
    for check in ["connection", "service", "clock"] {
        assert_eq!(verdict(&report, check), "ok", "{check}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_problem_of_the_configuration_is_a_finding() {
    let line = Line::start().await;
    let mut command = line.with_secret(&DOCTOR);
    command.env("LINE_CHANNEL_ID", "U0").env("LINE_TOKEN_FAMILY", "v5").env("LINE_ASSERTION_KEY", "s3cret");
    let ran = run(&mut command);
    assert_eq!((ran.code, problems(&ran).len()), (2, 4), "{}", ran.out);
    assert!(!ran.out.contains("s3cret"));
    // The rest can be checked although the family is wrong.
    let ran = run(line.with_both(&DOCTOR).env("LINE_TOKEN_FAMILY", "v5"));
    let report = ran.json();
    assert_eq!((ran.code, problems(&ran)), (2, vec!["configuration".to_owned()]));
    assert_eq!((verdict(&report, "secret"), verdict(&report, "assertion")), ("ok".to_owned(), "ok".to_owned()));
    let ran = run(line.with_both(&DOCTOR).env("LINE_API_BASE_URL", "http://line.example"));
    assert_eq!((ran.code, problems(&ran)), (2, vec!["configuration".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_others_may_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;
    let line = Line::start().await;
    let path = line.key_file(0);
    let mut command = line.with_both(&DOCTOR);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ran = run(&mut command);
    assert_eq!((ran.code, verdict(&ran.json(), "configuration").as_str()), (0, "warning"));
    assert!(ran.out.contains(&format!("chmod 600 {}", path.display())), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_line_refuses_is_told_apart() {
    let line = Line::start().await;
    let wrong = "ffffffffffffffffffffffffffffffff";
    let secret = run(line.with_both(&DOCTOR).env("LINE_CHANNEL_SECRET", wrong));
    assert_eq!((secret.code, problems(&secret)), (3, vec!["secret".to_owned()]));
    assert!(
        finding(&secret.json(), "secret")["advice"].as_str().unwrap().contains("\"Channel secret\" on the channel's")
    );
    let kid = run(line.with_both(&DOCTOR).env("LINE_ASSERTION_KID", "other-kid"));
    assert_eq!((kid.code, problems(&kid)), (3, vec!["assertion".to_owned()]));
    assert!(finding(&kid.json(), "assertion")["advice"].as_str().unwrap().contains("line-channel-token jwk FILE"));
    let key = run(line.with_both(&DOCTOR).env("LINE_ASSERTION_KEY_FILE", line.key_file(1)));
    assert_eq!((key.code, problems(&key)), (3, vec!["assertion".to_owned()]));
    let advice = finding(&key.json(), "assertion")["advice"].as_str().unwrap().to_owned();
    assert!(advice.contains("is this the private key of the public key that has this kid?"), "{advice}");
    let channel = run(line.with_both(&DOCTOR).env("LINE_CHANNEL_ID", "2345678901"));
    assert_eq!((channel.code, problems(&channel)), (3, vec!["secret".to_owned(), "assertion".to_owned()]));
    for ran in [secret, kid, key, channel] {
        assert!(!ran.out.contains(wrong) && !ran.out.contains(SECRET) && !ran.out.contains("eyJ"), "{}", ran.out);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn used_slots_are_counted() {
    let line = Line::start().await;
    let signer = AssertionSigner::new(ID.parse().unwrap(), KID.parse().unwrap(), KEYS[0].clone()).unwrap();
    let issue = async |count: usize| {
        for _ in 0..count {
            let assertion = signer.sign_for(TokenLifetime::MAX).unwrap();
            line.emulator.client().issue_jwt(&assertion).await.unwrap();
        }
    };
    for (more, used, for_stateless, for_jwt) in
        [(23, 23, "ok", "ok"), (6, 29, "warning", "warning"), (1, 30, "warning", "problem")]
    {
        issue(more).await;
        for (family, expected) in [("stateless", for_stateless), ("jwt", for_jwt)] {
            let ran = run(line.with_both(&DOCTOR).env("LINE_TOKEN_FAMILY", family));
            let report = ran.json();
            assert_eq!((verdict(&report, "slots").as_str(), ran.code == 3), (expected, expected == "problem"));
            assert!(finding(&report, "slots")["message"].as_str().unwrap().starts_with(&format!("{used} of 30 slots")));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_is_found_and_mended_first() {
    for (ahead, verdict_of_clock, code) in
        [(10, "ok", 0), (120, "warning", 0), (3600, "problem", 2), (86_400 * 400, "problem", 2)]
    {
        let line = Line::start().await;
        line.emulator.advance(Duration::from_secs(ahead)).unwrap();
        let ran = run(&mut line.with_both(&DOCTOR));
        let report = ran.json();
        assert_eq!((verdict(&report, "clock").as_str(), ran.code), (verdict_of_clock, code), "{report}");
        let clock = finding(&report, "clock")["message"].as_str().unwrap();
        if code != 0 {
            assert!(clock.contains("behind the service's: assertions have expired when they arrive"), "{clock}");
            assert_eq!(finding(&report, "assertion")["advice"], "set the clock first: see above");
            assert_eq!(verdict(&report, "secret"), "ok", "it needs no clock");
        }
    }
    // The emulator's clock cannot be set back.
    let line = Line::start().await;
    let fault = Fault::status(400).unwrap().with_header("date", "Thu, 01 Jan 2026 00:00:00 GMT").unwrap();
    let fault = fault.with_body("{\"error\":\"invalid_request\"}").for_operation(Operation::VerifyJwt);
    line.emulator.inject(fault.until_cleared());
    let ran = run(&mut line.with_secret(&DOCTOR));
    assert_eq!((ran.code, problems(&ran)), (2, vec!["clock".to_owned()]));
    assert!(ran.out.contains("ahead of the service's: assertions expire later than LINE allows"), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_there_is_told_from_one_that_hangs() {
    let line = Line::start().await;
    let dead = run(line.with_both(&DOCTOR).env("LINE_API_BASE_URL", "http://127.0.0.1:1"));
    assert_eq!((dead.code, problems(&dead)), (4, vec!["connection".to_owned()]));
    assert!(dead.out.contains("connection refused"), "{}", dead.out);
    line.emulator.inject(Fault::hang().until_cleared());
    let mut command = line.with_both(&["doctor", "--output", "json", "--timeout", "400ms"]);
    let hung = run(&mut command);
    assert_eq!((hung.code, problems(&hung)), (4, vec!["service".to_owned()]));
    let report = hung.json();
    assert_eq!((verdict(&report, "connection"), verdict(&report, "secret")), ("ok".to_owned(), "skipped".to_owned()));
    for fault in [Fault::garbage(), Fault::connection_reset_before()] {
        line.emulator.clear_faults();
        line.emulator.inject(fault.until_cleared());
        let ran = run(&mut line.with_both(&DOCTOR));
        assert_eq!(problems(&ran), ["service"], "{}", ran.out);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_responds_and_is_not_line_is_named() {
    let line = Line::start().await;
    for (fault, says, code) in [
        (Fault::html(), "HTML", 4),
        (Fault::redirect(), "redirect", 2),
        (Fault::status(503).unwrap(), "the server failed", 4),
        (Fault::status(429).unwrap(), "rate limit", 4),
    ] {
        line.emulator.inject(fault.for_operation(Operation::VerifyJwt).until_cleared());
        let ran = run(&mut line.with_both(&DOCTOR));
        assert_eq!(problems(&ran), ["service"], "{}", ran.out);
        assert!(ran.out.contains(says) && ran.code == code, "{} {}", ran.code, ran.out);
        assert_eq!(verdict(&ran.json(), "secret"), "ok", "the others are checked all the same");
        line.emulator.clear_faults();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_path_of_the_base_url_is_the_first_thing_to_mend() {
    let line = Line::start().await;
    let ran = run(line.with_both(&DOCTOR).env("LINE_API_BASE_URL", format!("{}/prefix", line.url)));
    assert_eq!(problems(&ran), ["service", "secret", "assertion"], "{}", ran.out);
    let report = ran.json();
    for check in ["secret", "assertion"] {
        let advice = finding(&report, check)["advice"].as_str().unwrap();
        assert_eq!(advice, "find out first what it is that responds: see `service` above");
    }
    // Neither this command itself nor what only a programmer has is of any help.
    assert!(!ran.out.contains("token doctor") && !ran.out.contains("expose_"), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_with_a_typing_error_is_a_warning() {
    let line = Line::start().await;
    let ran = run(line.with_secret(&DOCTOR).env("LINE_TOKEN_FAMLY", "jwt"));
    assert_eq!((ran.code, problems(&ran)), (0, Vec::new()));
    let report = ran.json();
    let found = report["findings"].as_array().unwrap().iter().find(|finding| finding["verdict"] == "warning").unwrap();
    assert_eq!(found["message"], "the variable LINE_TOKEN_FAMLY is set, and means nothing");
    assert_eq!(found["advice"], "is it LINE_TOKEN_FAMILY that was meant?");
    // One that is missed is named once.
    let ran = run(line.with_secret(&DOCTOR).env_remove("LINE_CHANNEL_ID").env("LINE_CHANEL_ID", ID));
    assert_eq!(ran.out.matches("LINE_CHANEL_ID").count(), 1, "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_without_an_address_is_a_problem_of_dns() {
    let ran = run(program(&DOCTOR).env("LINE_API_BASE_URL", "https://no-such-host.invalid"));
    assert_eq!((ran.code, problems(&ran)), (2, vec!["configuration".to_owned(), "dns".to_owned()]));
    assert_eq!(verdict(&ran.json(), "connection"), "skipped");
    let mut command = program(&DOCTOR);
    command.env("LINE_CHANNEL_ID", ID).env("LINE_CHANNEL_SECRET", SECRET);
    let ran = run(command.env("LINE_API_BASE_URL", "https://no-such-host.invalid"));
    assert_eq!((ran.code, problems(&ran)), (4, vec!["dns".to_owned()]));
}
