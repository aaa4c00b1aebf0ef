//! Tests of the time that processes and restarts of the machine agree on, over files.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::{BaseUrl, ChannelId, Clock};
use line_channel_token_mock::ManualClock;

use super::super::store_key::StoreKey;
use super::super::token_store::{Comparison, Revision, StoredValue};
use super::boot::Timebase;
use super::operations::{Change, Operations};
use super::{file_names, key_lock};
use crate::TokenFamily;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn key() -> StoreKey {
    StoreKey::new(ChannelId::new("1234567890").unwrap(), TokenFamily::Jwt, &BaseUrl::line())
}

/// A process of a machine whose clock is this one.
fn process(directory: &Path, clock: &ManualClock, boot: &str) -> Operations {
    let timebase = Timebase { id: Some(boot.into()), is_of_the_machine: true };
    Operations::new(directory.join("tokens"), Arc::new(clock.clone()), timebase)
}

fn set(process: &Operations, expected: Option<&Revision>, keep_for: Duration) -> Revision {
    let value = StoredValue::new(b"a value".to_vec());
    match process.compare_and_set(&key(), expected, &value, keep_for).unwrap() {
        Change::Done(Comparison::Stored(revision)) => revision,
        other => panic!("{other:?}"),
    }
}

fn now(process: &Operations) -> Duration {
    process.load(&key()).unwrap().now
}

#[test]
fn processes_agree_on_time_after_the_wall_clock_was_set_back() {
    let directory = tempfile::tempdir().unwrap();
    let clock = ManualClock::new();
    let start = clock.now().unix;
    let (one, other) = (process(directory.path(), &clock, "boot"), process(directory.path(), &clock, "boot"));
    set(&one, None, DAY);

    // Ten years ahead, which nobody but a reader sees; then right again.
    clock.set_unix_time(start + 3650 * DAY);
    let ahead = now(&one);
    assert_eq!(ahead, start + 3650 * DAY);
    clock.advance(Duration::from_secs(10));
    clock.set_unix_time(start);
    for process in [&one, &other] {
        assert_eq!(now(process), ahead + Duration::from_secs(10));
    }
    // The file is of use as ever: values are kept and end.
    let revision = set(&other, None, DAY);
    assert_eq!(one.load(&key()).unwrap().entry.unwrap().revision, revision);
    clock.advance(DAY);
    assert!(one.load(&key()).unwrap().entry.is_none());
}

#[test]
fn a_restart_of_the_machine_is_written_down_by_the_first_reader() {
    let directory = tempfile::tempdir().unwrap();
    let clock = ManualClock::new();
    let revision = set(&process(directory.path(), &clock, "first"), None, 10 * DAY);
    clock.advance(DAY);
    let file = file_names::value(&directory.path().join("tokens"), &key());
    let before = std::fs::read(&file).unwrap();
    let second = process(directory.path(), &clock, "second");
    let found = second.load(&key()).unwrap();
    assert_eq!(found.entry.unwrap().revision, revision, "the value is as it was");
    assert_ne!(std::fs::read(&file).unwrap(), before);
    let after = std::fs::read(&file).unwrap();
    clock.set_unix_time(Duration::ZERO);
    clock.advance(Duration::from_secs(1));
    assert_eq!(now(&second), found.now + Duration::from_secs(1));
    assert_eq!(std::fs::read(&file).unwrap(), after, "and nothing more is written");
}

#[test]
fn time_that_cannot_be_written_down_is_read_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let clock = ManualClock::new();
    let one = process(directory.path(), &clock, "boot");
    set(&one, None, 10 * DAY);
    let held = key_lock::KeyLock::attempt(&one.lock_path(&key())).unwrap();
    let start = clock.now().unix;
    clock.set_unix_time(start + DAY);
    assert_eq!(now(&one), start + DAY);
    assert!(matches!(one.compare_and_set(&key(), None, &StoredValue::new(vec![]), DAY), Ok(Change::Locked)));
    drop(held);
}

#[test]
fn time_goes_on_after_a_value_was_set_aside() {
    let directory = tempfile::tempdir().unwrap();
    let clock = ManualClock::new();
    let one = process(directory.path(), &clock, "boot");
    let revision = set(&one, None, 10 * DAY);
    let before = now(&one);
    clock.set_unix_time(Duration::ZERO);
    assert!(matches!(one.set_aside(&key(), Some(&revision)), Ok(Change::Done(Some(_)))));
    let found = one.load(&key()).unwrap();
    assert_eq!((found.now, found.entry.is_none()), (before, true));
}
