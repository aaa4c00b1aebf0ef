//! Paths of people, and how the store takes them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use line_channel_token_cache::store::{FileStore, StoreErrorKind};

use super::support::{current_now, place, said_by, set, worker};

#[test]
fn a_path_that_is_no_directory_is_named() {
    let (temporary, _) = place();
    let file = temporary.path().join("file");
    let nowhere = temporary.path().join("nowhere");
    let around = temporary.path().join("around");
    fs::write(&file, "").unwrap();
    symlink("/no/such/directory", &nowhere).unwrap();
    symlink(&around, &around).unwrap();
    let long = temporary.path().join("a".repeat(300));
    for (path, words) in [
        (file.clone(), "is a file"),
        (file.join("tokens"), "is a file and no directory"),
        (nowhere.clone(), "symbolic link to nothing"),
        (nowhere.join("tokens"), "symbolic link to nothing"),
        (around, "cannot open the directory"),
        (long, "too long"),
        ("a\0b".into(), "NUL"),
        ("".into(), "empty"),
        ("~/tokens".into(), "only a shell expands"),
        ("redis://:s3cret@cache".into(), "is a URL"),
    ] {
        let error = FileStore::new(&path).unwrap_err();
        assert!(error.to_string().contains(words), "{words}: {error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
        assert_ne!(error.kind(), StoreErrorKind::Unreadable, "{error}");
    }
}

#[test]
fn any_name_is_a_directory() {
    let (temporary, _) = place();
    for name in [&b"\xff\xfe"[..], "é ü".as_bytes(), b"it's; rm -rf", b"-x"] {
        let directory = temporary.path().join(OsStr::from_bytes(name));
        let store = FileStore::new(&directory).unwrap();
        set(&store, 1).unwrap();
        assert_eq!(current_now(&store), 1);
        fs::set_permissions(&directory, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let error = FileStore::new(&directory).unwrap_err().to_string();
        assert!(error.contains("chmod 700"), "{error}");
    }
}

#[test]
fn a_store_shows_its_directory_alone() {
    let (_temporary, directory) = place();
    let store = FileStore::new(&directory).unwrap();
    set(&store, 1).unwrap();
    assert!(directory.is_absolute() && store.directory() == directory);
    assert!(!format!("{store:?}").contains("1;1;"));
}

#[test]
fn the_state_directory_is_the_users() {
    let (temporary, nowhere) = place();
    let home = temporary.path();
    let find = || {
        let mut command = worker("find the state directory", &nowhere);
        command.env_remove("HOME").env_remove("XDG_STATE_HOME");
        command
    };
    let by_home = said_by(find().env("HOME", home));
    let expected = home.join(".local/state/line-channel-token");
    assert!(by_home.contains(&format!("> {}\n", expected.display())) && expected.is_dir(), "{by_home}");
    let by_xdg = said_by(find().env("HOME", home).env("XDG_STATE_HOME", home.join("state")));
    let expected = home.join("state/line-channel-token");
    assert!(by_xdg.contains(&format!("> {}\n", expected.display())) && expected.is_dir(), "{by_xdg}");
    let without = said_by(&mut find());
    assert!(without.contains("neither XDG_STATE_HOME nor HOME"), "{without}");
}
