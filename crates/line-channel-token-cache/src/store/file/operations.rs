//! What is done in the directory, each in one step; these functions block.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::{Clock, Moment};

use super::super::store_error::{StoreError, StoreErrorKind};
use super::super::store_key::StoreKey;
use super::super::token_store::{Comparison, Revision, Snapshot, StoredEntry, StoredValue};
use super::anchor::{Anchor, StoreTime, store_time};
use super::boot::Timebase;
use super::file_format::{Kept, NoRecord, Record};
use super::key_lock::{Attempt, KeyLock};
use super::path_text::{quoted, shown};
use super::{directory, file_names, moved_aside, own_file};

/// Values are some kilobytes at most; what is larger than this is a mistake.
const MAX_VALUE: usize = 1 << 20;

/// A directory, and what tells the time.
#[derive(Debug)]
pub(super) struct Operations {
    directory: PathBuf,
    clock: Arc<dyn Clock>,
    timebase: Timebase,
}

/// What a change came to.
#[derive(Debug)]
pub(super) enum Change<T> {
    Done(T),
    /// Nothing was done, because somebody else has the lock.
    Locked,
}

/// What is in the key's file, and when it was read.
struct Reading {
    record: Option<Record>,
    moment: Moment,
    time: StoreTime,
}

impl Operations {
    pub(super) fn new(directory: PathBuf, clock: Arc<dyn Clock>, timebase: Timebase) -> Self {
        Self { directory, clock, timebase }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn lock_path(&self, key: &StoreKey) -> PathBuf {
        file_names::lock(&self.directory, key)
    }

    /// Needs no lock: a file is replaced as a whole.
    pub(super) fn load(&self, key: &StoreKey) -> Result<Snapshot, StoreError> {
        let reading = self.read(key)?;
        if !reading.time.must_be_kept {
            return Ok(reading.snapshot());
        }
        // If the time cannot be kept now, whoever reads next does it.
        Ok(match self.lock(key) {
            Ok(Some(lock)) => match self.read(key) {
                Ok(reading) => {
                    self.keep_time(key, &lock, &reading);
                    reading.snapshot()
                }
                Err(_) => reading.snapshot(),
            },
            _ => reading.snapshot(),
        })
    }

    pub(super) fn compare_and_set(
        &self,
        key: &StoreKey,
        expected: Option<&Revision>,
        value: &StoredValue,
        keep_for: Duration,
    ) -> Result<Change<Comparison>, StoreError> {
        if value.expose_bytes().len() > MAX_VALUE {
            return Err(StoreError::new(
                StoreErrorKind::InvalidSettings,
                format!(
                    "a value of {} bytes is too large for the token store: {MAX_VALUE} bytes is the limit",
                    value.expose_bytes().len()
                ),
            ));
        }
        // Who comes too late needs no lock. Of a hundred that start at once, that is nearly all.
        let reading = self.read(key)?;
        if reading.revision() != expected && !reading.time.must_be_kept {
            return Ok(Change::Done(Comparison::Changed(reading.snapshot())));
        }
        let Some(lock) = self.lock(key)? else { return Ok(Change::Locked) };
        let reading = self.read(key)?;
        if reading.revision() != expected {
            self.keep_time(key, &lock, &reading);
            return Ok(Change::Done(Comparison::Changed(reading.snapshot())));
        }
        let revision = new_revision(reading.moment);
        let entry = StoredEntry { value: value.clone(), revision: revision.clone() };
        let kept = Kept { entry, until: reading.time.now.saturating_add(keep_for) };
        self.write(key, &lock, &reading, Some(kept))?;
        Ok(Change::Done(Comparison::Stored(revision)))
    }

    pub(super) fn set_aside(
        &self,
        key: &StoreKey,
        revision: Option<&Revision>,
    ) -> Result<Change<Option<String>>, StoreError> {
        let Some(lock) = self.lock(key)? else { return Ok(Change::Locked) };
        let reading = match self.read(key) {
            Err(error) if error.kind() == StoreErrorKind::Unreadable => None,
            // It is not ours to move: a newer version can read it.
            Err(error) if error.kind() == StoreErrorKind::Incompatible => return Ok(Change::Done(None)),
            result => Some(result?),
        };
        let found = reading.as_ref().and_then(|reading| reading.record.as_ref()?.kept.as_ref());
        let is_meant = match (&reading, revision) {
            (None, None) => true,
            (Some(_), Some(revision)) => found.is_some_and(|kept| kept.entry.revision == *revision),
            _ => false,
        };
        if !is_meant {
            return Ok(Change::Done(None));
        }
        let place = moved_aside::move_aside(&self.directory, key)?;
        if let Some(reading) = &reading {
            // The store's time goes on, though there is no value.
            self.write(key, &lock, reading, None)?;
        }
        Ok(Change::Done(Some(shown(&place))))
    }

    /// The lock of the key, or `None` if somebody else has it.
    fn lock(&self, key: &StoreKey) -> Result<Option<KeyLock>, StoreError> {
        let path = self.lock_path(key);
        directory::create(&self.directory)?;
        match KeyLock::attempt(&path)? {
            Attempt::Locked(lock) => Ok(Some(lock)),
            // Somebody removes the directory at this moment: that is another attempt.
            Attempt::HeldByAnother | Attempt::NoDirectory => Ok(None),
        }
    }

    fn read(&self, key: &StoreKey) -> Result<Reading, StoreError> {
        let path = file_names::value(&self.directory, key);
        let bytes = if directory::exists(&self.directory)? { own_file::read(&path)? } else { None };
        let record = match bytes.map(|bytes| Record::decode(&bytes, key)).transpose() {
            Ok(record) => record,
            Err(why) => return Err(no_record(&path, why)),
        };
        let moment = self.clock.now();
        let time = store_time(record.as_ref().map(|record| &record.anchor), moment, &self.timebase);
        Ok(Reading { record, moment, time })
    }

    /// Writes down the store's time, if it must be kept. If that fails, whoever reads next does it.
    fn keep_time(&self, key: &StoreKey, lock: &KeyLock, reading: &Reading) {
        if reading.time.must_be_kept {
            let kept = reading.record.as_ref().and_then(|record| record.kept.clone());
            let _ = self.write(key, lock, reading, kept);
        }
    }

    fn write(&self, key: &StoreKey, lock: &KeyLock, reading: &Reading, kept: Option<Kept>) -> Result<(), StoreError> {
        let record = Record { kept, anchor: Anchor::new(reading.time.now, reading.moment, &self.timebase) };
        // Cannot fail: a header has neither maps nor numbers that JSON does not know.
        let bytes = record.encode(key).map_err(|_| {
            StoreError::new(
                StoreErrorKind::InvalidSettings,
                "the header of a file of the token store cannot be encoded",
            )
        })?;
        let value = file_names::value(&self.directory, key);
        own_file::replace(&value, &file_names::next_value(&self.directory, key), &bytes, || lock.check())
    }
}

impl Reading {
    /// The revision of the value, unless it has expired.
    fn revision(&self) -> Option<&Revision> {
        self.entry().map(|entry| &entry.revision)
    }

    fn entry(&self) -> Option<&StoredEntry> {
        let kept = self.record.as_ref()?.kept.as_ref()?;
        (kept.until > self.time.now).then_some(&kept.entry)
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot { now: self.time.now, entry: self.entry().cloned() }
    }
}

/// A random number is not enough: a process and its forked child have the same generator.
fn new_revision(moment: Moment) -> Revision {
    Revision::new(format!("{:032x}-{:x}-{:x}", fastrand::u128(..), std::process::id(), moment.monotonic.as_nanos()))
}

fn no_record(path: &Path, why: NoRecord) -> StoreError {
    let what = match why {
        NoRecord::Empty => "is empty",
        NoRecord::Foreign => "was not written by the token store",
        NoRecord::Damaged => "is damaged: its checksum does not match",
        NoRecord::OfAnotherKey => "is a copy of the file of another channel, family of tokens or server",
        NoRecord::OfVersion(version) => {
            return StoreError::new(
                StoreErrorKind::Incompatible,
                format!(
                    "{} was written by a newer version of this program (its format is {version}): update this one, choose another directory, or `rm {}` if the \
                     newer one is used no more",
                    shown(path),
                    quoted(path)
                ),
            );
        }
    };
    own_file::unreadable(path, what)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use line_channel_token_core::{BaseUrl, ChannelId, Clock};
    use line_channel_token_mock::ManualClock;

    use super::super::super::store_key::StoreKey;
    use super::super::super::token_store::{Comparison, Revision, StoredValue};
    use super::super::boot::Timebase;
    use super::super::{file_names, key_lock};
    use super::{Change, Operations};
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
}
