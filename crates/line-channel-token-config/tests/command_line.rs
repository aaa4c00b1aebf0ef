//! A program that takes its channel from the command line, as a process of its own.
//!
//! `cargo test -p line-channel-token-config --features clap` builds it first; with `--test` added, cargo does not.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use clap::Parser;
use line_channel_token_config::ChannelArgs;
use line_channel_token_emulator::{EmulatedChannel, Emulator, EmulatorServer};
use support::{ID, KID, NEXT_SECRET, SECRET, file, key, pem, subjects};

/// The example without any of our variables in its environment.
fn program(arguments: &[&str]) -> Command {
    let test = std::env::current_exe().unwrap();
    let target = test.parent().and_then(Path::parent).unwrap();
    let mut command = Command::new(target.join("examples/issue_token"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("LINE_")) {
        command.env_remove(name);
    }
    command.args(arguments);
    command
}

fn run(command: &mut Command) -> (bool, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.success(), text(stdout), text(stderr))
}

async fn line() -> EmulatorServer {
    let channel = EmulatedChannel::new(ID, SECRET).unwrap().with_key(KID, key(0).public_jwk().to_json()).unwrap();
    let emulator = Emulator::builder().channel(channel).build().unwrap();
    emulator.serve(([127, 0, 0, 1], 0).into()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_the_environment_and_one_in_a_file_issue_tokens() {
    let server = line().await;
    let url = server.url();
    let in_environment =
        run(program(&["--channel-id", ID]).env("LINE_CHANNEL_SECRET", SECRET).env("LINE_API_BASE_URL", &url));
    assert_eq!(in_environment.1, format!("channel {ID} has a stateless token for 900 s\n"), "{}", in_environment.2);

    let [secret, key] = [file("secret", format!("{SECRET}\n")), file("key", pem(0))];
    let (secret, key) = (secret.to_str().unwrap(), key.to_str().unwrap());
    let (ok, stdout, stderr) = run(program(&[
        "--channel-id",
        ID,
        "--channel-secret-file",
        secret,
        "--api-base-url",
        &url,
        "--token-family",
        "short-lived",
    ])
    .env("LINE_CHANNEL_SECRET", NEXT_SECRET));
    assert!(
        ok && stdout.ends_with("a short_lived token for 2592000 s\n"),
        "the file of the flag is stronger: {stdout}{stderr}"
    );

    let jwt = ["--token-family", "jwt", "--token-lifetime", "12h", "--assertion-key-file", key, "--assertion-kid", KID];
    let mut command = program(&jwt);
    let (ok, stdout, stderr) =
        run(command.env("LINE_CHANNEL_ID", ID).env("LINE_API_BASE_URL", &url).env("LINE_TOKEN_FAMILY", "stateless"));
    assert!(ok && stdout.ends_with("a jwt token for 43200 s\n"), "{stdout}{stderr}");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_list_of_processes() {
    let server = line().await;
    let secret = file("secret", SECRET);
    for in_file in [true, false] {
        let mut command = program(&["--stay", "--channel-id", ID, "--api-base-url", &server.url()]);
        match in_file {
            true => command.arg("--channel-secret-file").arg(&secret),
            false => command.env("LINE_CHANNEL_SECRET", SECRET),
        };
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let command_line = std::fs::read_to_string(format!("/proc/{}/cmdline", child.id())).unwrap();
        drop(child.stdin.take());
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert!(child.wait().unwrap().success() && line.contains("has a stateless token"), "{line}{errors}");
        assert!(command_line.contains(ID) && !command_line.contains(SECRET), "{command_line}");
        assert!(!line.contains(SECRET) && errors.is_empty(), "{errors}");
    }
}

#[test]
fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
    for arguments in [
        vec!["--channel-secret", SECRET],
        vec!["--channel-secret=0f1e2d3c4b5a69788796a5b4c3d2e1f0"],
        vec!["--assertion-key", SECRET],
        vec!["--line-channel-secret", SECRET],
        vec!["--channel-secret-file", SECRET],
        vec!["--assertion-key-file", SECRET],
        vec!["--assertion-kid", SECRET],
        vec!["--token-family", SECRET],
        vec!["--token-lifetime", SECRET],
        vec!["--api-base-url", SECRET],
        vec!["--issue-budget", SECRET],
    ] {
        let (ok, stdout, stderr) = run(&mut program(&[&["--channel-id", ID], &arguments[..]].concat()));
        assert!(!ok && stdout.is_empty() && !stderr.is_empty(), "{arguments:?}: {stdout}");
        assert!(!stderr.contains(SECRET), "{arguments:?}: {stderr}");
    }
    let (_, _, stderr) = run(&mut program(&["--channel-secret", SECRET]));
    assert!(
        stderr.contains("unexpected argument '--channel-secret'") && stderr.contains("--channel-secret-file"),
        "{stderr}"
    );
}

#[test]
fn all_problems_are_said_at_once_by_the_names_that_were_used() {
    let (ok, stdout, stderr) =
        run(program(&["--channel-id", "U0", "--token-lifetime", "31d", "--assertion-kid-file", "/no/such/file"])
            .env("LINE_TOKEN_FAMILY", "jwt")
            .env("LINE_API_BASE_URL", "")
            .env("LINE_CHANNEL_SECRET", "${SECRET}"));
    assert!(!ok && stdout.is_empty(), "{stdout}");
    for line in [
        "Error: the configuration of the LINE channel has ",
        "- --channel-id: not a channel id",
        "- LINE_CHANNEL_SECRET: the channel secret is a variable that was not expanded",
        "- LINE_ASSERTION_KEY: missing, and v2.1 tokens (jwt) are issued for it: give the private key there or in a file (--assertion-key-file (or LINE_ASSERTION_KEY_FILE))",
        "- --token-lifetime: ",
        "- LINE_API_BASE_URL: it is set, but empty",
    ] {
        assert!(stderr.lines().any(|found| found.starts_with(line)), "{line}\n{stderr}");
    }
    assert_eq!(stderr.lines().count(), 6, "{stderr}");
    let (_, _, stderr) = run(program(&[]).env("LINE_CHANEL_ID", ID).env("LINE_CHANNEL_SECRT", SECRET));
    assert!(stderr.contains("- --channel-id (or LINE_CHANNEL_ID): missing"), "{stderr}");
    for name in ["LINE_CHANEL_ID", "LINE_CHANNEL_SECRT"] {
        assert!(stderr.contains(&format!("; {name} is set: is that a typing error?")), "{stderr}");
    }
    assert!(!stderr.contains(SECRET), "{stderr}");
}

#[test]
fn help_names_variables_and_not_their_values() {
    let (ok, stdout, _) = run(program(&["--help"])
        .env("LINE_CHANNEL_ID", ID)
        .env("LINE_ASSERTION_KID", SECRET)
        .env("LINE_CHANNEL_SECRET", SECRET));
    assert!(ok);
    for name in [
        "LINE channel:",
        "--channel-id <ID>",
        "[env: LINE_CHANNEL_ID]",
        "LINE_CHANNEL_SECRET",
        "--channel-secret-file <PATH>",
    ] {
        assert!(stdout.contains(name), "{name}: {stdout}");
    }
    assert!(!stdout.contains(ID) && !stdout.contains(SECRET) && !stdout.contains("--channel-secret "), "{stdout}");
}

#[test]
fn arguments_may_be_optional() {
    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        channel: Option<ChannelArgs>,
    }
    assert!(Cli::parse_from(["bot"]).channel.is_none());
    let channel = Cli::parse_from(["bot", "--channel-id", "U0", "--token-family", "jwt"]).channel.unwrap();
    assert_eq!(subjects(&channel.into_config().unwrap_err()), ["--channel-id", "LINE_ASSERTION_KEY"]);
    let mut cli = Cli::parse_from(["bot"]);
    cli.update_from(["bot", "--channel-id", ID]);
    assert!(cli.channel.is_some());
}

#[test]
fn arguments_can_be_updated_and_show_no_value() {
    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        channel: ChannelArgs,
        /// Of the same id as a setting, which must not clash.
        #[arg(long)]
        channel_name: Option<String>,
    }
    let mut cli =
        Cli::parse_from(["bot", "--channel-id", "U0", "--channel-secret-file", SECRET, "--channel-name", "me"]);
    assert!(!format!("{cli:?}").contains(SECRET), "{cli:?}");
    assert_eq!(subjects(&cli.channel.clone().into_config().unwrap_err()), ["--channel-id", "--channel-secret-file"]);
    let secret = file("secret", SECRET);
    cli.update_from(["bot", "--channel-id", ID, "--channel-secret-file", secret.to_str().unwrap()]);
    assert_eq!(cli.channel.into_config().unwrap().channel_id().as_str(), ID);
    assert_eq!(cli.channel_name.as_deref(), Some("me"));
}
