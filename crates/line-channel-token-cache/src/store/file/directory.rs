//! The directory: ours alone, or refused.

use std::fs::{self, DirBuilder, File, Metadata};
use std::io;
use std::path::Path;

use super::super::store_error::{StoreError, StoreErrorKind};
use super::errors::failed;
use super::path_text::shown;

/// Creates the directory if it is not there, and checks it.
pub(super) fn create(directory: &Path) -> Result<(), StoreError> {
    if exists(directory)? {
        return Ok(());
    }
    let created = missing_ancestors(directory);
    builder().create(directory).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => dangling(directory),
        _ => failed("create the directory", directory, &error),
    })?;
    // What is created must be there after a power failure. If that cannot be had, it is created again.
    for path in created {
        let _ = sync(path.parent().unwrap_or(path));
    }
    if exists(directory)? { Ok(()) } else { Err(dangling(directory)) }
}

/// Checks the directory, or whether it can be created if it is not there. Nothing is changed.
pub(super) fn check(directory: &Path) -> Result<(), StoreError> {
    if exists(directory)? {
        return Ok(());
    }
    let nearest = directory.ancestors().find(|path| fs::symlink_metadata(path).is_ok());
    match nearest {
        Some(nearest) if !nearest.is_dir() => Err(dangling(directory)),
        Some(nearest) => may_write(nearest).map_err(|error| failed("create the directory", directory, &error)),
        None => Ok(()),
    }
}

#[cfg(unix)]
fn may_write(directory: &Path) -> io::Result<()> {
    use rustix::fs::{Access, AtFlags, CWD, accessat};

    // Of the effective user, who will create it.
    Ok(accessat(CWD, directory, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)?)
}

/// Here access is not told by a mode.
#[cfg(not(unix))]
fn may_write(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether it is there; then it is a directory, and nobody else has access to it.
pub(super) fn exists(directory: &Path) -> Result<bool, StoreError> {
    match fs::metadata(directory) {
        Ok(found) if found.is_dir() => check_access(directory, &found).map(|()| true),
        Ok(_) => Err(StoreError::new(
            StoreErrorKind::InvalidSettings,
            format!("{} is a file, and the token store needs a directory: choose another path", shown(directory)),
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("open the directory", directory, &error)),
    }
}

/// Waits until the names in the directory are on disk.
pub(super) fn sync(directory: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(directory)?.sync_all() {
        // There are file systems that sync no directories; they keep names without being told, or not at all.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        result => result,
    }
}

fn missing_ancestors(directory: &Path) -> Vec<&Path> {
    directory.ancestors().take_while(|path| fs::symlink_metadata(path).is_err()).collect()
}

fn builder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn dangling(directory: &Path) -> StoreError {
    StoreError::new(
        StoreErrorKind::InvalidSettings,
        format!(
            "the directory {} cannot be created: it, or a part of its path, is a file or a symbolic link to nothing; remove that, or choose another directory",
            shown(directory)
        ),
    )
}

#[cfg(unix)]
fn check_access(directory: &Path, found: &Metadata) -> Result<(), StoreError> {
    use std::os::unix::fs::MetadataExt;

    use super::errors::refused;
    use super::path_text::quoted;

    let user = rustix::process::geteuid().as_raw();
    let mode = found.mode() & 0o7777;
    if found.uid() != user {
        return Err(refused(format!(
            "the directory {} belongs to user id {}, and this process runs as user id {user}: run it as that user, choose another directory, or `chown -R {user} {}`",
            shown(directory),
            found.uid(),
            quoted(directory)
        )));
    }
    if mode & 0o077 != 0 {
        return Err(refused(format!(
            "other users have access to the directory {} (mode {mode:04o}), and tokens are kept in it: `chmod 700 {}`, or choose a directory of its own",
            shown(directory),
            quoted(directory)
        )));
    }
    if mode & 0o700 != 0o700 {
        return Err(refused(format!(
            "this process may not write in the directory {} (mode {mode:04o}): `chmod 700 {}`, or choose another directory",
            shown(directory),
            quoted(directory)
        )));
    }
    Ok(())
}

/// Here access is not told by a mode: see the documentation of the store.
#[cfg(not(unix))]
fn check_access(_: &Path, _: &Metadata) -> Result<(), StoreError> {
    Ok(())
}
