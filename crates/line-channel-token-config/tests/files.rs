//! What the files of credentials may be.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use std::process::Command;

use line_channel_token_config::{ChannelConfig, ConfigError};
use support::{ID, KID, SECRET, directory, file, given_key, pem, subjects};

fn secret_in(path: impl AsRef<Path>) -> Result<ChannelConfig, ConfigError> {
    let path = path.as_ref().as_os_str();
    ChannelConfig::from_vars([("LINE_CHANNEL_ID", ID.as_ref()), ("LINE_CHANNEL_SECRET_FILE", path)])
}

fn key_in(path: impl AsRef<Path>) -> Result<ChannelConfig, ConfigError> {
    let path = path.as_ref().as_os_str();
    let kid = ("LINE_ASSERTION_KID", KID.as_ref());
    ChannelConfig::from_vars([("LINE_CHANNEL_ID", ID.as_ref()), ("LINE_ASSERTION_KEY_FILE", path), kid])
}

/// The only problem names the variable and the file, and says this.
fn says(result: Result<ChannelConfig, ConfigError>, path: &Path, text: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.problems().len(), 1, "{error}");
    let problem = error.problems().next().unwrap();
    assert!(problem.subject().ends_with("_FILE") && problem.file() == Some(path), "{error}");
    assert!(problem.message().contains(text), "{text}: {error}");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
}

#[test]
fn a_secret_is_taken_with_what_editors_add() {
    let utf_16: Vec<u8> = format!("\u{feff}{SECRET}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for content in [
        SECRET.as_bytes().to_vec(),
        format!("{SECRET}\n").into_bytes(),
        format!("{SECRET}\r\n").into_bytes(),
        format!("\u{feff}{SECRET}\n").into_bytes(),
        format!("\"{SECRET}\"\n").into_bytes(),
        utf_16,
    ] {
        let config = secret_in(file("secret", content)).unwrap();
        assert!(config.channel_secret().is_none() && config.channel_secret_file().is_some());
    }
}

#[test]
fn a_key_is_taken_in_any_format() {
    for content in [
        pem(0).into_bytes(),
        pem(0).replace('\n', "\r\n").into_bytes(),
        given_key("rsa-pkcs8.der"),
        given_key("rsa-pkcs1.pem"),
    ] {
        key_in(file("key", content)).unwrap();
    }
}

#[test]
fn a_path_that_names_no_file_is_explained() {
    let directory = directory();
    let absent = directory.join("absent");
    says(secret_in(&absent), &absent, "there is no such file");
    says(secret_in(&directory), &directory, "this is a directory: give the path of the file in it");
    let link = directory.join("link");
    std::os::unix::fs::symlink(&absent, &link).unwrap();
    says(secret_in(&link), &link, "a symbolic link to a file that does not exist");
    let below = file("secret", SECRET).join("below");
    says(secret_in(&below), &below, "a part of its path is a file");
    let tilde = Path::new("~/secret");
    says(secret_in(tilde), tilde, "only a shell expands ~");
    let variable = Path::new("${HOME}/secret");
    says(secret_in(variable), variable, "a variable that was not expanded");
    let line_end = directory.join("secret\r");
    says(secret_in(&line_end), &line_end, "white space that does not belong to it");
}

#[test]
fn what_never_ends_or_waits_for_a_writer_is_not_opened() {
    let zero = Path::new("/dev/zero");
    says(secret_in(zero), zero, "a pipe or a device");
    let pipe = directory().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    says(key_in(&pipe), &pipe, "a pipe or a device");
    let long = file("long", vec![b'a'; 64 * 1024 + 1]);
    says(secret_in(&long), &long, "longer than 64 KiB");
    says(key_in(&long), &long, "longer than 64 KiB");
    let sparse = directory().join("sparse");
    std::fs::File::create(&sparse).unwrap().set_len(1 << 40).unwrap();
    says(secret_in(&sparse), &sparse, "longer than 64 KiB");
}

#[test]
fn a_file_that_may_not_be_read_is_explained() {
    let secret = file("secret", SECRET);
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
    // Root may read everything.
    if std::fs::read(&secret).is_err() {
        says(secret_in(&secret), &secret, "this process may not read it");
    }
}

#[test]
fn what_a_file_holds_is_checked_and_not_shown() {
    for (content, text) in [
        (&b""[..], "the file is empty"),
        (b"\n", "the channel secret is empty"),
        (b"s3cr\xffet", "not text in UTF-8"),
        (b"LINE_CHANNEL_SECRET=s3cret", "its name before it"),
        (b"{\"secret\":\"s3cret\"}", "JSON"),
        (b"${SECRET}", "not expanded"),
        (b"s3cret\nsecond", "white space"),
        (b"1234567890", "channel id"),
    ] {
        let path = file("secret", content);
        let result = secret_in(&path);
        assert!(!result.as_ref().unwrap_err().to_string().contains("s3cr"));
        says(result, &path, text);
    }
    let half = &pem(0)[..800];
    for (content, text) in [
        (given_key("rsa-public.pem"), "public key"),
        (given_key("rsa-certificate.pem"), "certificate"),
        (given_key("rsa-pkcs8-encrypted.pem"), "encrypted"),
        (given_key("rsa-3072.pem"), "3072"),
        (given_key("ec-pkcs8.pem"), "only RS256"),
        (half.as_bytes().to_vec(), ""),
        (SECRET.as_bytes().to_vec(), "channel secret"),
    ] {
        let path = file("key", content);
        says(key_in(&path), &path, text);
    }
}

#[test]
fn a_value_in_place_of_a_path_is_recognised_and_not_shown() {
    let key = pem(0);
    let base64: String = key.lines().filter(|line| !line.starts_with("---")).collect();
    for value in [SECRET, &key, &base64, "{\"kty\":\"RSA\",\"d\":\"s3cret\"}", "s3cret-of-mine"] {
        let config =
            ChannelConfig::new(line_channel_token_core::ChannelId::new(ID).unwrap()).with_channel_secret_file(value);
        for error in [secret_in(value).unwrap_err(), config.check().unwrap_err()] {
            let problem = error.problems().next().unwrap();
            assert!(problem.file().is_none() && !error.to_string().contains(&value[..6]), "{error}");
        }
        assert!(!format!("{config:?}").contains(&value[..6]), "{config:?}");
    }
    let error = secret_in(SECRET).unwrap_err();
    assert!(error.to_string().contains("this is the value itself and not the path of a file"), "{error}");
}

#[test]
fn all_files_are_checked_at_once() {
    let error = ChannelConfig::from_vars([
        ("LINE_CHANNEL_ID", ID),
        ("LINE_CHANNEL_SECRET_FILE", "/absent/secret"),
        ("LINE_ASSERTION_KEY_FILE", "/absent/key"),
        ("LINE_ASSERTION_KID_FILE", "/absent/kid"),
    ])
    .unwrap_err();
    assert_eq!(subjects(&error), ["LINE_CHANNEL_SECRET_FILE", "LINE_ASSERTION_KEY_FILE", "LINE_ASSERTION_KID_FILE"]);
    let [key, kid] = [file("key", "rubbish"), file("kid", "<kid>")];
    let vars = [("LINE_ASSERTION_KEY_FILE", key.to_str().unwrap()), ("LINE_ASSERTION_KID_FILE", kid.to_str().unwrap())];
    let error = ChannelConfig::from_vars(vars).unwrap_err();
    assert_eq!(subjects(&error), ["LINE_CHANNEL_ID", "LINE_ASSERTION_KEY_FILE", "LINE_ASSERTION_KID_FILE"]);
}

#[test]
fn a_key_in_a_file_needs_a_kid() {
    let key = file("key", pem(0));
    let error = ChannelConfig::from_vars([("LINE_CHANNEL_ID", ID), ("LINE_ASSERTION_KEY_FILE", key.to_str().unwrap())])
        .unwrap_err();
    assert_eq!(subjects(&error), ["LINE_ASSERTION_KID"]);
    assert!(error.to_string().contains("goes with LINE_ASSERTION_KEY_FILE"), "{error}");
}

#[test]
fn the_secret_of_the_moment_is_read_for_webhooks() {
    let signed = [("LINE_CHANNEL_ID", "1234567890"), ("LINE_CHANNEL_SECRET", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")];
    let config = ChannelConfig::from_vars(signed).unwrap();
    assert_eq!(config.read_channel_secret().unwrap().expose_secret(), signed[1].1);

    let key = line_channel_token_assertion::SigningKey::generate_ec().unwrap();
    let id = line_channel_token_core::ChannelId::new("1234567890").unwrap();
    let error = ChannelConfig::new(id).with_assertion_key(key).read_channel_secret().unwrap_err().to_string();
    assert!(error.contains("channel_secret: missing, and is needed"), "{error}");
}
