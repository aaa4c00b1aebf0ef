//! Files that hold a private key: readable by their owner alone from the start, whole or not there, and never in place of another one by
//! mistake.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::failure::{Exit, Failure};
use crate::os_error::describe;
use crate::{output, path_text};

/// What the name of an unfinished file begins and ends with. One is left if the process is killed while it writes, and may be removed.
const UNFINISHED: (&str, &str) = (".line-channel-token-", ".tmp");

/// Writes a file that only its owner can read. Another one is replaced only if `replaces`, and a symbolic link then is replaced itself.
pub(crate) fn write(path: &Path, content: &[u8], replaces: bool) -> Result<(), Failure> {
    check(path, replaces)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file =
        tempfile::Builder::new().prefix(UNFINISHED.0).suffix(UNFINISHED.1).tempfile_in(folder).map_err(|error| {
            let folder = path_text::shown(folder);
            match error.kind() {
                ErrorKind::NotFound => {
                    Failure::usage(format!("there is no such folder: {folder}")).with_hint("make it first")
                }
                ErrorKind::NotADirectory => Failure::usage(format!("this is a file and no folder: {folder}")),
                _ => Failure::new(
                    Exit::Other,
                    "file",
                    format!("no file can be written in the folder {folder}: {}", describe(&error)),
                ),
            }
        })?;
    let failed = |error: &std::io::Error| {
        let name = path_text::shown(path);
        match error.kind() {
            ErrorKind::AlreadyExists => exists(path),
            _ => Failure::new(Exit::Other, "file", format!("{name} cannot be written: {}", describe(error))),
        }
    };
    make_private(&file).map_err(|error| failed(&error))?;
    file.write_all(content).and_then(|()| file.as_file().sync_all()).map_err(|error| failed(&error))?;
    let file = if replaces { file.persist(path) } else { file.persist_noclobber(path) };
    let file = file.map_err(|error| failed(&error.error))?;
    sync_folder(folder);
    if is_open_to_others(&file) {
        output::note(&format!(
            "warning: others can read {}, because its file system keeps no permissions: move it to one that does",
            path_text::shown(path)
        ));
    }
    Ok(())
}

/// Whether a file can be written there at all, for a clear error before any work is done.
pub(crate) fn check(path: &Path, replaces: bool) -> Result<(), Failure> {
    let name = path_text::shown(path);
    if path.to_string_lossy().ends_with(std::path::is_separator) {
        return Err(Failure::usage(format!("{name} is a folder: give the name of a file in it")));
    }
    if is_among_devices(path) {
        return Err(no_file(&name));
    }
    // A device, which a rename would replace: not even if asked to.
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            Err(Failure::usage(format!("{name} is a folder: give the name of a file in it")))
        }
        Ok(found) if !found.is_file() => Err(no_file(&name)),
        // A symbolic link may lead nowhere.
        found if !replaces && (found.is_ok() || fs::symlink_metadata(path).is_ok()) => Err(exists(path)),
        _ => Ok(()),
    }
}

fn no_file(name: &str) -> Failure {
    Failure::usage(format!("{name} is a device or a pipe, and no file"))
        .with_hint("leave the option out, and the key goes to standard output")
}

/// `/dev/stdout` and what is like it: if a shell sent it to a file, it looks like one, and a rename would replace the device for the whole
/// machine.
fn is_among_devices(path: &Path) -> bool {
    let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok());
    folder.is_some_and(|folder| {
        (folder.starts_with("/dev") && !folder.starts_with("/dev/shm")) || folder.starts_with("/proc")
    })
}

fn exists(path: &Path) -> Failure {
    Failure::new(Exit::Usage, "file_exists", format!("{} exists, and was left as it is", path_text::shown(path)))
        .with_hint("give another name, or --force to replace it: a key that is replaced is lost")
}

/// The temporary file has mode 0600 already, but for what the umask took away.
#[cfg(unix)]
fn make_private(file: &NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    match file.as_file().set_permissions(fs::Permissions::from_mode(0o600)) {
        // A file system without permissions.
        Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::Unsupported) => Ok(()),
        outcome => outcome,
    }
}

/// On Windows a file has the permissions of its folder.
#[cfg(not(unix))]
fn make_private(_: &NamedTempFile) -> std::io::Result<()> {
    Ok(())
}

/// Whether the group or others may read a file.
#[cfg(unix)]
pub(crate) fn is_open_to_others(file: &File) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub(crate) fn is_open_to_others(_: &File) -> bool {
    false
}

/// The name of the file is part of its folder. It is there without this too, unless the machine loses power.
#[cfg(unix)]
fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) {}
