//! From what was chosen to a store.

use std::sync::Arc;

use line_channel_token::store::{FileStore, FileStoreBuilder, RedisStore, SealedStore, TokenStore};
use zeroize::Zeroizing;

use super::choice::{StoreChoice, StoreKind};
use super::failure::failure;
use super::key_file;
use crate::failure::Failure;
use crate::small_file;

/// The variable with the password of Redis itself.
const PASSWORD: &str = "LINE_TOKEN_STORE_PASSWORD";

impl StoreChoice {
    /// Opens the store, if there is to be one. Redis is not connected to yet.
    pub(crate) fn open(&self) -> Result<Option<Arc<dyn TokenStore>>, Failure> {
        self.open_with(|builder| builder)
    }

    /// Opens it for a command that changes nothing: no directory is created.
    pub(crate) fn open_to_read(&self) -> Result<Option<Arc<dyn TokenStore>>, Failure> {
        self.open_with(FileStoreBuilder::create_on_first_write)
    }

    fn open_with(
        &self,
        set: impl FnOnce(FileStoreBuilder) -> FileStoreBuilder,
    ) -> Result<Option<Arc<dyn TokenStore>>, Failure> {
        let settings = &self.args.settings;
        let store: Arc<dyn TokenStore> = match self.kind {
            StoreKind::None => return Ok(None),
            StoreKind::File => Arc::new(self.file_store(set)?),
            StoreKind::Redis => self.redis_store()?,
        };
        let Some(key) = &settings.store_key_file else { return Ok(Some(store)) };
        let mut sealed = SealedStore::new(store, key_file::read(key, "--store-key-file")?);
        if let Some(previous) = &settings.store_previous_key_file {
            sealed = sealed.with_previous_key(key_file::read(previous, "--store-previous-key-file")?);
        }
        Ok(Some(Arc::new(sealed.with_unsealed_values(settings.store_accept_unsealed))))
    }

    fn redis_store(&self) -> Result<Arc<dyn TokenStore>, Failure> {
        let settings = &self.args.settings;
        let mut builder = RedisStore::builder(settings.store_url.as_deref().unwrap_or_default());
        if let Some(prefix) = &settings.store_prefix {
            builder = builder.key_prefix(prefix);
        }
        if let Some(path) = &settings.store_password_file {
            builder = builder.password_file(path);
        } else if let Some(password) = std::env::var_os(PASSWORD) {
            let password = password.into_string().map(Zeroizing::new);
            let password = password.map_err(|_| Failure::usage(format!("{PASSWORD} is no text")))?;
            builder = builder.password(password.as_str());
        }
        if let Some(path) = &settings.store_ca_file {
            let pem = small_file::read(path).map_err(|what| Failure::usage(format!("--store-ca-file: {what}")))?;
            builder = builder.root_certificates_pem(pem);
        }
        let store = builder.build().map_err(|error| {
            failure(&error).with_hint("--store-url (or LINE_TOKEN_STORE_URL) is such as redis://127.0.0.1:6379, or rediss://bot@redis.example:6379 over TLS")
        })?;
        Ok(Arc::new(store))
    }

    fn file_store(&self, set: impl FnOnce(FileStoreBuilder) -> FileStoreBuilder) -> Result<FileStore, Failure> {
        let directory = match &self.args.settings.store_dir {
            Some(directory) => Ok(directory.clone()),
            None => FileStore::state_directory(),
        };
        directory.and_then(|directory| set(FileStore::builder(directory)).build()).map_err(|error| {
            failure(&error).with_hint(
                "--store-dir (or LINE_TOKEN_STORE_DIR) names a directory of this user alone; --store none keeps no token at all",
            )
        })
    }
}
