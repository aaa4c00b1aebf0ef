//! Who may read and write: nobody else, or the store refuses.

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::Path;
use std::process::Command;

use futures_executor::block_on;
use line_channel_token_cache::store::{FileStore, StoreError, StoreErrorKind, TokenStore};

use super::support::{current_now, key, lock_file, mode, place, said_by, set, set_mode, value_file, worker_under};

fn load(store: &FileStore) -> Result<(), StoreError> {
    block_on(store.load(&key())).map(|_| ())
}

fn denied(error: &StoreError, words: &[&str]) {
    assert_eq!(error.kind(), StoreErrorKind::Denied, "{error}");
    for words in words {
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
}

#[test]
fn files_are_private_whatever_the_umask() {
    for umask in ["000", "022", "077"] {
        let (_temporary, directory) = place();
        let script = format!("umask {umask}; exec \"$@\"");
        let said = said_by(&mut worker_under(&["sh", "-c", &script, "sh"], "create", &directory));
        let modes: Vec<_> = said.lines().filter_map(|line| line.split_once("> ")).map(|(_, mode)| mode).collect();
        assert_eq!(modes, ["0700", "0600", "0600"], "umask {umask}");
    }
}

#[test]
fn directories_on_the_way_are_private_too() {
    let (temporary, _) = place();
    let directory = temporary.path().join("a/b/tokens");
    FileStore::new(&directory).unwrap();
    for path in ["a", "a/b", "a/b/tokens"] {
        assert_eq!(mode(&temporary.path().join(path)), 0o700);
    }
}

#[test]
fn an_open_directory_is_refused() {
    let (_temporary, directory) = place();
    let store = FileStore::new(&directory).unwrap();
    set(&store, 1).unwrap();
    for open in [0o755, 0o750, 0o711, 0o770, 0o1777, 0o702] {
        set_mode(&directory, open);
        let command = format!("`chmod 700 {}`", directory.display());
        denied(&FileStore::new(&directory).unwrap_err(), &[&command, &format!("mode {open:04o}")]);
        denied(&load(&store).unwrap_err(), &[&command]);
        denied(&set(&store, 2).unwrap_err(), &[&command]);
    }
    set_mode(&directory, 0o500);
    denied(&FileStore::new(&directory).unwrap_err(), &["may not write", "chmod 700"]);
    set_mode(&directory, 0o700);
    assert_eq!(current_now(&store), 1);
}

#[test]
fn an_open_file_is_refused() {
    let (_temporary, directory) = place();
    let store = FileStore::new(&directory).unwrap();
    set(&store, 1).unwrap();
    for path in [value_file(&directory), lock_file(&directory)] {
        for open in [0o644, 0o640, 0o620, 0o666, 0o604] {
            set_mode(&path, open);
            let command = format!("`chmod 600 {}`", path.display());
            denied(&set(&store, 2).unwrap_err(), &[&command, &format!("mode {open:04o}")]);
        }
        set_mode(&path, 0o600);
        assert_eq!(current_now(&store), 1, "nothing is lost");
    }
    set_mode(&value_file(&directory), 0o644);
    denied(&load(&store).unwrap_err(), &["chmod 600"]);
    denied(&block_on(store.set_aside(&key(), None)).unwrap_err(), &["chmod 600"]);
}

#[test]
fn what_belongs_to_another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        println!("SKIPPED: only root can give a file to another user");
        return;
    }
    let (_temporary, directory) = place();
    let store = FileStore::new(&directory).unwrap();
    set(&store, 1).unwrap();
    for path in [value_file(&directory), lock_file(&directory)] {
        chown(&path, Some(65_534), None).unwrap();
        denied(&set(&store, 2).unwrap_err(), &["user id 65534", &format!("`chown 0 {}`", path.display())]);
        chown(&path, Some(0), None).unwrap();
    }
    chown(&directory, Some(65_534), None).unwrap();
    let command = format!("`chown -R 0 {}`", directory.display());
    denied(&FileStore::new(&directory).unwrap_err(), &["user id 65534", &command]);
    denied(&load(&store).unwrap_err(), &[&command]);
}

#[test]
fn links_in_place_of_files_are_refused() {
    let (temporary, directory) = place();
    let store = FileStore::new(&directory).unwrap();
    set(&store, 1).unwrap();
    let target = temporary.path().join("target");
    for path in [value_file(&directory), lock_file(&directory)] {
        let aside = temporary.path().join("aside");
        fs::rename(&path, &aside).unwrap();
        for there in [true, false] {
            if there {
                fs::copy(&aside, &target).unwrap();
            } else {
                fs::remove_file(&target).unwrap();
            }
            symlink(&target, &path).unwrap();
            denied(&set(&store, 2).unwrap_err(), &["symbolic link", &format!("`rm {}`", path.display())]);
            assert_eq!(target.exists(), there, "nothing is created behind it");
            fs::remove_file(&path).unwrap();
        }
        fs::rename(&aside, &path).unwrap();
    }
    let next = directory.join("1234567890.jwt.new");
    fs::write(&target, "precious").unwrap();
    symlink(&target, &next).unwrap();
    set(&store, 3).unwrap();
    assert_eq!((fs::read_to_string(&target).unwrap().as_str(), current_now(&store)), ("precious", 3));
}

#[test]
fn a_link_to_the_directory_is_followed() {
    let (temporary, directory) = place();
    set(&FileStore::new(&directory).unwrap(), 1).unwrap();
    let link = temporary.path().join("link");
    symlink(&directory, &link).unwrap();
    assert_eq!(current_now(&FileStore::new(&link).unwrap()), 1);
}

#[test]
fn no_permission_is_named() {
    // Neither root nor anybody else can create a directory there.
    let error = FileStore::new("/sys/kernel/line-channel-token").unwrap_err();
    denied(&error, &["cannot create the directory /sys/kernel/line-channel-token", "choose another directory"]);
}

#[test]
fn other_kinds_of_files_do_not_hold_up() {
    let (_temporary, directory) = place();
    let store = FileStore::new(&directory).unwrap();
    set(&store, 1).unwrap();
    let make_pipe = |path: &Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    let make_directory = |path: &Path| fs::create_dir(path).unwrap();
    let make_socket = |path: &Path| drop(std::os::unix::net::UnixListener::bind(path).unwrap());
    for make in [&make_pipe as &dyn Fn(&Path), &make_directory, &make_socket] {
        fs::remove_file(value_file(&directory)).unwrap();
        make(&value_file(&directory));
        let error = load(&store).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unreadable, "{error}");
        assert!(block_on(store.set_aside(&key(), None)).unwrap().is_some());
        set(&store, 2).unwrap();
    }
    fs::remove_file(lock_file(&directory)).unwrap();
    make_directory(&lock_file(&directory));
    denied(&set(&store, 3).unwrap_err(), &["no regular file", "`rm -r "]);
    assert_eq!(current_now(&store), 2);
}
