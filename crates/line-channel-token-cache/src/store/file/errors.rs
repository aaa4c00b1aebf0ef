//! What went wrong with files, and what to do about it.

use std::io;
use std::path::Path;
use std::time::Duration;

use super::super::store_error::{StoreError, StoreErrorKind};
use super::path_text::{quoted, shown};

/// `action` ("create the directory") failed at this path.
pub(super) fn failed(action: &str, path: &Path, error: &io::Error) -> StoreError {
    let (kind, advice) = match error.kind() {
        io::ErrorKind::PermissionDenied => (
            StoreErrorKind::Denied,
            format!("{} has no permission for it: give it, or choose another directory", this_process()),
        ),
        io::ErrorKind::ReadOnlyFilesystem => (
            StoreErrorKind::Denied,
            "the file system is read-only: mount it writable, or choose another directory".to_owned(),
        ),
        io::ErrorKind::StorageFull => {
            (StoreErrorKind::Full, "the disk is full: free some space, or choose another directory".to_owned())
        }
        io::ErrorKind::QuotaExceeded => {
            (StoreErrorKind::Full, "the disk quota is used up: free some space, or choose another directory".to_owned())
        }
        io::ErrorKind::FileTooLarge => (
            StoreErrorKind::Full,
            "this process may not write a file of some kilobytes: raise its limit (`ulimit -f`)".to_owned(),
        ),
        io::ErrorKind::NotADirectory => (
            StoreErrorKind::InvalidSettings,
            "a part of this path is a file and no directory: choose another directory".to_owned(),
        ),
        io::ErrorKind::InvalidFilename => (
            StoreErrorKind::InvalidSettings,
            "this path is too long, or the file system does not take its characters: choose another directory"
                .to_owned(),
        ),
        io::ErrorKind::Unsupported => (
            StoreErrorKind::InvalidSettings,
            "the file system does not support it: choose a directory on another one".to_owned(),
        ),
        kind => (StoreErrorKind::Unavailable, format!("{kind}{}", number(error))),
    };
    StoreError::new(kind, format!("cannot {action} {}: {advice}", shown(path)))
}

/// The same after a change has taken effect, which others may have seen: whatever the cause is, the error is of the kind that says so.
pub(super) fn failed_when_done(action: &str, path: &Path, error: &io::Error) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, failed(action, path, error).to_string())
}

/// The number alone: a text may be anybody's.
fn number(error: &io::Error) -> String {
    match error.raw_os_error() {
        // The standard library has no kind for these two.
        #[cfg(unix)]
        Some(code) if code == rustix::io::Errno::MFILE.raw_os_error() => {
            format!(" (os error {code}): this process has too many files open: raise its limit (`ulimit -n`)")
        }
        #[cfg(unix)]
        Some(code) if code == rustix::io::Errno::IO.raw_os_error() => {
            format!(" (os error {code}): the disk reports a fault: look at the system's log")
        }
        Some(code) => format!(" (os error {code})"),
        None => String::new(),
    }
}

/// The lock was not released in time.
pub(super) fn lock_timed_out(lock: &Path, timeout: Duration) -> StoreError {
    StoreError::new(
        StoreErrorKind::Unavailable,
        format!(
            "another process has held the lock {} for {timeout:?}: it may be suspended, or its disk slow; `fuser -v {}` names it, and `kill -CONT` lets it go on",
            shown(lock),
            quoted(lock)
        ),
    )
}

/// Something is of another kind than it must be, so that it is refused.
pub(super) fn refused(message: String) -> StoreError {
    StoreError::new(StoreErrorKind::Denied, message)
}

/// Who is refused: permissions are given to a user.
#[cfg(unix)]
pub(super) fn this_process() -> String {
    format!("this process (user id {})", rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
pub(super) fn this_process() -> String {
    "this process".to_owned()
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;

    use super::{failed, failed_when_done};
    use crate::store::StoreErrorKind;

    #[test]
    fn an_error_says_what_to_do() {
        for (cause, kind, advice) in [
            (io::ErrorKind::PermissionDenied, StoreErrorKind::Denied, "give it"),
            (io::ErrorKind::ReadOnlyFilesystem, StoreErrorKind::Denied, "mount it writable"),
            (io::ErrorKind::StorageFull, StoreErrorKind::Full, "free some space"),
            (io::ErrorKind::QuotaExceeded, StoreErrorKind::Full, "free some space"),
            (io::ErrorKind::FileTooLarge, StoreErrorKind::Full, "raise its limit"),
            (io::ErrorKind::NotADirectory, StoreErrorKind::InvalidSettings, "choose another directory"),
            (io::ErrorKind::InvalidFilename, StoreErrorKind::InvalidSettings, "choose another directory"),
            (io::ErrorKind::Unsupported, StoreErrorKind::InvalidSettings, "on another one"),
            (io::ErrorKind::TimedOut, StoreErrorKind::Unavailable, "timed out"),
        ] {
            let error = failed("write", Path::new("/x"), &io::Error::new(cause, "s3cret"));
            let text = error.to_string();
            assert_eq!(error.kind(), kind, "{text}");
            assert!(text.starts_with("cannot write /x: ") && text.contains(advice), "{text}");
            assert!(!text.contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn what_took_effect_is_never_denied() {
        for cause in [io::ErrorKind::StorageFull, io::ErrorKind::PermissionDenied, io::ErrorKind::Unsupported] {
            let error = failed_when_done("flush the directory", Path::new("/x"), &io::Error::from(cause));
            assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn errors_without_a_kind_have_a_number() {
        for (code, words) in [(24, "too many files"), (5, "the system's log"), (71, "os error 71")] {
            let error = failed("open", Path::new("/x"), &io::Error::from_raw_os_error(code));
            assert_eq!(error.kind(), StoreErrorKind::Unavailable);
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
