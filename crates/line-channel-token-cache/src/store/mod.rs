//! Tokens that processes share and restarts find again.

mod file;
mod memory;
#[cfg(feature = "sealed-store")]
mod sealed;
mod store_error;
mod store_key;
mod token_store;

pub use file::{FileStore, FileStoreBuilder};
pub use memory::MemoryStore;
#[cfg(feature = "sealed-store")]
pub use sealed::{SealedStore, SealingKey};
pub use store_error::{StoreError, StoreErrorKind};
pub use store_key::StoreKey;
pub use token_store::{Comparison, Revision, Snapshot, StoredEntry, StoredValue, TokenStore};

/// What a sealed value begins with. Whoever has no key must tell it from a damaged one, also in a build that cannot open it.
pub(crate) const SEALED_MARK: &[u8] = b"LCTS";
