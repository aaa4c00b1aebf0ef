//! A store in a directory of one machine.

mod anchor;
mod boot;
mod builder;
mod directory;
mod errors;
mod file_format;
mod file_names;
mod file_store;
mod file_system;
mod key_lock;
mod moved_aside;
mod operations;
mod own_file;
mod path_text;
mod state_directory;
#[cfg(test)]
mod time_tests;
mod worker_thread;

pub use self::builder::FileStoreBuilder;
pub use self::file_store::FileStore;
