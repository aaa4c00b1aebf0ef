//! Stores that cannot be used, and keys that do not fit: a clear error, and nothing lost.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod line_support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use line_channel_token::emulator::TokenFamily;
use line_support::{Line, Ran, run};

/// Nobody listens there.
const NOWHERE: &str = "redis://127.0.0.1:1";

fn token(line: &Line, arguments: &[&str]) -> Ran {
    run(&mut line.with_both(&[&["token"], arguments].concat()))
}

fn key_file(line: &Line, name: &str, id: &str, byte: char) -> String {
    line.file(name, &format!("{id}:{}\n", format!("{byte}0123456789abcde").repeat(4))).to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_others_may_enter_is_refused() {
    let line = Line::start().await;
    let open = line.folder.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
    let file = line.file("file", "kept");
    for (path, says) in [(&open, "other users have access"), (&file, "is a file")] {
        let path = path.to_str().unwrap();
        for arguments in [["--store-dir", path], ["--family=jwt", &format!("--store-dir={path}")]] {
            let refused = token(&line, &arguments);
            assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{refused:?}");
            assert!(refused.err.contains(says) && refused.err.contains("--store none"), "{}", refused.err);
        }
        let doctor = run(&mut line.with_secret(&["doctor", "--store-dir", path]));
        assert!(doctor.code == 2 && doctor.out.contains("problem  store"), "{}", doctor.out);
    }
    assert_eq!(line.live(TokenFamily::Jwt), 0);
    assert_eq!(fs::read_to_string(file).unwrap(), "kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_a_fault_is_an_error_without_its_content() {
    let line = Line::start().await;
    for url in
        ["redsi://bot@h3cret", "h3cret:6379", "http://h3cret", "redis://", "redis://h3cret:99999", "redis://h3cret/x"]
    {
        let refused = token(&line, &["--store-url", url]);
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{url} {refused:?}");
        assert!(!refused.err.contains("h3cret") && refused.err.contains("--store-url"), "{url} {}", refused.err);
    }
    for arguments in
        [["--store-url", "redis://bot:s3cret@127.0.0.1"], ["--store=redis", "--store-url=rediss://:s3cret@h"]]
    {
        let refused = token(&line, &arguments);
        assert!(refused.code == 2 && refused.err.contains("LINE_TOKEN_STORE_PASSWORD"), "{}", refused.err);
        assert!(!refused.err.contains("s3cret"), "{}", refused.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_down_costs_nobody_a_token() {
    let line = Line::start().await;
    for family in ["jwt", "stateless"] {
        let ran = token(&line, &["--family", family, "--store-url", NOWHERE]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(line.accepts(ran.out.trim()));
        assert!(
            ran.err.contains("the token store cannot be used") && ran.err.contains("issued without the store"),
            "{}",
            ran.err
        );
    }
    let short = ["--family", "short-lived", "--store-url", NOWHERE];
    let refused = run(&mut line.with_secret(&[&["token"], &short[..]].concat()));
    assert_eq!((refused.code, refused.out.as_str()), (4, ""), "{refused:?}");
    assert_eq!(line.live(TokenFamily::ShortLived), 0);
    let degraded = run(&mut line.with_secret(&[&["token", "--store-outage=degrade"], &short[..]].concat()));
    assert!(degraded.code == 0 && line.accepts(degraded.out.trim()), "{degraded:?}");
    let strict = token(&line, &["--family=jwt", "--store-outage", "refuse", "--store-url", NOWHERE]);
    assert_eq!((strict.code, strict.out.as_str()), (4, ""), "{strict:?}");
    let doctor = run(&mut line.with_secret(&["doctor", "--store-url", NOWHERE]));
    assert!(doctor.code == 4 && doctor.out.contains("problem  store"), "{}", doctor.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_tokens_open_with_their_key_alone() {
    let line = Line::start().await;
    let first = key_file(&line, "first", "2026-01", 'a');
    let second = key_file(&line, "second", "2026-02", 'b');
    let with = |arguments: &[&str]| token(&line, &[&["--family=jwt"], arguments].concat());
    let sealed = with(&["--store-key-file", &first]);
    assert_eq!((sealed.code, sealed.err.as_str()), (0, ""));
    let folder = line.folder.path().join("state/line-channel-token");
    for file in fs::read_dir(&folder).unwrap() {
        let content = fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&content).contains(sealed.out.trim()));
    }
    assert_eq!(with(&["--store-key-file", &first]).out, sealed.out);
    for arguments in [&["--store-key-file", &*second][..], &[]] {
        let refused = with(arguments);
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{arguments:?} {refused:?}");
        assert!(refused.err.contains("--store-outage degrade"), "{}", refused.err);
    }
    let doctor = run(&mut line.with_both(&["doctor", "--family=jwt", "--store-key-file", &second]));
    assert!(doctor.code == 2 && doctor.out.contains("problem  store"), "{}", doctor.out);
    let rotated = with(&["--store-key-file", &second, "--store-previous-key-file", &first]);
    assert_eq!((rotated.code, rotated.out), (0, sealed.out));
    assert_eq!(line.live(TokenFamily::Jwt), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_from_before_the_key_is_taken_over_on_demand() {
    let line = Line::start().await;
    let key = key_file(&line, "key", "2026-01", 'a');
    let first = token(&line, &["--family=jwt"]).out;
    let refused = token(&line, &["--family=jwt", "--store-key-file", &key]);
    assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{refused:?}");
    assert!(refused.err.contains("--store-accept-unsealed"), "{}", refused.err);
    let taken = token(&line, &["--family=jwt", "--store-key-file", &key, "--store-accept-unsealed"]);
    assert_eq!((taken.code, taken.out), (0, first));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_of_another_kind_is_refused() {
    let line = Line::start().await;
    let open = key_file(&line, "open", "a", 'c');
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    let short = line.file("short", &format!("a:{}", "d".repeat(62)));
    let bare = line.file("bare", &"e".repeat(64));
    let long = line.file("long", &"f".repeat(5000));
    let directory = line.folder.path().to_owned();
    for (path, says) in [
        (open.as_str(), "chmod 600"),
        (short.to_str().unwrap(), "needs 32"),
        (bare.to_str().unwrap(), "bare"),
        (long.to_str().unwrap(), "too long"),
        (directory.to_str().unwrap(), "--store-key-file"),
        ("/no/such/key", "there is no such file"),
    ] {
        let refused = token(&line, &["--store-key-file", path]);
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{path} {refused:?}");
        assert!(refused.err.contains(says), "{path}: {}", refused.err);
        assert!(!refused.err.contains(&"d".repeat(20)) && !refused.err.contains(&"e".repeat(20)), "{}", refused.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_moved_aside_and_reported() {
    let line = Line::start().await;
    let first = token(&line, &["--family=jwt"]);
    assert_eq!(first.code, 0);
    let folder = line.folder.path().join("state/line-channel-token");
    let file = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
    let file = file.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "token")).unwrap();
    fs::write(&file, "garbage").unwrap();
    let doctor = run(&mut line.with_both(&["doctor", "--family=jwt"]));
    assert!(doctor.out.contains("warning  store"), "{}", doctor.out);
    let second = token(&line, &["--family=jwt"]);
    assert_eq!(second.code, 0, "{second:?}");
    assert!(second.err.contains("was moved out of the way"), "{}", second.err);
    assert!(line.accepts(second.out.trim()));
    assert_eq!(token(&line, &["--family=jwt"]).out, second.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doctor_creates_no_directory() {
    let line = Line::start().await;
    let state = line.folder.path().join("state");
    let elsewhere = line.folder.path().join("elsewhere/deep");
    for arguments in [&["doctor"][..], &["doctor", "--store-dir", elsewhere.to_str().unwrap()]] {
        let ran = run(&mut line.with_secret(arguments));
        assert!(ran.code == 0 && ran.out.contains("ok       store"), "{ran:?}");
    }
    assert!(!state.exists() && !elsewhere.parent().unwrap().exists());
    let file = line.file("file", "kept");
    let link = line.folder.path().join("link");
    std::os::unix::fs::symlink("/no/such/place", &link).unwrap();
    for (path, says) in [(file.join("x"), "a part of this path is a file"), (link.join("x"), "link to nothing")] {
        let ran = run(&mut line.with_secret(&["doctor", "--store-dir", path.to_str().unwrap()]));
        assert!(ran.out.contains("problem  store") && ran.out.contains(says), "{path:?} {}", ran.out);
    }
    let url = run(&mut line.with_secret(&["token", "--store-dir", "redis://h"]));
    assert!(url.code == 2 && url.err.contains("are for --store-url") && !url.err.contains("`RedisStore`"), "{url:?}");
}

/// What only root can make; others see that it was left out.
fn is_root() -> bool {
    let is_root = fs::metadata("/proc/self").is_ok_and(|found| std::os::unix::fs::MetadataExt::uid(&found) == 0);
    if !is_root {
        println!("SKIPPED: it takes root to give a file to another user, and to mount a small disk");
    }
    is_root
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_user_is_refused_and_stays() {
    if !is_root() {
        return;
    }
    let line = Line::start().await;
    assert_eq!(token(&line, &["--family=jwt"]).code, 0);
    let folder = line.folder.path().join("state/line-channel-token");
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    let stored = files.iter().find(|path| path.extension().is_some_and(|ending| ending == "token")).unwrap();
    let before = fs::read(stored).unwrap();
    for path in [stored, &folder] {
        std::os::unix::fs::chown(path, Some(65534), None).unwrap();
        let refused = token(&line, &["--family=jwt"]);
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{refused:?}");
        assert!(refused.err.contains("belongs to user id 65534") && refused.err.contains("chown"), "{}", refused.err);
        std::os::unix::fs::chown(path, Some(0), None).unwrap();
    }
    assert_eq!((fs::read(stored).unwrap(), line.live(TokenFamily::Jwt)), (before, 1));
}

/// A disk of some kilobytes, until it is dropped.
#[cfg(target_os = "linux")]
struct SmallDisk(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl SmallDisk {
    fn mount(path: std::path::PathBuf) -> Option<Self> {
        fs::create_dir(&path).unwrap();
        let mut mount = std::process::Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", "size=16k,mode=700", "tmpfs"]).arg(&path).output();
        mounted.is_ok_and(|mounted| mounted.status.success()).then_some(Self(path))
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0).status();
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_uses_no_slot_at_each_run() {
    if !is_root() {
        return;
    }
    let line = Line::start().await;
    let Some(disk) = SmallDisk::mount(line.folder.path().join("disk")) else {
        println!("SKIPPED: this container may not mount a disk");
        return;
    };
    let _ = fs::write(disk.0.join("filler"), [0; 32 * 1024]);
    let directory = disk.0.to_str().unwrap();
    for _ in 0..2 {
        let refused = token(&line, &["--family=jwt", "--store-dir", directory]);
        assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{refused:?}");
        assert!(refused.err.contains("the disk is full") && refused.err.contains("degrade"), "{}", refused.err);
    }
    assert_eq!(line.live(TokenFamily::Jwt), 0);
    assert_eq!(token(&line, &["--store-dir", directory]).code, 0, "a stateless token uses none");
    fs::remove_file(disk.0.join("filler")).unwrap();
    let stored = token(&line, &["--family=jwt", "--store-dir", directory]);
    assert_eq!((stored.code, stored.err.as_str()), (0, ""), "{stored:?}");
    let _ = fs::write(disk.0.join("filler"), [0; 32 * 1024]);
    assert_eq!(
        token(&line, &["--family=jwt", "--store-dir", directory]).out,
        stored.out,
        "what is stored is still read"
    );
}
