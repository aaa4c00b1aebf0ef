//! `token`, as processes of their own that share a store.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod line_support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use line_channel_token::Operation;
use line_channel_token::emulator::{Fault, RequestRecord, TokenFamily};
use line_support::{ID, KEYS, KID, Line, program, ran, run, run_with_input};

const JWT: [&str; 3] = ["token", "--family", "jwt"];

fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn stored(line: &Line) -> Vec<PathBuf> {
    let files = fs::read_dir(line.folder.path().join("state/line-channel-token")).unwrap();
    files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "token"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_cold_processes_issue_one_token() {
    let line = Line::start().await;
    // Made once: it is written anew for each.
    let mut commands: Vec<Command> = (0..20).map(|_| line.with_key(&JWT)).collect();
    let children: Vec<Child> = commands.iter_mut().map(start).collect();
    let mut tokens: Vec<String> = children
        .into_iter()
        .map(|child| {
            let ran = ran(child.wait_with_output().unwrap());
            assert_eq!((ran.code, ran.err.as_str()), (0, ""));
            ran.out
        })
        .collect();
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert!(line.accepts(tokens[0].trim()));
    assert_eq!(line.live(TokenFamily::Jwt), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warm_token_needs_neither_network_nor_key() {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    let count = move |_: &RequestRecord| {
        counted.fetch_add(1, SeqCst);
    };
    let line = Line::start_with(|builder| builder.on_request(count)).await;
    let first = run(&mut line.with_key(&JWT));
    assert_eq!(first.code, 0, "{first:?}");
    fs::remove_file(line.key_file(0)).unwrap();
    let mut again = line.bare(&JWT);
    again.env("LINE_CHANNEL_ID", ID).env("LINE_ASSERTION_KEY_FILE", "/no/such/key.pem").env("LINE_ASSERTION_KID", KID);
    let again = run(&mut again);
    assert_eq!((again.code, &again.out, again.err.as_str()), (0, &first.out, ""));
    assert_eq!(requests.load(SeqCst), 1);
    for path in stored(&line) {
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700), "{path:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_format_holds_the_same_token() {
    let line = Line::start().await;
    let text = run(&mut line.with_key(&JWT)).out;
    let header = run(&mut line.with_key(&["token", "--family=jwt", "--output", "header"])).out;
    assert_eq!(header, format!("Authorization: Bearer {text}"));
    let json = run(&mut line.with_key(&["token", "--family=jwt", "--output", "json"])).json();
    assert_eq!((json["access_token"].as_str(), json["family"].as_str()), (Some(text.trim()), Some("jwt")));
    assert_eq!((json["channel_id"].as_str(), json["token_type"].as_str()), (Some(ID), Some("Bearer")));
    let left = json["expires_in"].as_u64().unwrap();
    assert!((2_591_900..=2_592_000).contains(&left), "{left}");
    let listed = run(&mut line.with_key(&["key-ids", "--output", "json"])).json();
    assert_eq!(listed["key_ids"], serde_json::json!([json["key_id"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn families_channels_and_servers_are_kept_apart() {
    let line = Line::start().await;
    let tokens: Vec<String> = ["jwt", "stateless", "short-lived"]
        .map(|family| run(&mut line.with_both(&["token", "--family", family])).out)
        .to_vec();
    assert!(tokens.iter().all(|token| line.accepts(token.trim())), "{tokens:?}");
    let elsewhere = Line::start().await;
    let mut other = elsewhere.with_key(&JWT);
    let token = run(other.env("XDG_STATE_HOME", line.folder.path().join("state"))).out;
    assert!(elsewhere.accepts(token.trim()) && token != tokens[0]);
    assert_eq!(stored(&line).len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_valid_too_shortly_is_replaced() {
    let line = Line::start().await;
    let args = ["token", "--family=jwt", "--token-ttl", "10m", "--min-valid", "5m"];
    let first = run(&mut line.with_key(&args));
    assert_eq!((first.code, first.err.as_str()), (0, ""));
    // It says ten minutes, and the store's clock cannot be moved: a longer life is asked for than the stored token has.
    let longer = ["token", "--family=jwt", "--token-ttl", "30m", "--min-valid", "12m"];
    let kept = run(&mut line.with_key(&longer));
    assert_eq!((kept.code, &kept.out), (0, &first.out), "it is in the first half of its life");
    assert!(
        kept.err.contains("the token is valid for 9 minutes 59 seconds, which is less than --min-valid asks for"),
        "{}",
        kept.err
    );
    let refused = run(&mut line.with_key(&["token", "--family=jwt", "--token-ttl", "10m", "--min-valid", "6m"]));
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("give half of that at most, which is 5 minutes"), "{}", refused.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_replaced_once() {
    let line = Line::start().await;
    let first = run(&mut line.with_key(&JWT)).out;
    let refuse = |token: &str| run_with_input(&mut line.with_key(&["token", "--family=jwt", "--refused"]), token);
    let second = refuse(&format!("Bearer {first}"));
    assert_eq!((second.code, second.err.as_str()), (0, ""));
    assert_ne!(second.out, first);
    // Another process comes with the same complaint, and one with a token that nobody knows.
    assert_eq!(refuse(&first).out, second.out);
    assert_eq!(refuse("eyJhbGciOiJIUzI1NiJ9.e30.c2ln").out, second.out);
    assert_eq!(run(&mut line.with_key(&JWT)).out, second.out);
    assert_eq!(line.live(TokenFamily::Jwt), 2, "nothing was revoked");
    let file = line.file("refused", &second.out);
    let third = run(&mut line.with_key(&["token", "--family=jwt", &format!("--refused={}", file.display())]));
    assert_eq!(third.code, 4, "{third:?}");
    assert!(third.err.contains("servers refuse the tokens of this channel one after the other"), "{}", third.err);
    let empty = refuse("");
    assert!(empty.code == 2 && empty.err.contains("standard input is empty"), "{empty:?}");
    let on_the_command_line = run(&mut line.with_key(&["token", &format!("--refused={}", first.trim())]));
    assert!(
        on_the_command_line.code == 2 && !on_the_command_line.err.contains(first.trim()),
        "{on_the_command_line:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_takes_over_from_one_that_was_killed() {
    let line = Line::start().await;
    line.emulator.inject(Fault::delay(Duration::from_secs(60)).for_operation(Operation::IssueJwt).times(1));
    let mut killed = start(&mut line.with_key(&JWT));
    while line.live(TokenFamily::Jwt) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let next = run(&mut line.with_key(&JWT));
    assert_eq!(next.code, 0, "{next:?}");
    assert!(next.err.contains("a process that was issuing a token has ended or hangs"), "{}", next.err);
    assert!(line.accepts(next.out.trim()));
    assert_eq!(run(&mut line.with_key(&JWT)).out, next.out);
    assert!(line.live(TokenFamily::Jwt) <= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_says_what_may_have_been_issued() {
    let line = Line::start().await;
    line.emulator.inject(Fault::delay(Duration::from_secs(60)).for_operation(Operation::IssueJwt).times(1));
    let child = start(&mut line.with_key(&JWT));
    while line.live(TokenFamily::Jwt) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let ran = ran(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.out.as_str()), (130, ""));
    assert!(ran.err.contains("interrupted: LINE may have issued a token all the same"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_and_a_lost_response_say_what_to_do() {
    let line = Line::start().await;
    line.emulator.inject(Fault::connection_reset_after().for_operation(Operation::IssueJwt).times(1));
    let lost = run(&mut line.with_key(&["token", "--family=jwt", "--output", "json"]));
    assert_eq!((lost.code, lost.out.as_str()), (4, ""));
    assert!(
        lost.error()["hint"].as_str().unwrap().contains("nobody has the token that may have been issued"),
        "{lost:?}"
    );
    let mut nowhere = program(&["token", "--output=json"]);
    nowhere.env("LINE_API_BASE_URL", "http://127.0.0.1:1").env("XDG_STATE_HOME", line.folder.path());
    let nowhere = run(nowhere.env("LINE_CHANNEL_ID", ID).env("LINE_CHANNEL_SECRET", line_support::SECRET));
    assert_eq!((nowhere.code, &nowhere.error()["kind"]), (4, &"connect".into()), "{nowhere:?}");
    let nothing = run(&mut program(&["token", "--output=json"]));
    assert_eq!((nothing.code, &nothing.error()["kind"]), (2, &"configuration".into()), "{nothing:?}");
    let wrong = line.key_file(1);
    let mut refused = line.bare(&JWT);
    refused.env("LINE_CHANNEL_ID", ID).env("LINE_ASSERTION_KEY_FILE", wrong).env("LINE_ASSERTION_KID", "no-such-kid");
    assert_eq!(run(&mut refused).code, 3);
    assert_eq!(KEYS.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_store_each_run_issues_a_token() {
    let line = Line::start().await;
    let runs = [1, 2].map(|_| run(&mut line.with_both(&["token", "--store", "none", "--family=jwt"])));
    assert!(runs.iter().all(|ran| ran.code == 0 && ran.err.matches("warning:").count() == 1), "{runs:?}");
    assert!(runs[0].err.contains("--store none issues a v2.1 token at each start"), "{}", runs[0].err);
    assert_ne!(runs[0].out, runs[1].out);
    let stateless = run(&mut line.with_both(&["token", "--store=none"]));
    assert_eq!((stateless.code, stateless.err.as_str()), (0, ""));
    assert!(!line.folder.path().join("state").exists());
}
