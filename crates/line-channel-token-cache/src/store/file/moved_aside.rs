//! Files that are moved out of the way, to where a person can look at them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::super::store_error::StoreError;
use super::super::store_key::StoreKey;
use super::directory;
use super::errors::failed;
use super::file_names;

/// Moves the key's file to the first free name for damaged ones; if none is free, in the place of the oldest of those. It says where to.
pub(super) fn move_aside(directory: &Path, key: &StoreKey) -> Result<PathBuf, StoreError> {
    let value = file_names::value(directory, key);
    let place = file_names::damaged(directory, key).min_by_key(|path| age_rank(path));
    let place = place.unwrap_or_else(|| file_names::with_ending(&value, ".damaged"));
    // A directory gives way to nothing that is renamed, and a file to no directory.
    if fs::symlink_metadata(&place).is_ok_and(|found| found.is_dir()) {
        fs::remove_dir_all(&place).map_err(|error| failed("remove", &place, &error))?;
    } else if fs::symlink_metadata(&value).is_ok_and(|found| found.is_dir()) && place.exists() {
        fs::remove_file(&place).map_err(|error| failed("remove", &place, &error))?;
    }
    fs::rename(&value, &place).map_err(|error| failed("set aside", &value, &error))?;
    directory::sync(directory).map_err(|error| failed("flush the directory", directory, &error))?;
    Ok(place)
}

/// Nothing is older than any file. The time in which it was damaged is not known, only when it was written.
fn age_rank(path: &Path) -> Option<Duration> {
    let written = fs::symlink_metadata(path).and_then(|found| found.modified()).ok()?;
    Some(written.duration_since(UNIX_EPOCH).unwrap_or_default())
}
