//! The other examples, as processes.

use std::os::unix::fs::PermissionsExt;

use crate::support::{CHANNEL_ID, CHANNEL_SECRET, KID, Server, directory, example, key_pair, run};

#[test]
fn the_hyper_backend_issues_a_token() {
    let (ok, stdout, stderr) = run(&mut example("hyper_backend"));
    assert!(ok && stdout == "issued a stateless token that lives 900 seconds\n", "{stdout}{stderr}");
}

#[test]
fn a_program_without_a_runtime_pushes_past_a_revoked_token() {
    let (ok, stdout, stderr) = run(&mut example("blocking"));
    assert!(ok && stderr.is_empty(), "{stdout}{stderr}");
    let expected = "pushed: 200 OK, with a token that lives 900 seconds\n\
                    LINE takes that token back\n\
                    pushed: 200 OK, with the next token\n";
    assert_eq!(stdout, expected);
}

#[test]
fn a_service_is_ready_once_there_is_a_token_and_revokes_it_at_its_end() {
    let (ok, stdout, stderr) = run(&mut example("keep_warm"));
    assert!(ok && stderr.is_empty(), "{stdout}{stderr}");
    let end = "360 requests, each with a valid token\n 3601 s  Revoked { key_id: None }\n1 token revoked; everything done: true\n";
    assert!(stdout.ends_with(end), "{stdout}");
    let at_first = "    0 s  failed: issue: ";
    let then = "\nnot ready yet, try again in ";
    let ready = "    1 s  issued\nready\n";
    assert!(stdout.starts_with(at_first) && stdout.contains(then) && stdout.contains(ready), "{stdout}");
    let refreshes = stdout.matches("refreshed in the background").count();
    assert!((4..=6).contains(&refreshes), "{stdout}");
}

#[test]
fn a_pool_keeps_the_tokens_of_many_channels_warm_and_knows_its_customers() {
    let (ok, stdout, stderr) = run(&mut example("many_channels"));
    assert!(ok && stderr.is_empty(), "{stdout}{stderr}");
    let lines: Vec<&str> = stdout.lines().collect();
    assert!(
        lines[0].starts_with("channel 2000000007: issue_stateless: the channel id or the channel secret"),
        "{stdout}"
    );
    assert_eq!(lines[1], "14400 messages for 500 channels");
    assert!(lines[2].starts_with("500 first tokens issued, "), "{stdout}");
    let refreshed: usize = lines[2].split(", ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    // 15 minutes less a fifth, five times in the hour at the most.
    assert!((1500..=2500).contains(&refreshed), "{stdout}");
    assert_eq!(lines[3], "499 channels after one left");
    assert_eq!(lines[4], "channel 999: it is not one of our customers'");
}

#[test]
fn what_a_cache_reports_becomes_a_page_for_prometheus() {
    let (ok, stdout, stderr) = run(&mut example("metrics"));
    assert!(ok, "{stderr}");
    for line in [
        "line_tokens_issued_total{how=\"first\"} 1",
        "line_tokens_issued_total{how=\"refresh\"} 1",
        "line_token_refreshes_failed_total{kind=\"server\"} 2",
        "line_tokens_revoked_total 2",
        "line_tokens_invalidated_total 1",
        "line_token_lifetime_seconds 2592000",
    ] {
        assert!(stdout.lines().any(|printed| printed == line), "{line} is missing:\n{stdout}");
    }
}

#[test]
fn opentelemetry_gets_each_call_with_its_status_and_the_id_of_its_response() {
    let (ok, stdout, stderr) = run(&mut example("opentelemetry"));
    assert!(ok && stderr.is_empty(), "{stdout}{stderr}");
    // Each tree begins at the margin.
    let mut trees: Vec<String> = Vec::new();
    for line in stdout.lines() {
        match trees.last_mut().filter(|_| line.starts_with(' ')) {
            Some(tree) => *tree += &format!("{line}\n"),
            None => trees.push(format!("{line}\n")),
        }
    }
    assert_eq!(trees.len(), 4, "{stdout}");
    let tree = |start: &str| trees.iter().find(|tree| tree.starts_with(start)).expect(start);
    let refresh = tree("issue_channel_access_token (Internal, Unset)");
    for line in [
        "    follows from wait_for_channel_access_token",
        "  issue_stateless (Client, Unset)",
        "      operation = issue_stateless",
        "      http.response.status_code = 200",
        "      outcome = ok",
        "    POST /oauth2/v3/token (Client, Unset)",
        "        backend = reqwest",
        "        http.response.status_code = 200",
    ] {
        assert!(refresh.lines().any(|printed| printed == line), "{line} is missing:\n{refresh}");
    }
    let ids: Vec<&str> = refresh.lines().filter_map(|line| line.trim().strip_prefix("request_id = ")).collect();
    assert!(ids.len() == 2 && ids[0] == ids[1] && ids[0].len() > 10, "{refresh}");
    assert!(tree("webhook ").contains("\n  wait_for_channel_access_token"), "{stdout}");
    let refused = tree("setup (Internal, Unset)");
    for part in [
        "  issue (Client, Error {",
        "\n      error.type = invalid_client\n",
        "\n        error.type = 400",
        "request id ",
    ] {
        assert!(refused.contains(part), "{part} is missing:\n{refused}");
    }
    for secret in ["s3cret", "eyJ", "Bearer"] {
        assert!(!stdout.contains(secret), "{stdout}");
    }
}

#[test]
fn a_backend_of_ones_own_issues_and_verifies_and_is_refused() {
    let (ok, stdout, stderr) = run(&mut example("custom_backend"));
    assert!(ok && stdout.contains("issued a token for channel 1234567890, 259"), "{stdout}{stderr}");
    assert!(stdout.contains("a wrong secret is refused: issue: the channel secret was refused"), "{stdout}");
}

#[test]
fn generate_key_keeps_the_private_key_to_its_file_and_never_overwrites_one() {
    let directory = directory();
    let (private, public) = key_pair(&directory);
    let pem = std::fs::read_to_string(&private).unwrap();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----"));
    assert_eq!(std::fs::metadata(&private).unwrap().permissions().mode() & 0o777, 0o600);
    let jwk = std::fs::read_to_string(public).unwrap();
    for member in ["\"kid\"", "\"d\"", "\"p\""] {
        assert!(!jwk.contains(member), "{jwk}");
    }
    let (ok, stdout, stderr) = run(example("generate_key").arg("--out").arg(&private));
    assert!(!ok && stdout.is_empty() && stderr.contains("exists"), "{stderr}");
    assert_eq!(std::fs::read_to_string(&private).unwrap(), pem);
}

#[test]
fn the_emulator_server_logs_each_request_with_the_reason_of_a_refusal_and_ends_on_ctrl_c() {
    let directory = directory();
    let (private, public) = key_pair(&directory);
    let server = Server::start(&public);
    let live = |secret: &str| {
        let mut command = example("quickstart");
        command.arg("--live").env("LINE_API_BASE_URL", &server.url).env("LINE_CHANNEL_ID", CHANNEL_ID);
        command
            .env("LINE_CHANNEL_SECRET", secret)
            .env("LINE_ASSERTION_KEY_FILE", &private)
            .env("LINE_ASSERTION_KID", KID);
        run(&mut command).0
    };
    assert!(live(CHANNEL_SECRET) && !live("wrong-s3cret"));
    let (ok, log) = server.interrupt();
    assert!(ok);
    assert!(
        log.lines()
            .any(|line| line.starts_with("POST /oauth2/v3/token 200 issue_stateless channel 1234567890 (request id ")),
        "{log}"
    );
    assert!(
        log.lines().any(|line| line.starts_with("POST /oauth2/v3/token 400 ")
            && line.contains("): ")
            && line.contains("secret")),
        "{log}"
    );
    assert!(log.lines().any(|line| line.starts_with("GET /oauth2/v2.1/verify 200 verify_jwt ")), "{log}");
    assert!(!log.contains(CHANNEL_SECRET) && !log.contains("wrong-s3cret") && !log.contains("eyJ"), "{log}");
}

#[test]
fn the_emulator_server_says_which_argument_is_out_of_place() {
    for (arguments, says) in [
        (&["--secret", "s", "--channel", "1"][..], "--channel must come first"),
        (
            &["--channel", "1", "--secret", "s", "--channel", "2", "--secret", "t", "--kid", "k"],
            "followed by its --jwk",
        ),
        (&["--channel", "1", "--channel", "2", "--secret", "s"], "--channel 1 must be followed by its --secret"),
        (&["--channel", "1", "--secret", "s", "--kid", "k", "--jwk", "/nonexistent.jwk"], "/nonexistent.jwk"),
        (&["--channel", "U1", "--secret", "s"], "channel id"),
    ] {
        let (ok, stdout, stderr) = run(example("emulator_server").args(["--listen", "127.0.0.1:0"]).args(arguments));
        assert!(!ok && stdout.is_empty() && stderr.contains(says), "{says}: {stderr}");
        assert!(stderr.starts_with("emulator_server: ") && !stderr.contains("Error {"), "for a person: {stderr}");
    }
}
