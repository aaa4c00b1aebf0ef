//! What people see of a call, and what nobody may see.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod line_support;

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use line_channel_token::emulator::{Fault, TokenFamily};
use line_support::{Line, Ran, SECRET, ran, run, run_with_input};
use rustix::process::{Pid, Signal, kill_process};

/// Sends a signal once the fault was met.
async fn interrupted(line: &Line, command: &mut Command) -> Ran {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while line.emulator.faults().iter().any(|fault| fault.used == 0) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    ran(child.wait_with_output().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_a_call_quietly() {
    let line = Line::start().await;
    for arguments in [&["issue"][..], &["key-ids"], &["doctor"], &["exec", "true"]] {
        line.emulator.inject(Fault::hang().until_cleared());
        let ran = interrupted(&line, &mut line.with_both(arguments)).await;
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (130, "", ""), "{arguments:?}");
        line.emulator.clear_faults();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_says_what_a_lost_token_costs() {
    let line = Line::start().await;
    line.emulator.inject(Fault::hang().until_cleared());
    let ran = interrupted(&line, &mut line.with_both(&["issue", "--family", "jwt"])).await;
    assert_eq!((ran.code, ran.out.as_str()), (130, ""));
    assert!(ran.err.contains("uses one of the channel's 30 slots until it expires"), "{}", ran.err);
}

/// What a terminal shows on standard error.
fn on_a_terminal(command: &mut Command) -> (Ran, String) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let end = std::fs::OpenOptions::new().read(true).write(true).open(name).unwrap();
    let child = command.stdout(Stdio::piped()).stderr(end).env("TERM", "xterm").spawn().unwrap();
    // The last end of the terminal that is not the child's.
    command.stderr(Stdio::null());
    let reader = std::thread::spawn(move || {
        let mut shown = Vec::new();
        // Reading fails once the other side is closed.
        let _ = std::fs::File::from(terminal).read_to_end(&mut shown);
        String::from_utf8_lossy(&shown).into_owned()
    });
    let ran = ran(child.wait_with_output().unwrap());
    (ran, reader.join().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spinner_shows_a_slow_call_on_a_terminal() {
    let line = Line::start().await;
    let waiting = format!("Waiting for {} to issue a token", line.url.strip_prefix("http://").unwrap());
    line.emulator.inject(Fault::delay(Duration::from_millis(900)));
    let (slow, shown) = on_a_terminal(&mut line.with_secret(&["issue"]));
    assert!(slow.code == 0 && line.accepts(slow.out.trim()) && shown.contains(&waiting), "{shown:?}");
    assert!(shown.ends_with("\u{1b}[2K") || shown.ends_with("\r\u{1b}[2K"), "its line is empty at the end: {shown:?}");

    let (quick, shown) = on_a_terminal(&mut line.with_secret(&["issue"]));
    assert_eq!((quick.code, shown.as_str()), (0, ""));

    line.emulator.inject(Fault::delay(Duration::from_millis(900)));
    let elsewhere = run(&mut line.with_secret(&["issue"]));
    assert_eq!((elsewhere.code, elsewhere.err.as_str()), (0, ""));

    line.emulator.inject(Fault::delay(Duration::from_millis(900)));
    let (logged, shown) = on_a_terminal(&mut line.with_secret(&["issue", "-vv"]));
    assert!(logged.code == 0 && !shown.contains("Waiting for"), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_shows_a_secret() {
    let line = Line::start().await;
    let jwt = run(&mut line.with_both(&["issue", "--family", "jwt"])).out.trim().to_owned();
    let short_lived = run(&mut line.with_both(&["issue", "--family", "short-lived"])).out.trim().to_owned();
    let key = line_support::KEYS[0].to_pkcs8_pem().unwrap();
    let part_of_key = key.expose_secret().lines().nth(3).unwrap().to_owned();
    for (arguments, input) in [
        (&["issue"][..], ""),
        (&["issue", "--family", "jwt"], ""),
        (&["issue", "--family", "short-lived"], ""),
        (&["verify"], jwt.as_str()),
        (&["verify"], short_lived.as_str()),
        (&["key-ids"], ""),
        (&["doctor"], ""),
        (&["exec", "true"], ""),
        (&["exec", "--family", "jwt", "true"], ""),
        (&["revoke"], jwt.as_str()),
        (&["revoke"], short_lived.as_str()),
    ] {
        let ran = run_with_input(&mut line.with_both(&[&["-vvv"], arguments].concat()), input);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("channel_access_token_call"), "{arguments:?} logs nothing: {}", ran.err);
        let encoded = short_lived.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        let mut secrets = vec![SECRET, "eyJ", &jwt, &short_lived, &encoded, &part_of_key];
        if arguments[0] == "issue" {
            secrets.push(ran.out.trim());
        }
        for secret in secrets {
            assert!(!ran.err.contains(secret), "{arguments:?} shows {secret}: {}", ran.err);
        }
    }
    assert_eq!(line.live(TokenFamily::Jwt), 1, "that of `issue -vvv`");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_processes_shows_no_secret() {
    let line = Line::start().await;
    let jwt = run(&mut line.with_both(&["issue", "--family", "jwt"])).out.trim().to_owned();
    let script = "cat /proc/$PPID/cmdline /proc/$$/cmdline; echo; printf %s \"$LINE_CHANNEL_ACCESS_TOKEN\"";
    let ran = run(&mut line.with_both(&["exec", "--family", "jwt", "--", "sh", "-c", script]));
    let (processes, token) = ran.out.rsplit_once('\n').unwrap();
    assert!(processes.contains("--family\0jwt") && !processes.contains(token) && !processes.contains(SECRET));
    for command in ["verify", "revoke"] {
        line.emulator.inject(Fault::hang().until_cleared());
        let mut command = line.with_secret(&[command]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), jwt.as_bytes()).unwrap();
        while line.emulator.faults().iter().any(|fault| fault.used == 0) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let arguments = std::fs::read_to_string(format!("/proc/{}/cmdline", child.id())).unwrap();
        assert!(!arguments.is_empty() && !arguments.contains("eyJ") && !arguments.contains(SECRET), "{arguments}");
        child.kill().unwrap();
        child.wait().unwrap();
        line.emulator.clear_faults();
    }
}
