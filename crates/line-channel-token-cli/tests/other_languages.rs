//! The programs of docs/tokens-for-other-languages.md run as they stand there.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod line_support;
mod serve_support;

use std::path::Path;
use std::process::Command;

use line_channel_token::emulator::TokenFamily;
use line_support::{Line, run};
use serve_support::Server;

/// The programs of one language, in their order.
fn programs(language: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tokens-for-other-languages.md");
    let text = std::fs::read_to_string(path).unwrap();
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// Runs a program, if its interpreter is there.
fn output(program: &str, arguments: &[&str], line: &Line, variables: &[(&str, &str)]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).env("LINE_API_BASE_URL", &line.url).env("NO_PROXY", "*");
    let bin = Path::new(env!("CARGO_BIN_EXE_line-channel-token")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    command.env("PATH", path).env("XDG_STATE_HOME", line.folder.path().join("state"));
    command.env("LINE_CHANNEL_ID", line_support::ID).env("LINE_CHANNEL_SECRET", line_support::SECRET);
    let Ok(output) = command.envs(variables.iter().copied()).output() else {
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "SKIPPED: {program} is not installed");
        return None;
    };
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {error}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_programs_of_the_page_get_tokens_that_line_takes() {
    let line = Line::start().await;
    let socket = line.folder.path().join("line.sock");
    let listen = format!("--listen=unix:{}", socket.display());
    let by_socket = Server::start(&mut line.with_both(&["serve", "--family=jwt", &listen]));
    let key = "0123456789abcdef0123456789abcdef";
    let mut command = line.with_both(&["serve", "--family=jwt", "--listen=127.0.0.1:0"]);
    let by_port = Server::start(command.env("LINE_SERVE_TOKEN", key));
    let url = format!("http://127.0.0.1:{}", by_port.port);
    let variables =
        [("LINE_SERVE_SOCKET", socket.to_str().unwrap()), ("LINE_SERVE_URL", url.as_str()), ("LINE_SERVE_TOKEN", key)];

    let [shell, curl] = programs("sh").try_into().unwrap();
    let [python] = programs("python").try_into().unwrap();
    let [node, fetch] = programs("js").try_into().unwrap();
    let shell = shell.replace("https://api.line.me", &line.url);
    for (program, arguments) in
        [("sh", ["-c", &shell]), ("sh", ["-c", &curl]), ("python3", ["-c", &python]), ("node", ["-e", &node])]
    {
        if let Some(said) = output(program, &arguments, &line, &variables) {
            assert!(said.contains("\"userId\""), "{program}: {said}");
        }
    }
    let token = run(&mut line.with_both(&["token", "--family=jwt"])).out;
    if let Some(said) = output("node", &["-e", &fetch], &line, &variables) {
        assert_eq!(said.trim(), token.trim().len().to_string());
    }
    assert_eq!(line.live(TokenFamily::Jwt), 1, "two servers and a command share one");
    assert_eq!(by_socket.end("TERM").0, Some(0));
}
