//! The store, as its users see it: each operation on a thread for it, and again while another process has the lock.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_core::{Clock, SystemClock};

use super::super::store_error::StoreError;
use super::super::store_key::StoreKey;
use super::super::token_store::{Comparison, Revision, Snapshot, StoredValue, TokenStore};
use super::builder::FileStoreBuilder;
use super::errors::lock_timed_out;
use super::operations::{Change, Operations};
use super::state_directory;
use super::worker_thread::on_worker_thread;

/// The first delay between two attempts to get a lock is this long at most, and each further one twice as long.
const FIRST_DELAY: Duration = Duration::from_millis(2);

/// The longest delay between two attempts to get a lock.
const LONGEST_DELAY: Duration = Duration::from_millis(32);

/// Keeps values in files of one directory: for the processes of one machine that run as the same user, and for what they find again after a restart.
///
/// - **Files.** A key has a file `KEY.token`, and a file `KEY.lock` that is never removed. The directory has mode 0700 and files have 0600. If anybody else
///   can read or write one of them, or owns it, it is refused with the command that mends it; so is a symbolic link in place of a file.
/// - **Crashes.** A value is replaced by renaming a complete file, so that whoever reads sees the former value or the next one, also after `kill -9`. It is
///   on disk (`fsync`) before a change is reported as done, so it outlives a power failure.
/// - **Locks** are those of the operating system (`flock`), so they end with their process. Only changes take one. If its holder is suspended, changes by others fail
///   after [`lock_timeout`](FileStoreBuilder::lock_timeout) with kind [`Unavailable`](crate::store::StoreErrorKind::Unavailable), and values can still be loaded.
/// - **Time** is the machine's wall clock, but does not go back with it: on Linux it goes on by the monotonic clock, for all processes alike and after a restart
///   of the machine too. On other platforms it goes on from the last change of the value.
/// - **Network file systems** are refused: their locks may bind the processes of one machine alone, or nobody. For several machines there is `RedisStore`.
/// - **systemd and containers**: `StateDirectory=bot` with `StateDirectoryMode=0700` makes a directory that is accepted. A volume that belongs to somebody else, or that a
///   group can write to, is not; a directory inside it, which the store creates, is.
/// - **Where there is no Unix**, owners and modes are not checked: the directory must be one that others cannot open, as those below the user's profile are.
///
/// In a Tokio runtime files are read and written on its blocking threads; elsewhere by the caller's own.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_cache::TokenFamily;
/// use line_channel_token_cache::store::{FileStore, StoreKey, StoredValue, TokenStore};
/// use line_channel_token_core::{BaseUrl, ChannelId};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temporary = tempfile::tempdir()?;
/// # let directory = temporary.path().join("tokens");
/// let store = FileStore::new(&directory)?;
/// let key = StoreKey::new(ChannelId::new("1234567890")?, TokenFamily::Jwt, &BaseUrl::line());
/// let value = StoredValue::new(b"a value".to_vec());
/// store.compare_and_set(&key, None, &value, Duration::from_secs(3600)).await?;
///
/// // Another process, or this one after a restart:
/// let found = FileStore::new(&directory)?.load(&key).await?;
/// assert_eq!(found.entry.unwrap().value.expose_bytes(), b"a value");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FileStore {
    operations: Arc<Operations>,
    lock_timeout: Duration,
}

impl FileStore {
    /// A store in this directory, which is created if it is not there. A relative path is that of the present working directory.
    ///
    /// ```
    /// use line_channel_token_cache::store::{FileStore, StoreErrorKind};
    ///
    /// # let temporary = tempfile::tempdir()?;
    /// # let directory = temporary.path().join("tokens");
    /// let store = FileStore::new(&directory)?;
    /// assert_eq!(store.directory(), directory);
    ///
    /// let error = FileStore::new("redis://cache.example:6379").unwrap_err();
    /// assert_eq!(error.kind(), StoreErrorKind::InvalidSettings);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidSettings`](crate::store::StoreErrorKind::InvalidSettings) if the path is none for a directory, or leads to a network file system;
    /// [`Denied`](crate::store::StoreErrorKind::Denied) if others have access to the directory or this process has none;
    /// [`Full`](crate::store::StoreErrorKind::Full) and [`Unavailable`](crate::store::StoreErrorKind::Unavailable) if it cannot be created just now.
    pub fn new(directory: impl Into<PathBuf>) -> Result<Self, StoreError> {
        Self::builder(directory).build()
    }

    /// A store in the directory for the state of this user's programs: `$XDG_STATE_HOME/line-channel-token`, or `~/.local/state/line-channel-token` if that
    /// variable is not set; `%LOCALAPPDATA%\line-channel-token` on Windows.
    ///
    /// ```no_run
    /// use line_channel_token_cache::store::FileStore;
    ///
    /// let store = FileStore::in_state_directory()?;
    /// # Ok::<(), line_channel_token_cache::store::StoreError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); and kind [`InvalidSettings`](crate::store::StoreErrorKind::InvalidSettings) if no variable says where the user's files are.
    pub fn in_state_directory() -> Result<Self, StoreError> {
        Self::new(Self::state_directory()?)
    }

    /// The directory of [`in_state_directory`](Self::in_state_directory), which may not be there. Nothing is created.
    ///
    /// ```
    /// use line_channel_token_cache::store::FileStore;
    ///
    /// if let Ok(directory) = FileStore::state_directory() {
    ///     assert!(directory.ends_with("line-channel-token"));
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidSettings`](crate::store::StoreErrorKind::InvalidSettings) if no variable says where the user's files are.
    pub fn state_directory() -> Result<PathBuf, StoreError> {
        state_directory::from_environment(&|name| std::env::var_os(name))
    }

    /// For other settings than the defaults.
    ///
    /// ```
    /// use std::time::Duration;
    /// use line_channel_token_cache::store::FileStore;
    ///
    /// # let temporary = tempfile::tempdir()?;
    /// # let directory = temporary.path().join("tokens");
    /// let store = FileStore::builder(&directory).lock_timeout(Duration::from_millis(500)).build()?;
    /// assert_eq!(store.directory(), directory);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder(directory: impl Into<PathBuf>) -> FileStoreBuilder {
        FileStoreBuilder::new(directory.into())
    }

    /// The directory that the files are in, as an absolute path.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.operations.directory()
    }

    /// Repeats `change` until it gets the lock of the key. The delays are asynchronous, so that no thread is held while another process is at it.
    async fn locked<T: Send + 'static>(
        &self,
        key: &StoreKey,
        change: impl Fn(&Operations) -> Result<Change<T>, StoreError> + Clone + Send + 'static,
    ) -> Result<T, StoreError> {
        // By the machine's clock, whatever the store's is: another process is waited for, and not for another time.
        let clock = SystemClock;
        let end = clock.now().monotonic.saturating_add(self.lock_timeout);
        let mut longest = FIRST_DELAY;
        loop {
            let operations = Arc::clone(&self.operations);
            let attempt = change.clone();
            match on_worker_thread(move || attempt(&operations)).await? {
                Change::Done(value) => return Ok(value),
                Change::Locked => {}
            }
            let left = end.saturating_sub(clock.now().monotonic);
            if left.is_zero() {
                return Err(lock_timed_out(&self.operations.lock_path(key), self.lock_timeout));
            }
            // Random, so that those who wait do not come all at once.
            clock.sleep(longest.mul_f64(0.5 + fastrand::f64() / 2.0).min(left)).await;
            longest = longest.saturating_mul(2).min(LONGEST_DELAY);
        }
    }
}

impl FileStoreBuilder {
    /// The store; the directory is created if it is not there.
    ///
    /// # Errors
    ///
    /// As [`FileStore::new`].
    pub fn build(self) -> Result<FileStore, StoreError> {
        let lock_timeout = self.lock_timeout;
        Ok(FileStore { operations: Arc::new(self.into_operations()?), lock_timeout })
    }
}

#[async_trait]
impl TokenStore for FileStore {
    async fn load(&self, key: &StoreKey) -> Result<Snapshot, StoreError> {
        let operations = Arc::clone(&self.operations);
        let key = key.clone();
        on_worker_thread(move || operations.load(&key)).await
    }

    async fn compare_and_set(
        &self,
        key: &StoreKey,
        expected: Option<&Revision>,
        value: &StoredValue,
        keep_for: Duration,
    ) -> Result<Comparison, StoreError> {
        let arguments = Arc::new((key.clone(), expected.cloned(), value.clone()));
        self.locked(key, move |operations| {
            let (key, expected, value) = &*arguments;
            operations.compare_and_set(key, expected.as_ref(), value, keep_for)
        })
        .await
    }

    async fn set_aside(&self, key: &StoreKey, revision: Option<&Revision>) -> Result<Option<String>, StoreError> {
        let arguments = Arc::new((key.clone(), revision.cloned()));
        self.locked(key, move |operations| operations.set_aside(&arguments.0, arguments.1.as_ref())).await
    }
}
