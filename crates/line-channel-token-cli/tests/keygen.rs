//! `keygen`: which key it generates, and what becomes of the file if anything goes wrong.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Stdio;

use line_channel_token::SigningKey;
use serde_json::Value;
use tempfile::TempDir;

use support::{command, finish, has, openssl, run, shell};

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn mode(path: &str) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_key_goes_into_a_file_and_its_public_half_to_stdout() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "key.pem");
    let generated = run(&["keygen", "--out", &file]);
    assert_eq!(generated.code, Some(0), "{generated:?}");
    assert_eq!((mode(&file), names(folder.path())), (0o600, vec!["key.pem".to_owned()]));
    let pem = fs::read(&file).unwrap();
    let key = SigningKey::from_pem(&pem).unwrap();
    assert_eq!(generated.stdout, format!("{}\n", key.public_jwk()));
    for says in [&file, "\"Basic settings\"", "\"Assertion Signing Key\"", "\"Register a public key\"", "doctor"] {
        assert!(generated.stderr.contains(says), "{says}: {}", generated.stderr);
    }
    assert!(!generated.stderr.contains("PRIVATE KEY"));
    if has("openssl") {
        openssl(&["rsa", "-check", "-noout"], &pem);
        let text = openssl(&["rsa", "-text", "-noout"], &pem);
        assert!(String::from_utf8(text).unwrap().contains("Private-Key: (2048 bit, 2 primes)"));
    }
}

#[test]
fn redirected_output_is_the_private_key_alone() {
    let folder = tempfile::tempdir().unwrap();
    let generated = shell("umask 077; $B keygen > key.pem", folder.path());
    assert_eq!(generated.code, Some(0), "{generated:?}");
    let pem = fs::read_to_string(folder.path().join("key.pem")).unwrap();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n") && pem.ends_with("-----END PRIVATE KEY-----\n"));
    let key = SigningKey::from_pem(&pem).unwrap();
    assert!(generated.stderr.contains(&key.public_jwk().to_json()));
    assert!(!generated.stderr.contains("warning"), "the umask kept it private: {}", generated.stderr);

    let generated = shell("umask 022; $B keygen --alg ES256 > open.pem", folder.path());
    assert!(generated.stderr.contains("others can read the file that standard output goes to"), "{generated:?}");
    let generated = shell("umask 022; $B keygen --alg ES256 --out - | cat > piped.pem", folder.path());
    assert!(!generated.stderr.contains("others can read"), "{generated:?}");
    assert!(SigningKey::from_pem(fs::read(folder.path().join("piped.pem")).unwrap()).is_ok());
}

#[test]
fn each_algorithm_and_format_is_what_it_says() {
    for (arguments, algorithm, begin) in [
        (&["keygen"][..], "RS256", "-----BEGIN PRIVATE KEY-----"),
        (&["keygen", "--alg", "ES256"], "ES256", "-----BEGIN PRIVATE KEY-----"),
        (
            &["keygen", "--alg", "rs256", "--format", "jwk"],
            "RS256",
            "{\"kty\":\"RSA\",\"alg\":\"RS256\",\"use\":\"sig\"",
        ),
        (&["keygen", "--alg=es256", "--format=jwk"], "ES256", "{\"kty\":\"EC\",\"alg\":\"ES256\",\"use\":\"sig\""),
    ] {
        let text = run(arguments);
        assert!(text.code == Some(0) && text.stdout.starts_with(begin), "{arguments:?} {text:?}");
        let key = SigningKey::parse(&text.stdout).unwrap();
        assert_eq!(key.algorithm().as_str(), algorithm);
        assert_eq!(text.stderr.contains("LINE does not accept ES256 today"), algorithm == "ES256");

        let json = run(&[arguments, &["--output", "json"]].concat());
        assert_eq!((json.code, json.stderr.as_str()), (Some(0), ""));
        let json: Value = serde_json::from_str(&json.stdout).unwrap();
        let key = SigningKey::parse(json["private_key"].as_str().unwrap()).unwrap();
        let public: Value = serde_json::from_str(&key.public_jwk().to_json()).unwrap();
        assert_eq!((&json["algorithm"], &json["public_jwk"]), (&algorithm.into(), &public));
        assert_eq!(json["thumbprint"], key.public_jwk().thumbprint());
    }
}

#[test]
fn json_names_the_file_and_not_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "key.jwk");
    let generated = run(&["keygen", "--out", &file, "--format", "jwk", "--output", "json"]);
    let json: Value = serde_json::from_str(&generated.stdout).unwrap();
    assert_eq!((&json["private_key_file"], &json["private_key"]), (&file.as_str().into(), &Value::Null));
    assert!(SigningKey::from_jwk(fs::read(&file).unwrap()).is_ok());
}

#[test]
fn a_file_is_replaced_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "key.pem");
    fs::write(&file, "precious").unwrap();
    let refused = run(&["keygen", "--out", &file]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""));
    assert_eq!(refused.stderr.lines().next(), Some(format!("error: {file} exists, and was left as it is").as_str()));
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");

    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let replaced = run(&["keygen", "--alg=ES256", "--out", &file, "--force"]);
    assert_eq!((replaced.code, mode(&file)), (Some(0), 0o600), "{replaced:?}");
    assert!(SigningKey::from_pem(fs::read(&file).unwrap()).is_ok());
    assert_eq!(names(folder.path()), ["key.pem"]);
}

#[test]
fn a_link_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (target, link, dangling) = (path(&folder, "target"), path(&folder, "link"), path(&folder, "dangling"));
    fs::write(&target, "precious").unwrap();
    symlink(&target, &link).unwrap();
    symlink(folder.path().join("nowhere"), &dangling).unwrap();
    for link in [&link, &dangling] {
        assert_eq!(run(&["keygen", "--out", link]).code, Some(2));
        assert_eq!(run(&["keygen", "--alg=ES256", "--out", link, "--force"]).code, Some(0));
        assert!(fs::symlink_metadata(link).unwrap().is_file(), "the link itself was replaced");
    }
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    assert!(!folder.path().join("nowhere").exists());
}

#[test]
fn no_device_pipe_or_folder_is_ever_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = path(&folder, "pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let inside = path(&folder, "sub");
    fs::create_dir(&inside).unwrap();
    let with_slash = path(&folder, "new/");
    for (out, says) in [
        ("/dev/null", "is a device or a pipe"),
        ("/dev/stdout", "is a device or a pipe"),
        (&pipe, "is a device or a pipe"),
        (&inside, "is a folder"),
        (&with_slash, "is a folder"),
    ] {
        for force in [&["--force"][..], &[]] {
            let refused = run(&[&["keygen", "--out", out], force].concat());
            assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{out} {refused:?}");
            assert!(refused.stderr.contains(says), "{out} {refused:?}");
        }
    }
    assert!(fs::symlink_metadata("/dev/null").unwrap().file_type().is_char_device());
    assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    assert_eq!(names(folder.path()), ["pipe", "sub"]);
}

#[test]
fn a_folder_that_takes_no_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = run(&["keygen", "--out", &path(&folder, "no/such/key.pem")]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.stderr.contains("there is no such folder: ") && missing.stderr.contains("/no/such"), "{missing:?}");

    fs::write(folder.path().join("file"), "").unwrap();
    let through_file = run(&["keygen", "--out", &path(&folder, "file/key.pem")]);
    assert_eq!(through_file.code, Some(2), "{through_file:?}");

    // Nobody may make a file here, root neither.
    let read_only = run(&["keygen", "--out", "/proc/key.pem"]);
    assert!(matches!(read_only.code, Some(1 | 2)), "{read_only:?}");
    assert!(read_only.stderr.starts_with("error: ") && !read_only.stderr.contains("panicked"), "{read_only:?}");
    let long = run(&["keygen", "--alg=ES256", "--out", &path(&folder, &"k".repeat(300))]);
    assert_eq!((long.code, names(folder.path()).len()), (Some(1), 1), "{long:?}");
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    // No byte may be written to a file; the signal for that is ignored, so that the write fails.
    let full = shell("trap '' XFSZ; ulimit -f 0; $B keygen --alg ES256 --out key.pem 2>/dev/null", folder.path());
    assert_eq!((full.code, full.stdout.as_str()), (Some(1), ""));
    assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));

    let full = shell("$B keygen --alg ES256 > /dev/full", folder.path());
    assert_eq!(full.code, Some(1), "{full:?}");
    assert!(full.stderr.contains("standard output cannot be written: no storage space (os error 28)"), "{full:?}");
    assert!(!full.stderr.contains("private key:"), "nothing was written: {full:?}");
}

/// The mode is set even if the umask takes all rights away.
#[test]
fn the_mode_is_exact_under_any_umask() {
    for umask in ["000", "022", "077", "777"] {
        let folder = tempfile::tempdir().unwrap();
        let generated = shell(&format!("umask {umask}; $B keygen --alg ES256 --out key.pem"), folder.path());
        assert_eq!((generated.code, mode(&path(&folder, "key.pem"))), (Some(0), 0o600), "{umask} {generated:?}");
    }
}

#[test]
fn a_killed_process_leaves_no_half_file() {
    let folder = tempfile::tempdir().unwrap();
    let (mut whole, mut none) = (0, 0);
    // Later and later until a file is there, and then around that moment again and again. It spins, because a sleep is too coarse.
    let mut turns = 10_000_u64;
    for round in 0..60 {
        let file = path(&folder, &format!("{round}.pem"));
        let mut keygen = command(&["keygen", "--alg", "ES256", "--out", &file]);
        let mut child = keygen.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        (0..turns).for_each(|turn| {
            std::hint::black_box(turn);
        });
        child.kill().unwrap();
        child.wait().unwrap();
        match fs::read(&file) {
            Ok(pem) => {
                assert!(SigningKey::from_pem(&pem).is_ok(), "round {round}: {} bytes", pem.len());
                assert_eq!(mode(&file), 0o600);
                whole += 1;
                turns -= turns / 4;
            }
            Err(error) => {
                assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
                none += 1;
                turns += if whole == 0 { turns } else { turns / 16 };
            }
        }
    }
    assert!(none > 0 && whole > 0, "{none} processes were killed before the file was there, and {whole} after");
    for name in names(folder.path()) {
        let is_left = name.starts_with(".line-channel-token-") && name.ends_with(".tmp");
        assert!(name.ends_with(".pem") || is_left, "{name}");
        assert_eq!(mode(&path(&folder, &name)), 0o600, "{name}");
    }
}

#[test]
fn only_one_of_many_at_once_writes_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "key.pem");
    let children: Vec<_> = (0..8)
        .map(|_| {
            let mut command = command(&["keygen", "--alg", "ES256", "--out", &file]);
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    let outputs: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    let winners: Vec<_> = outputs.iter().filter(|output| output.status.success()).collect();
    assert_eq!(winners.len(), 1);
    let key = SigningKey::from_pem(fs::read(&file).unwrap()).unwrap();
    assert_eq!(String::from_utf8_lossy(&winners[0].stdout), format!("{}\n", key.public_jwk()));
    assert_eq!(names(folder.path()), ["key.pem"]);
}

#[test]
fn a_path_in_no_unicode_is_written() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(std::ffi::OsStr::from_bytes(b"k\xff\x1b[2J.pem"));
    let mut keygen = command(&["keygen", "--alg", "ES256", "--out"]);
    keygen.arg(&file);
    let generated = finish(keygen);
    assert_eq!(generated.code, Some(0), "{generated:?}");
    assert!(SigningKey::from_pem(fs::read(&file).unwrap()).is_ok());
    assert!(!generated.stderr.contains('\u{1b}'), "no name drives the terminal: {:?}", generated.stderr);
}

/// A shell made a file of it, and a rename would replace the device for everybody. `/dev/stdout` is one too: a test that fails must not do so.
#[test]
fn a_stream_that_goes_to_a_file_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    for device in ["/dev/fd/1", "/proc/self/fd/1"] {
        let run = shell(&format!("$B keygen --alg ES256 --force --out {device} > out"), folder.path());
        assert!(run.code == Some(2) && run.stderr.contains("is a device or a pipe"), "{device}: {run:?}");
        assert_eq!(names(folder.path()), ["out"]);
    }
}
