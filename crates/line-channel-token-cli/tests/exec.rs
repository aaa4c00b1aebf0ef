//! `exec`, as a process of its own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod line_support;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use line_channel_token::Operation;
use line_channel_token::emulator::{Fault, TokenFamily};
use line_support::{Line, Ran, SECRET, program, ran, run, run_with_input};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// A shell that runs these lines with a v2.1 token.
fn with_jwt(line: &Line, script: &str) -> Command {
    line.with_both(&["exec", "--family", "jwt", "--", "sh", "-c", script])
}

/// A running command, whose first line of output was read.
struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        stdout.read_line(&mut first).unwrap();
        assert_eq!(first, "ready\n");
        Self { child, stdout }
    }

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn end(mut self) -> Ran {
        drop(self.child.stdin.take());
        let mut out = String::new();
        self.stdout.read_to_string(&mut out).unwrap();
        Ran { out, ..ran(self.child.wait_with_output().unwrap()) }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_has_the_token_and_no_credential() {
    let line = Line::start().await;
    for family in ["stateless", "jwt", "short-lived"] {
        let ran =
            run(&mut line.with_both(&["exec", "--family", family, "--", "sh", "-c", "env; cat /proc/$$/cmdline"]));
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        let token = ran.out.lines().find_map(|line| line.strip_prefix("LINE_CHANNEL_ACCESS_TOKEN=")).unwrap();
        assert_eq!(line.accepts(token), family == "stateless", "{family}: the others are revoked by now");
        for name in ["LINE_CHANNEL_SECRET", "LINE_ASSERTION_KEY", SECRET] {
            assert!(!ran.out.contains(name), "{name}: {}", ran.out);
        }
        assert!(ran.out.contains("LINE_CHANNEL_ID=") && ran.out.contains("PATH="));
    }
    let kept = run(&mut line.with_both(&["exec", "--keep-secrets", "--env", "TOKEN", "env"]));
    assert!(
        kept.out.contains(&format!("LINE_CHANNEL_SECRET={SECRET}\n")) && kept.out.contains("LINE_ASSERTION_KEY_FILE=")
    );
    assert!(kept.out.contains("\nTOKEN=eyJ") && !kept.out.contains("LINE_CHANNEL_ACCESS_TOKEN"), "{}", kept.out);
    for name in ["1A", "A=B", "", "PATH"] {
        assert_eq!(run(&mut line.with_both(&["exec", "--env", name, "env"])).code, 2, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_is_that_of_the_command() {
    let line = Line::start().await;
    let without_shell = line.file("plain", "echo ran\n");
    std::fs::set_permissions(&without_shell, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let ran = run(&mut line.with_both(&["exec", "--family", "jwt", without_shell.to_str().unwrap()]));
    assert!(ran.code == 126 && ran.err.contains("nor a script that begins with #!"), "{ran:?}");
    let script = line.file("script", "#!/bin/sh\n");
    let script = script.to_str().unwrap();
    for family in ["stateless", "jwt"] {
        for (words, code) in [
            (&["true"][..], 0),
            (&["sh", "-c", "exit 7"], 7),
            (&["sh", "-c", "kill -TERM $$"], 128 + 15),
            (&["sh", "-c", "kill -KILL $$"], 128 + 9),
            (&["no-such-command-anywhere"], 127),
            (&["./no/such/file"], 127),
            (&[script], 126),
            (&["/"], 126),
        ] {
            let ran = run(&mut line.with_both(&[&["exec", "--family", family, "--"], words].concat()));
            assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{family} {words:?} {}", ran.err);
            assert_eq!(ran.err.is_empty(), code != 126 && code != 127, "{}", ran.err);
        }
    }
    assert_eq!(line.live(TokenFamily::Jwt), 0, "revoked each time");
    let ran = run(&mut line.with_both(&["exec", "no-such-command-anywhere"]));
    assert_eq!(ran.err, "error: no-such-command-anywhere: there is no such command\n");
    for (words, exit, code) in [
        (&["no-such-command-anywhere", "--output=text"][..], "command_not_found", 127),
        (&["/"], "command_not_run", 126),
    ] {
        for family in ["stateless", "jwt"] {
            let flags = ["exec", "--family", family, "--output", "json"];
            let ran = run(&mut line.with_both(&[&flags, words].concat()));
            assert_eq!((ran.code, &ran.error()["exit"], &ran.error()["kind"]), (code, &exit.into(), &exit.into()));
        }
    }
    for (arguments, kind) in
        [(&["exec", "--output=json"][..], "usage"), (&["exec", "--output=json", "true"], "configuration")]
    {
        let ran = run(&mut program(arguments));
        assert_eq!((ran.code, &ran.error()["kind"]), (2, &kind.into()), "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_run_without_a_token() {
    let line = Line::start().await;
    let path = line.folder.path().join("ran");
    let words = ["exec", "--timeout", "300ms", "--", "touch", path.to_str().unwrap()];
    assert_eq!(run(&mut program(&words)).code, 2);
    let wrong = "ffffffffffffffffffffffffffffffff";
    assert_eq!(run(line.with_secret(&words).env("LINE_CHANNEL_SECRET", wrong)).code, 3);
    line.emulator.inject(Fault::status(503).unwrap().until_cleared());
    assert_eq!(run(&mut line.with_secret(&words)).code, 4);
    assert!(!path.exists());
    // Its slot could not be freed again.
    let ran = run(&mut line.with_key(&["exec", "--family", "jwt", "true"]));
    assert_eq!((ran.code, line.live(TokenFamily::Jwt)), (2, 0));
    assert!(ran.err.contains("--no-revoke"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_can_be_left_valid() {
    let line = Line::start().await;
    let ran = run(&mut line.with_key(&["exec", "--family", "jwt", "--no-revoke", "sh", "-c", "exit 3"]));
    assert_eq!((ran.code, line.live(TokenFamily::Jwt)), (3, 1), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn input_and_arguments_pass_untouched() {
    let line = Line::start().await;
    for family in ["stateless", "jwt"] {
        let mut command = line.with_both(&["exec", "--family", family, "cat", "-", "--"]);
        assert_eq!(run_with_input(&mut command, "a\0b\r\n\u{e9}").out, "a\0b\r\n\u{e9}");
        let ran =
            run(&mut line.with_both(&["exec", "--family", family, "--", "printf", "%s|", "--help", "-v", "--", ""]));
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "--help|-v|--||", ""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stateless_command_takes_the_place_of_the_process() {
    let line = Line::start().await;
    let mut command = line.with_secret(&["exec", "--", "sh", "-c", "echo ready; read line; echo $$"]);
    let running = Running::start(&mut command);
    let id = running.child.id();
    assert_eq!(running.end().out, format!("{id}\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_valid_until_the_command_has_ended() {
    let line = Line::start().await;
    for (end, code) in [("exit 5", 5), ("kill -KILL $$", 137)] {
        let running = Running::start(&mut with_jwt(&line, &format!("echo ready; read line; {end}")));
        assert_eq!(line.live(TokenFamily::Jwt), 1);
        assert_eq!(running.end().code, code);
        assert_eq!(line.live(TokenFamily::Jwt), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signals_are_passed_on_and_the_token_is_revoked() {
    let line = Line::start().await;
    for (signal, name) in [
        (Signal::INT, "INT"),
        (Signal::TERM, "TERM"),
        (Signal::HUP, "HUP"),
        (Signal::QUIT, "QUIT"),
        (Signal::USR1, "USR1"),
        (Signal::USR2, "USR2"),
        (Signal::WINCH, "WINCH"),
    ] {
        let script = format!("trap 'echo got {name}; exit 9' {name}; echo ready; while :; do sleep 0.02; done");
        let running = Running::start(&mut with_jwt(&line, &script));
        running.send(signal);
        let ran = running.end();
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (9, format!("got {name}\n").as_str(), ""));
    }
    // A command that does nothing about it dies of it.
    let running = Running::start(&mut with_jwt(&line, "echo ready; exec sleep 60"));
    running.send(Signal::TERM);
    assert_eq!(running.end().code, 128 + 15);
    assert_eq!(line.live(TokenFamily::Jwt), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_may_outlive_a_signal() {
    let line = Line::start().await;
    let running =
        Running::start(&mut with_jwt(&line, "trap 'echo again' TERM; echo ready; while read line; do :; done; exit 4"));
    running.send(Signal::TERM);
    let ran = running.end();
    assert_eq!((ran.code, line.live(TokenFamily::Jwt)), (4, 0), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ignored_stays_ignored() {
    let line = Line::start().await;
    for family in ["stateless", "jwt"] {
        let binary = env!("CARGO_BIN_EXE_line-channel-token");
        let script = format!(
            "trap '' HUP INT; exec {binary} exec --family {family} -- sh -c 'kill -HUP $$; kill -INT $$; echo survived'"
        );
        let mut command = Command::new("sh");
        command
            .args(["-c", &script])
            .envs(line.with_both(&[]).get_envs().filter_map(|(name, value)| Some((name, value?))));
        let ran = run(&mut command);
        assert_eq!((ran.code, ran.out.as_str()), (0, "survived\n"), "{family} {}", ran.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_revocation_is_said_and_changes_no_exit_code() {
    let line = Line::start().await;
    line.emulator.inject(Fault::status(503).unwrap().for_operation(Operation::RevokeJwt).until_cleared());
    let ran = run(&mut line.with_both(&["exec", "--family", "jwt", "--timeout", "1s", "sh", "-c", "exit 6"]));
    assert_eq!(ran.code, 6);
    assert!(ran.err.starts_with("warning: the command has ended, and its token (key id "), "{}", ran.err);
    assert!(ran.err.contains("one of the channel's 30 slots until "), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_before_the_command_revokes_the_token() {
    let line = Line::start().await;
    line.emulator.inject(Fault::delay(Duration::from_millis(600)).for_operation(Operation::IssueJwt));
    let mut command = with_jwt(&line, "echo ran");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while line.emulator.faults().iter().any(|fault| fault.used == 0) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let ran = ran(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (143, "", ""));
    assert_eq!(line.live(TokenFamily::Jwt), 0);
}

/// `setsid` gives a process a terminal, in whose foreground it is, or takes it away.
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_of_a_terminal_is_not_passed_on() {
    let line = Line::start().await;
    let script = "trap 'echo interrupted' INT; echo ready; while [ ! -e \"$STOP\" ]; do sleep 0.02; done; exit 8";
    for (words, shown) in [
        // The terminal reaches the command as well.
        (&["sh", "-c", script][..], "interrupted\n"),
        // It does not, and nobody else may.
        (&["setsid", "sh", "-c", script], ""),
    ] {
        let terminal = Terminal::new();
        let stop = line.folder.path().join("stop");
        let inner = line.with_both(&[&["exec", "--family", "jwt", "--"], words].concat());
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait"]).arg(inner.get_program()).args(inner.get_args()).env("STOP", &stop);
        command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let Ok(mut child) = command.stdin(terminal.end()).stdout(Stdio::piped()).spawn() else {
            eprintln!("SKIPPED: there is no setsid (util-linux)");
            return;
        };
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        stdout.read_line(&mut first).unwrap();
        assert_eq!(first, "ready\n");
        terminal.type_ctrl_c();
        // What is passed on comes within milliseconds.
        tokio::time::sleep(Duration::from_millis(300)).await;
        std::fs::write(&stop, "").unwrap();
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        assert_eq!((rest.as_str(), child.wait().unwrap().code()), (shown, Some(8)), "{words:?}");
        assert_eq!(line.live(TokenFamily::Jwt), 0);
        std::fs::remove_file(&stop).unwrap();
    }
}

/// A terminal that nobody looks at.
struct Terminal(OwnedFd, String);

impl Terminal {
    fn new() -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
        Self(terminal, name)
    }

    /// The end that is a process's.
    fn end(&self) -> File {
        File::options().read(true).write(true).open(&self.1).unwrap()
    }

    fn type_ctrl_c(&self) {
        File::from(self.0.try_clone().unwrap()).write_all(b"\x03").unwrap();
    }
}
