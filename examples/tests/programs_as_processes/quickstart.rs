//! The main job, as a newcomer runs it.

use crate::support::{CHANNEL_ID, CHANNEL_SECRET, KID, Server, directory, example, key_pair, run};

const OPERATIONS: [&str; 9] = [
    "issue ",
    "verify ",
    "revoke ",
    "issue_stateless ",
    "issue_stateless_with_jwt ",
    "issue_jwt ",
    "verify_jwt ",
    "key_ids ",
    "revoke_jwt ",
];

fn holds_no_token(text: &str) {
    for start in text.match_indices("eyJ").map(|(at, _)| at) {
        let token: String =
            text[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
        assert!(token.len() <= 6, "a token is shown: {text}");
    }
}

#[test]
fn all_nine_operations_succeed_over_both_backends_and_three_calls_are_refused() {
    let (ok, stdout, stderr) = run(&mut example("quickstart"));
    assert!(ok, "{stderr}\n{stdout}");
    for backend in ["With the reqwest backend", "With the hyper backend"] {
        let (_, table) = stdout.split_once(backend).expect("one table for each backend");
        let table = table.split("\n\n").next().unwrap();
        for operation in OPERATIONS {
            assert!(table.lines().any(|line| line.starts_with(operation)), "{operation}: {table}");
        }
        for refusal in ["revoked before", "wrong secret", "the 31st"] {
            assert!(table.contains(&format!("refused, as it should be: {refusal}")), "{refusal}: {table}");
        }
    }
    assert!(stdout.ends_with("Every step did what it should.\n"), "{stdout}");
    holds_no_token(&stdout);
    assert!(!stdout.contains("0f1e2d3c4b5a69788796a5b4c3d2e1f0"));
}

#[test]
fn one_backend_can_be_picked() {
    let (ok, stdout, _) = run(example("quickstart").args(["--backend", "hyper"]));
    assert!(ok && stdout.contains("hyper backend") && !stdout.contains("reqwest backend"), "{stdout}");
}

#[test]
fn live_without_a_channel_says_what_is_missing_and_where_it_is_found() {
    let (ok, stdout, stderr) = run(example("quickstart").arg("--live"));
    assert!(!ok && stdout.is_empty());
    for part in ["LINE_CHANNEL_ID", "\"Channel ID\"", "LINE_CHANNEL_SECRET", "\"Channel secret\"", "Developers Console"]
    {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    let (ok, _, stderr) = run(example("quickstart").arg("--live").env("LINE_CHANNEL_ID", CHANNEL_ID));
    assert!(!ok && stderr.contains("LINE_CHANNEL_SECRET is not set") && !stderr.contains("LINE_CHANNEL_ID is not"));
}

#[test]
fn live_against_another_server_makes_the_calls_that_destroy_nothing() {
    let directory = directory();
    let (private, public) = key_pair(&directory);
    let server = Server::start(&public);
    for backend in ["reqwest", "hyper"] {
        let mut command = example("quickstart");
        command.args(["--live", "--backend", backend]).env("LINE_API_BASE_URL", &server.url);
        command.env("LINE_CHANNEL_ID", CHANNEL_ID).env("LINE_CHANNEL_SECRET", CHANNEL_SECRET);
        let (ok, stdout, stderr) = run(&mut command);
        assert!(ok, "{stderr}");
        assert!(stdout.contains("issue_stateless ") && !stdout.contains("issue_jwt "), "{stdout}");
        assert!(stdout.contains("LINE_ASSERTION_KEY_FILE"), "{stdout}");

        let (ok, stdout, stderr) =
            run(command.env("LINE_ASSERTION_KEY_FILE", &private).env("LINE_ASSERTION_KID", format!("{KID}\n")));
        assert!(ok, "{stderr}");
        for operation in ["issue_stateless_with_jwt ", "issue_jwt ", "verify_jwt ", "key_ids ", "revoke_jwt "] {
            assert!(stdout.lines().any(|line| line.starts_with(operation)), "{operation}: {stdout}");
        }
        holds_no_token(&stdout);

        let (ok, stdout, stderr) = run(command.env("LINE_CHANNEL_SECRET", "wrong"));
        assert!(
            !ok && stdout.contains("FAILED") && stderr.contains("the channel secret was refused"),
            "{stdout}{stderr}"
        );
    }
    let mut command = example("quickstart");
    command.arg("--live").env("LINE_CHANNEL_ID", "@123abcde").env("LINE_CHANNEL_SECRET", CHANNEL_SECRET);
    let (ok, _, stderr) = run(&mut command);
    assert!(!ok && stderr.contains("LINE_CHANNEL_ID: not a channel id: this looks like a basic id"), "{stderr}");
    let (ok, _, stderr) = run(command.env("LINE_CHANNEL_ID", CHANNEL_ID).env("LINE_API_BASE_URL", "http://10.0.0.1"));
    assert!(!ok && stderr.contains("use https"), "{stderr}");
}
