//! A socket in the file system: for this user alone, never in the place of a live one, and gone at the end.

use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::failure::{Exit, Failure};
use crate::os_error::describe;
use crate::path_text;

/// Longer than another process needs that starts at the same path.
const ATTEMPTS: u32 = 100;
/// What every Unix takes, in bytes.
const LONGEST: usize = 103;
const PAUSE: Duration = Duration::from_millis(50);

/// A socket that listens, whose file is removed with it.
#[derive(Debug)]
pub(super) struct UnixSocket {
    path: PathBuf,
    /// Which file it is.
    identity: (u64, u64),
}

impl UnixSocket {
    /// Binds the path. What a server left there that was killed is replaced; anything else is left alone, and is an error.
    pub(super) fn bind(path: &Path) -> Result<(UnixListener, Self), Failure> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Of two that start at once, the second must find the first, and not what both have found before.
        let lock = lock(folder)?;
        check_room(path)?;
        let bound = bind_private(path, folder).map_err(|error| cannot_bind(path, &error));
        drop(lock);
        bound
    }
}

/// Binds a socket in a folder that nobody else may enter, and moves it to its path once it is private: nobody can connect in between.
fn bind_private(path: &Path, folder: &Path) -> io::Result<(UnixListener, UnixSocket)> {
    // It could be moved there, and nobody could connect.
    if path.as_os_str().len() > LONGEST {
        return Err(ErrorKind::InvalidInput.into());
    }
    let private = tempfile::Builder::new().prefix(".").rand_bytes(4).tempdir_in(folder)?;
    let inside = private.path().join("s");
    let listener = UnixListener::bind(&inside)?;
    fs::set_permissions(&inside, Permissions::from_mode(0o600))?;
    let identity = identity(&inside)?;
    fs::rename(&inside, path)?;
    Ok((listener, UnixSocket { path: path.to_owned(), identity }))
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        // Somebody else may have put another one there since.
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|found| (found.dev(), found.ino()))
}

#[expect(clippy::disallowed_methods, reason = "nothing else runs before the server listens")]
fn lock(folder: &Path) -> Result<File, Failure> {
    let name = path_text::shown(folder);
    let file = File::open(folder).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::usage(format!("there is no such folder: {name}")).with_hint("make it first"),
        _ => Failure::usage(format!("the folder {name} cannot be opened: {}", describe(&error))),
    })?;
    for _ in 0..ATTEMPTS {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            // A file system without locks: what is left is a moment in which two could start.
            Err(TryLockError::Error(_)) => return Ok(file),
        }
    }
    Err(Failure::new(Exit::TryLater, "socket_in_use", format!("the folder {name} is locked by another program"))
        .with_hint("give a folder of this user's own"))
}

/// Whether there is nothing, or the socket of a server that is gone.
fn check_room(path: &Path) -> Result<(), Failure> {
    let name = path_text::shown(path);
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(cannot_bind(path, &error)),
    };
    if !found.file_type().is_socket() {
        return Err(Failure::usage(format!("--listen: {name} is there, and is no socket"))
            .with_hint("give the path of a new socket"));
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(Failure::new(Exit::Usage, "socket_in_use", format!("another program listens on {name}"))
            .with_hint("end that program, or give another path")),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
        // Its queue is full, say: it is alive.
        Err(error) => Err(Failure::new(
            Exit::Usage,
            "socket_in_use",
            format!("{name} is there, and it is not certain that nobody listens on it: {}", describe(&error)),
        )
        .with_hint("give another path")),
    }
}

fn cannot_bind(path: &Path, error: &io::Error) -> Failure {
    let name = path_text::shown(path);
    match error.kind() {
        ErrorKind::InvalidInput => {
            Failure::usage(format!("--listen: the path {name} is too long for a socket: give one of 90 bytes or less"))
        }
        ErrorKind::PermissionDenied => Failure::usage(format!("--listen: {name} cannot be made by this user"))
            .with_hint("give a path in a folder of this user, such as $XDG_RUNTIME_DIR"),
        _ => Failure::usage(format!("--listen: {name} cannot be listened on: {}", describe(error))),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::net::UnixListener;

    use super::UnixSocket;

    #[test]
    fn a_dead_socket_is_replaced_and_a_live_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "left as by a server that was killed");
        let (listener, socket) = UnixSocket::bind(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        let refused = UnixSocket::bind(&path).unwrap_err();
        assert!(refused.message().contains("another program listens on"), "{refused:?}");
        drop(listener);
        drop(socket);
        assert!(!path.exists());
    }

    #[test]
    fn what_is_no_socket_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "kept").unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        for path in [file.clone(), link, folder.path().to_owned()] {
            let refused = UnixSocket::bind(&path).unwrap_err();
            assert!(refused.message().contains("is no socket"), "{refused:?}");
        }
        assert_eq!(std::fs::read_to_string(file).unwrap(), "kept");
        let long = folder.path().join("s".repeat(120));
        assert!(UnixSocket::bind(&long).unwrap_err().message().contains("too long"));
        assert!(UnixSocket::bind(&folder.path().join("no/s")).unwrap_err().message().contains("no such folder"));
    }

    #[test]
    fn the_socket_of_a_successor_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let (listener, socket) = UnixSocket::bind(&path).unwrap();
        drop(listener);
        let (_listener, _socket) = UnixSocket::bind(&path).unwrap();
        drop(socket);
        assert!(path.exists());
    }
}
