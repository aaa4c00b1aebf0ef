//! The lock of a key.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::super::store_error::{StoreError, StoreErrorKind};
use super::errors::{failed, refused};
use super::own_file;
use super::path_text::{quoted, shown};

/// The lock of a key, until it is dropped. It is one of the operating system on a file that was opened for it, so it binds threads and processes
/// alike, and ends with the process.
#[derive(Debug)]
pub(super) struct KeyLock {
    file: File,
    path: PathBuf,
}

/// What an attempt to get a lock came to.
#[derive(Debug)]
pub(super) enum Attempt {
    Locked(KeyLock),
    HeldByAnother,
    /// There is no directory for it.
    NoDirectory,
}

impl KeyLock {
    pub(super) fn attempt(path: &Path) -> Result<Attempt, StoreError> {
        let file = own_file::open_or_create(path).map_err(|error| match error.kind() {
            // Only what is in place of the value can be set aside.
            StoreErrorKind::Unreadable => {
                refused(format!("{} is no regular file: `rm -r {}`", shown(path), quoted(path)))
            }
            _ => error,
        })?;
        let Some(file) = file else { return Ok(Attempt::NoDirectory) };
        Self::attempt_on(file, path)
    }

    fn attempt_on(file: File, path: &Path) -> Result<Attempt, StoreError> {
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Attempt::HeldByAnother),
            Err(TryLockError::Error(error)) => return Err(failed("lock", path, &error)),
        }
        let lock = Self { file, path: path.to_owned() };
        // Somebody may have removed the file just before it was locked, so that another process locks the next one.
        Ok(if lock.is_still_there() { Attempt::Locked(lock) } else { Attempt::HeldByAnother })
    }

    /// Fails if the file was removed or replaced, because then it keeps nobody out.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.is_still_there() {
            return Ok(());
        }
        Err(StoreError::new(
            StoreErrorKind::Unavailable,
            format!("somebody has removed the lock {} while it was held: leave it where it is", shown(&self.path)),
        ))
    }

    #[cfg(unix)]
    fn is_still_there(&self) -> bool {
        use std::os::unix::fs::MetadataExt;

        match (self.file.metadata(), std::fs::symlink_metadata(&self.path)) {
            (Ok(held), Ok(there)) => (held.dev(), held.ino()) == (there.dev(), there.ino()),
            _ => false,
        }
    }

    /// Here a file that is open cannot be replaced.
    #[cfg(not(unix))]
    fn is_still_there(&self) -> bool {
        self.path.exists()
    }
}

impl Drop for KeyLock {
    fn drop(&mut self) {
        // Closing the file would not release it if the process has forked meanwhile: the child has it open too.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::{Attempt, KeyLock};

    #[test]
    fn a_lock_ends_though_a_forked_child_has_the_file_open() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.lock");
        let Attempt::Locked(lock) = KeyLock::attempt(&path).unwrap() else { panic!("nobody else has it") };
        assert!(matches!(KeyLock::attempt(&path).unwrap(), Attempt::HeldByAnother), "this process is one of them");
        // What a child inherits: another descriptor of the same open file.
        let _inherited = lock.file.try_clone().unwrap();
        drop(lock);
        assert!(matches!(KeyLock::attempt(&path).unwrap(), Attempt::Locked(_)));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_replaced_keeps_nobody_out() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.lock");
        let Attempt::Locked(lock) = KeyLock::attempt(&path).unwrap() else { panic!("nobody else has it") };
        lock.check().unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(lock.check().unwrap_err().to_string().contains("somebody has removed the lock"));
        assert!(matches!(KeyLock::attempt(&path).unwrap(), Attempt::Locked(_)));
        assert!(lock.check().is_err(), "there is another file now");

        // Removed between opening and locking.
        let opened = std::fs::File::open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(KeyLock::attempt_on(opened, &path).unwrap(), Attempt::HeldByAnother));
    }

    #[test]
    fn without_a_directory_there_is_no_lock() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("none/a.lock");
        assert!(matches!(KeyLock::attempt(&path).unwrap(), Attempt::NoDirectory));
    }
}
