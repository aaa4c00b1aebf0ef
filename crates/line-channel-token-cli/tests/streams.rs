//! Standard output and standard error that are closed, full, no longer read, or a terminal.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;

use support::{Run, has, key_path, shell};

/// Each command that ends by itself and needs nothing, and one that fails.
const LINES: [&str; 8] = [
    "$B --help",
    "$B --version",
    "$B keygen --alg ES256",
    "$B jwk KEY",
    "$B man",
    "$B completions bash",
    "$B jwk --nonsense",
    "$B jwk ./no-such-file --output json",
];

fn in_shell(line: &str) -> Run {
    shell(&line.replace("KEY", &key_path("rsa-pkcs8.pem")), Path::new("."))
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    for line in LINES {
        for (line, expected) in [
            // The reader has gone before anything is written, and after the first line.
            (format!("set -o pipefail; (sleep 0.2; {line}) 2>&1 | true"), None),
            (format!("set -o pipefail; {line} 2>&1 | head -1"), None),
            (format!("(sleep 0.2; {line}; echo $? >&3) 3>&2 2>/dev/null | true"), Some("0\n")),
        ] {
            let run = in_shell(&line);
            assert!(!run.stderr.contains("panicked") && !run.stderr.contains("roken pipe"), "{line}: {run:?}");
            let fails = line.contains("nonsense") || line.contains("no-such-file");
            if let (Some(expected), false) = (expected, fails) {
                assert_eq!(run.stderr, expected, "{line}");
            }
        }
    }
}

#[test]
fn closed_streams_change_no_exit_code() {
    for line in LINES {
        let code = in_shell(&format!("{line} >/dev/null 2>&1")).code;
        for closed in [">&-", "2>&-", ">&- 2>&-", ">&- 2>&- <&-", "2>/dev/full"] {
            let run = in_shell(&format!("{line} {closed}"));
            assert_eq!(run.code, code, "{line} {closed}: {run:?}");
            assert!(!run.stderr.contains("panicked"), "{line} {closed}: {run:?}");
        }
    }
}

#[test]
fn a_full_disk_is_an_error() {
    for line in &LINES[..6] {
        let run = in_shell(&format!("{line} > /dev/full"));
        assert_eq!(run.code, Some(1), "{line}: {run:?}");
        assert!(run.stderr.contains("standard output cannot be written: no storage space"), "{line}: {run:?}");
    }
    let json = in_shell("$B jwk --output json KEY > /dev/full");
    assert!(json.stderr.starts_with("{\"error\":{\"exit\":\"other\""), "{json:?}");
}

#[test]
fn logs_to_a_reader_that_has_gone_do_no_harm() {
    for line in ["$B -vvv jwk KEY 2>&1 >/dev/null | true", "$B -vvv jwk KEY 2>/dev/full", "$B -vvv jwk KEY 2>&-"] {
        let run = in_shell(&format!("set -o pipefail; {line}"));
        assert_eq!(run.code, Some(0), "{line}: {run:?}");
    }
}

/// Runs a line on a terminal of its own, whose output is that of the run.
fn on_terminal(variables: &str, line: &str) -> String {
    let line = line.replace("KEY", &key_path("rsa-pkcs8.pem"));
    let script =
        format!("export TERM=xterm {variables}; script --quiet --return --command '{line}' /dev/null </dev/null");
    shell(&script, Path::new(".")).stdout
}

#[test]
fn only_a_terminal_is_coloured() {
    if !has("script") {
        return;
    }
    let is_coloured = |text: &str| text.contains("\u{1b}[");
    for line in ["$B --help", "$B jwk --nonsense", "$B jwk ./no-such-file", "$B keygen --alg ES256"] {
        assert!(is_coloured(&on_terminal("", line)), "{line}");
        for variables in ["NO_COLOR=1", "TERM=dumb", "CLICOLOR=0"] {
            assert!(!is_coloured(&on_terminal(variables, line)), "{variables} {line}");
        }
        assert!(!is_coloured(&on_terminal("", &format!("{line} --color never"))), "{line}");
        let piped = in_shell(&format!("{line} 2>&1 | cat"));
        assert!(!is_coloured(&piped.stdout), "{piped:?}");
        for forced in [format!("CLICOLOR_FORCE=1 {line} 2>&1 | cat"), format!("{line} --color always 2>&1 | cat")] {
            let forced = in_shell(&forced);
            assert!(is_coloured(&forced.stdout), "{forced:?}");
        }
        // Results are never coloured, and a file gets no escape either.
        let json = in_shell(&format!("{line} --output json 2>&1 | cat"));
        assert!(!is_coloured(&json.stdout), "{json:?}");
    }
}

#[test]
fn a_terminal_is_told_what_is_awaited() {
    if !has("script") {
        return;
    }
    let line = "script --quiet --return --command '$B jwk' /dev/null";
    let run = in_shell(&format!("export TERM=xterm; (sleep 0.5; printf '\\004') | {line}"));
    assert!(run.stdout.contains("waiting for a private key on standard input: paste it"), "{run:?}");
    assert!(run.stdout.contains("Ctrl-D"), "{run:?}");
}
