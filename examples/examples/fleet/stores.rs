//! The store of a run, which is gone afterwards.

use std::fs::DirBuilder;
use std::path::PathBuf;

use crate::arguments::Store;
#[cfg(unix)]
use crate::redis_server::RedisServer;
use crate::settings::StoreSettings;

/// A store that nobody else uses, in a directory that nobody else reads.
pub(crate) struct PrivateStore {
    #[cfg(unix)]
    redis: Option<RedisServer>,
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
        let settings = StoreSettings::File(directory.join("tokens"));
        #[cfg(unix)]
        let store = {
            let mut store = Self { redis: None, directory, settings };
            if kind == Store::Redis {
                let server = RedisServer::start(&store.directory)?;
                store.settings = StoreSettings::Redis(server.url());
                store.redis = Some(server);
            }
            store
        };
        #[cfg(not(unix))]
        let store = match kind {
            Store::Redis => return Err("Redis does not run on this system: take --store file".to_owned()),
            Store::File | Store::None => Self { directory, settings },
        };
        Ok(store)
    }

    /// How often the workers called the store so far, if it counts.
    pub(crate) fn round_trips(&self) -> Option<u64> {
        #[cfg(unix)]
        return self.redis.as_ref()?.round_trips();
        #[cfg(not(unix))]
        None
    }

    /// What a worker is told of it.
    pub(crate) fn settings(&self) -> StoreSettings {
        self.settings.clone()
    }
}

impl Drop for PrivateStore {
    fn drop(&mut self) {
        #[cfg(unix)]
        drop(self.redis.take());
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
