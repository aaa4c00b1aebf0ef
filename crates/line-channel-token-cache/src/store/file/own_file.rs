//! Files of ours: what is not a file, or open to others, is never read or written.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use zeroize::Zeroizing;

use super::super::store_error::{StoreError, StoreErrorKind};
use super::errors::{failed, failed_when_done, refused};
use super::path_text::{quoted, shown};
use super::{directory, file_names};

/// What is larger was not written by us.
pub(super) const MAX_BYTES: u64 = 4 << 20;

/// What is in the file, or `None` if it is not there.
pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let file = match options().read(true).open(path) {
        Ok(file) => file,
        Err(error) => return not_opened(path, &error).map(|()| None),
    };
    let found = checked(&file, path)?;
    if found.len() > MAX_BYTES {
        return Err(unreadable(path, "is too large to be a file of the token store"));
    }
    // Of this size from the start, because a vector that grows leaves copies of a token behind.
    let mut bytes = Zeroizing::new(vec![0; usize::try_from(found.len()).unwrap_or_default()]);
    let result = (&file).read_exact(&mut bytes);
    match result {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(unreadable(path, "changes while it is read")),
        Err(error) => Err(failed("read", path, &error)),
    }
}

/// Puts these bytes in the place of the file, if there is one, in one step. They are on disk when it returns. The file `next` is what they are written to,
/// and `last_check` is the last thing that happens before they take effect.
pub(super) fn replace(
    path: &Path,
    next: &Path,
    bytes: &[u8],
    last_check: impl FnOnce() -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    remove_left_over(next)?;
    let written = write_new(next, bytes).and_then(|()| last_check()).and_then(|()| {
        // It would be renamed over a link as well; but whoever made that did not want it to be lost.
        refuse_link(path)?;
        fs::rename(next, path).map_err(|error| failed("replace", path, &error))
    });
    if written.is_err() {
        let _ = fs::remove_file(next);
        return written;
    }
    let directory = path.parent().unwrap_or(path);
    directory::sync(directory).map_err(|error| failed_when_done("flush the directory", directory, &error))
}

/// The file, which is created if it is not there; `None` if its directory is not there.
pub(super) fn open_or_create(path: &Path) -> Result<Option<File>, StoreError> {
    match options().read(true).write(true).create(true).truncate(false).open(path) {
        Ok(file) => checked(&file, path).map(|_| Some(file)),
        Err(error) => not_opened(path, &error).map(|()| None),
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut file =
        options().write(true).create_new(true).open(path).map_err(|error| failed("create the file", path, &error))?;
    file.write_all(bytes).map_err(|error| failed("write", path, &error))?;
    file.sync_all().map_err(|error| failed("flush", path, &error))
}

/// A process that was killed may have left it.
fn remove_left_over(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path, &error)),
        _ => Ok(()),
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        use rustix::fs::OFlags;

        // A named pipe in place of a file must not hold us up.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        options.mode(0o600).custom_flags(flags.cast_signed());
    }
    options
}

/// Why a file was not opened; `Ok` if it is not there.
fn not_opened(path: &Path, error: &io::Error) -> Result<(), StoreError> {
    refuse_link(path)?;
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => Err(no_file(path)),
        _ if error.kind() == io::ErrorKind::NotFound => Ok(()),
        _ => Err(failed("open", path, error)),
    }
}

fn refuse_link(path: &Path) -> Result<(), StoreError> {
    if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) {
        return Err(refused(format!(
            "{} is a symbolic link, and the token store follows none: `rm {}`",
            shown(path),
            quoted(path)
        )));
    }
    Ok(())
}

fn checked(file: &File, path: &Path) -> Result<Metadata, StoreError> {
    let found = file.metadata().map_err(|error| failed("open", path, &error))?;
    if !found.is_file() {
        return Err(no_file(path));
    }
    #[cfg(not(unix))]
    refuse_link(path)?;
    check_access(path, &found)?;
    Ok(found)
}

fn no_file(path: &Path) -> StoreError {
    unreadable(path, "is no regular file")
}

/// What is at this path is none of ours, or damaged.
pub(super) fn unreadable(path: &Path, what: &str) -> StoreError {
    StoreError::new(
        StoreErrorKind::Unreadable,
        format!(
            "{} {what}: it is of no use to the token store, so set it aside (`mv {} {}`)",
            shown(path),
            quoted(path),
            quoted(&file_names::with_ending(path, ".damaged"))
        ),
    )
}

#[cfg(unix)]
fn check_access(path: &Path, found: &Metadata) -> Result<(), StoreError> {
    use std::os::unix::fs::MetadataExt;

    let user = rustix::process::geteuid().as_raw();
    let mode = found.mode() & 0o7777;
    if found.uid() != user {
        return Err(refused(format!(
            "the file {} belongs to user id {}, and this process runs as user id {user}: run it as that user, or `chown {user} {}`",
            shown(path),
            found.uid(),
            quoted(path)
        )));
    }
    if mode & 0o077 != 0 {
        return Err(refused(format!(
            "other users have access to the file {} (mode {mode:04o}), which holds a token: `chmod 600 {}`, and revoke the token if somebody may have read it",
            shown(path),
            quoted(path)
        )));
    }
    Ok(())
}

/// Here access is not told by a mode: see the documentation of the store.
#[cfg(not(unix))]
fn check_access(_: &Path, _: &Metadata) -> Result<(), StoreError> {
    Ok(())
}
