//! No secret is taken from the command line, and none appears in an error or a log.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;

use serde_json::Value;

use support::{command, finish, key, key_path, run, run_with_input};

const SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.UnQ_o-GP0VtnwDjbK0C8E_NvK.c2lnbmF0dXJl";

#[test]
fn a_secret_on_the_command_line_is_refused_unechoed() {
    let pem = fs::read_to_string(key("rsa-pkcs8.pem")).unwrap();
    let jwk = fs::read_to_string(key("rfc7515-a2.jwk")).unwrap();
    let v2 = format!("{}=", "aB3/+".repeat(34));
    for (secret, how) in [
        (TOKEN, "standard input"),
        (v2.as_str(), "standard input"),
        (SECRET, "LINE_CHANNEL_SECRET"),
        (pem.as_str(), "LINE_ASSERTION_KEY"),
        (jwk.as_str(), "LINE_ASSERTION_KEY"),
    ] {
        for arguments in [
            &["jwk", secret][..],
            &["inspect", secret],
            &["verify", secret],
            &["revoke", "--token", secret],
            &["issue", &format!("--channel-secret={secret}")],
            &["sign", "--channel-secret-file", secret],
            &["nonsense", secret],
            &[secret],
        ] {
            let text = run(arguments);
            assert_eq!((text.code, text.stdout.as_str()), (Some(2), ""), "{arguments:?} {text:?}");
            let json = run(&[&["--output=json"], arguments].concat());
            let error: Value = serde_json::from_str(&json.stderr).unwrap();
            assert_eq!(error["error"]["exit"], "usage");
            for said in [&text.stderr, &json.stderr] {
                assert!(said.contains(how), "{said}");
                assert!(
                    secret
                        .lines()
                        .all(|line| line.len() < 10 || line.starts_with("-----") || !said.contains(line.trim())),
                    "{said}"
                );
            }
        }
    }
}

/// Too short to be recognised, they are not repeated either if a path is expected.
#[test]
fn a_secret_in_place_of_a_path_is_not_shown() {
    for arguments in [
        &["jwk", "s3cret"][..],
        &["jwk", "@s3cret"],
        &["jwk", "--", "s3cret"],
        &["jwk", "key.pem", "s3cret"],
        &["man", "jwk", "s3cret"],
        &["sign", "--channel-id=1", "--assertion-kid=k", "--assertion-key-file", "s3cret"],
    ] {
        let refused = run(arguments);
        assert!(refused.code == Some(2) && !refused.stderr.contains("s3cret"), "{arguments:?} {refused:?}");
    }
    assert!(run(&["jwk", "./no-such.pem"]).stderr.contains("there is no such file: ./no-such.pem"));
}

#[test]
fn logs_of_every_level_hold_no_secret() {
    let pem = fs::read_to_string(key("rsa-pkcs8.pem")).unwrap();
    let body = pem.lines().nth(3).unwrap();
    for level in ["-v", "-vv", "-vvv"] {
        for mut signing in [
            command(&["sign", level, "--channel-id", "1234567890", "--assertion-kid", "kid-1"]),
            command(&["-v", "sign", level, "--channel-id", "1234567890", "--assertion-kid", "kid-1", "--output=json"]),
        ] {
            signing.env("LINE_ASSERTION_KEY", &pem).env("LINE_CHANNEL_SECRET", SECRET);
            let signed = finish(signing);
            assert_eq!(signed.code, Some(0), "{signed:?}");
            let assertion = signed.stdout.split(['"', '\n']).find(|part| part.starts_with("eyJ")).unwrap();
            assert!(![body, SECRET, assertion].iter().any(|secret| signed.stderr.contains(secret)), "{signed:?}");
        }
        let generated = run(&["keygen", level]);
        let body = generated.stdout.lines().nth(1).unwrap();
        assert!(!generated.stderr.contains(body), "{generated:?}");
        let refused = run_with_input(&["jwk", level], format!("{TOKEN} {SECRET}").as_bytes());
        assert!(!refused.stderr.contains(SECRET) && !refused.stderr.contains(TOKEN), "{refused:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn other_processes_see_no_secret() {
    use std::io::Write as _;
    use std::process::Stdio;

    let pem = fs::read_to_string(key("rsa-pkcs8.pem")).unwrap();
    let mut child = command(&["jwk", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&pem.as_bytes()[..600]).unwrap();
    // Empty until the kernel has set the process up.
    let command_line = (0..1_000_000)
        .map(|_| fs::read_to_string(format!("/proc/{}/cmdline", child.id())).unwrap())
        .find(|line| line.contains("jwk"))
        .unwrap_or_default();
    stdin.write_all(&pem.as_bytes()[600..]).unwrap();
    drop(stdin);
    assert!(child.wait_with_output().unwrap().status.success());
    assert!(command_line.ends_with("jwk\0-\0"), "{command_line:?}");
}

#[test]
fn input_without_end_is_refused() {
    for (arguments, input) in [(&["jwk"][..], vec![b'a'; 300 << 10]), (&["jwk", "-"], vec![0; 1 << 20])] {
        let refused = run_with_input(arguments, &input);
        assert!(refused.code == Some(2) && refused.stderr.contains("more than 256 KiB"), "{refused:?}");
    }
    #[cfg(unix)]
    {
        let refused = run(&["jwk", "/dev/zero"]);
        assert!(refused.code == Some(2) && refused.stderr.contains("more than 256 KiB"), "{refused:?}");
        let folder = run(&["jwk", "/"]);
        assert!(folder.code == Some(2) && folder.stderr.contains("/ is a folder"), "{folder:?}");
    }
    let closed = run(&["jwk", &key_path("no-such.pem")]);
    assert_eq!(closed.code, Some(2));
}

#[cfg(unix)]
#[test]
fn arguments_in_no_unicode_are_an_error_and_no_panic() {
    use std::os::unix::ffi::OsStrExt as _;
    for before in
        [&["jwk"][..], &["keygen", "--alg"], &["completions"], &["man"], &[], &["sign", "--ttl"], &["--output"]]
    {
        let mut strange = command(before);
        strange.arg(std::ffi::OsStr::from_bytes(b"k\xff.pem"));
        let refused = finish(strange);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{before:?} {refused:?}");
        assert!(refused.stderr.starts_with("error: "), "{before:?} {refused:?}");
    }
}
