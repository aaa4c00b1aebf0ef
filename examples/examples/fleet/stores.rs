//! The store of a run, which is gone afterwards.

use std::fs::DirBuilder;
use std::path::PathBuf;

use crate::arguments::Store;
use crate::settings::StoreSettings;

/// A store that nobody else uses, in a directory that nobody else reads.
pub(crate) struct PrivateStore {
    directory: PathBuf,
    settings: StoreSettings,
}

impl PrivateStore {
    pub(crate) fn open(kind: Store) -> Result<Self, String> {
        let directory = std::env::temp_dir().join(format!("line-channel-token-fleet-{:016x}", fastrand::u64(..)));
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        let settings = match kind {
            Store::Redis => StoreSettings::Redis(String::new()),
            Store::File | Store::None => StoreSettings::File(directory.join("tokens")),
        };
        Ok(Self { directory, settings })
    }

    /// What a worker is told of it.
    pub(crate) fn settings(&self) -> StoreSettings {
        self.settings.clone()
    }
}

impl Drop for PrivateStore {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
