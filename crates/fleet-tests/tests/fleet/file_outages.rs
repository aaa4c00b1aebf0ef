//! A directory that is removed, or holds something else, while a fleet needs it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::outage_flow::{Meets, outlives};
use crate::platform::Platform;
use crate::stores::file_store;

/// The file of the one channel that the fleet has.
fn token_file(directory: &PathBuf) -> PathBuf {
    let mut files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|extension| extension == "token")).unwrap()
}

fn over_files(meets: Meets, disturb: impl FnOnce(&mut PathBuf), mend: impl FnOnce(&mut PathBuf)) {
    let platform = Platform::new();
    outlives(&platform, platform.path("store"), file_store(&platform), meets, disturb, mend);
}

#[test]
fn fleet_outlives_removed_directory() {
    over_files(Meets::Loss, |directory| fs::remove_dir_all(directory).unwrap(), |_| ());
}

/// It is not used as long as anybody can read it, because others may have.
#[test]
fn fleet_outlives_file_that_all_can_read() {
    let set_mode = |directory: &PathBuf, mode| {
        fs::set_permissions(token_file(directory), fs::Permissions::from_mode(mode)).unwrap();
    };
    over_files(Meets::Outage, |directory| set_mode(directory, 0o644), |directory| set_mode(directory, 0o600));
}

#[test]
fn fleet_outlives_foreign_file() {
    over_files(Meets::Damage, |directory| fs::write(token_file(directory), "what is this?").unwrap(), |_| ());
}

#[test]
fn fleet_outlives_truncated_file() {
    let cut = |directory: &mut PathBuf| {
        let file = token_file(directory);
        let bytes = fs::read(&file).unwrap();
        fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    };
    over_files(Meets::Damage, cut, |_| ());
}

#[test]
fn fleet_leaves_file_of_newer_version_alone() {
    let newer = std::cell::RefCell::new(String::new());
    let put = |directory: &mut PathBuf| {
        let text = fs::read_to_string(token_file(directory)).unwrap();
        *newer.borrow_mut() = text.replacen("-store 1 ", "-store 2 ", 1);
        assert_ne!(*newer.borrow(), text);
        fs::write(token_file(directory), newer.borrow().as_bytes()).unwrap();
    };
    let update = |directory: &mut PathBuf| {
        assert_eq!(fs::read_to_string(token_file(directory)).unwrap(), *newer.borrow(), "nobody has touched it");
        fs::remove_file(token_file(directory)).unwrap();
    };
    over_files(Meets::Outage, put, update);
}
