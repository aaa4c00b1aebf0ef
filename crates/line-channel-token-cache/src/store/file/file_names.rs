//! The names of a key's files.

use std::path::{Path, PathBuf};

use super::super::store_key::StoreKey;

/// How many files that were set aside are kept for a key.
pub(super) const MAX_DAMAGED: u8 = 8;

/// Holds the value.
pub(super) fn value(directory: &Path, key: &StoreKey) -> PathBuf {
    directory.join(format!("{key}.token"))
}

/// The next value, until it takes the place of the other. One name is enough, because whoever writes has the lock; so a process that
/// was killed leaves one file at most.
pub(super) fn next_value(directory: &Path, key: &StoreKey) -> PathBuf {
    directory.join(format!("{key}.new"))
}

/// What processes lock. It is another file than that of the value, because that is replaced.
pub(super) fn lock(directory: &Path, key: &StoreKey) -> PathBuf {
    directory.join(format!("{key}.lock"))
}

/// Where a file can be that was set aside.
pub(super) fn damaged(directory: &Path, key: &StoreKey) -> impl Iterator<Item = PathBuf> {
    (1..=MAX_DAMAGED).map(move |number| directory.join(format!("{key}.token.damaged-{number}")))
}

/// The path with this text at its end.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut text = path.as_os_str().to_owned();
    text.push(ending);
    text.into()
}
