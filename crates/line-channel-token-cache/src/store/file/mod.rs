//! A store in a directory of one machine.

use std::path::PathBuf;

/// Values in files of one directory.
#[derive(Clone, Debug)]
pub struct FileStore {
    directory: PathBuf,
}

/// Settings of a [`FileStore`].
#[derive(Clone, Debug)]
pub struct FileStoreBuilder {
    directory: PathBuf,
}
