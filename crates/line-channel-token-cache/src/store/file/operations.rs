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
