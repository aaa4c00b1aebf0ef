//! The settings of a file store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::{Clock, SystemClock};

use super::super::store_error::{StoreError, StoreErrorKind};
use super::boot::Timebase;
use super::operations::Operations;
use super::path_text::shown;
use super::{directory, file_system};

/// For how long a change may wait for a lock; less than the three seconds that a shared source gives a call.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// Settings of a [`FileStore`](crate::store::FileStore), from [`FileStore::builder`](crate::store::FileStore::builder).
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use line_channel_token_cache::store::FileStore;
/// use line_channel_token_core::SystemClock;
///
/// # let temporary = tempfile::tempdir()?;
/// # let directory = temporary.path().join("tokens");
/// let store = FileStore::builder(&directory)
///     .lock_timeout(Duration::from_secs(1))
///     .clock(Arc::new(SystemClock))
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct FileStoreBuilder {
    directory: PathBuf,
    clock: Option<Arc<dyn Clock>>,
    pub(super) lock_timeout: Duration,
    allow_network_file_systems: bool,
    create_on_first_write: bool,
}

impl FileStoreBuilder {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            clock: None,
            lock_timeout: LOCK_TIMEOUT,
            allow_network_file_systems: false,
            create_on_first_write: false,
        }
    }

    /// Another clock than the machine's for the store's time, such as one of a test. Processes agree on the store's time if their clocks agree on
    /// [`Moment::unix`](line_channel_token_core::Moment::unix); a clock of your own may have a monotonic time of its own in each process, so that is compared within
    /// one store and its clones alone.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// How long a change waits for another process that is changing the same value, by the machine's clock; 2 s unless it is set. Zero makes one attempt. Keep it below the
    /// timeout of whoever calls, which is 3 s in a [`SharedSource`](crate::SharedSource).
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// Accepts a directory on NFS, SMB, 9P, sshfs and the like. Do so if it is used by one machine alone, or if you know that locks (`flock`) bind all machines that
    /// mount it, and that their clocks agree. Otherwise two processes may each issue a token at the same time.
    pub fn allow_network_file_systems(mut self) -> Self {
        self.allow_network_file_systems = true;
        self
    }

    /// Leaves the disk as it is until a value is stored: a directory that is not there is only checked for whether it can be created. For programs that
    /// look at a store and change nothing.
    pub fn create_on_first_write(mut self) -> Self {
        self.create_on_first_write = true;
        self
    }

    /// The directory, created and checked, and what works in it.
    pub(super) fn into_operations(self) -> Result<Operations, StoreError> {
        let directory = absolute(&self.directory)?;
        if self.create_on_first_write {
            directory::check(&directory)?;
        } else {
            directory::create(&directory)?;
        }
        if !self.allow_network_file_systems
            && let Some(name) = file_system::network_file_system(&directory)
        {
            return Err(StoreError::new(
                StoreErrorKind::InvalidSettings,
                format!(
                    "the directory {} is on a network file system ({name}), whose locks may not bind other machines: choose a directory on a local disk, share \
                     tokens between machines by Redis, or call `allow_network_file_systems` if this machine alone uses it",
                    shown(&directory)
                ),
            ));
        }
        let timebase = if self.clock.is_some() { Timebase::of_this_store() } else { Timebase::of_this_machine() };
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock));
        Ok(Operations::new(directory, clock, timebase))
    }
}

/// The path of a directory, so that a later change of the working directory does not matter.
fn absolute(path: &Path) -> Result<PathBuf, StoreError> {
    if let Some(mistake) = mistake(path) {
        return Err(StoreError::new(StoreErrorKind::InvalidSettings, mistake));
    }
    std::path::absolute(path).map_err(|_| {
        StoreError::new(
            StoreErrorKind::InvalidSettings,
            "the path of the store's directory is relative, and this process has no working directory: give an absolute path",
        )
    })
}

/// What is wrong with a path that can be none of a directory that anybody wants. The text shows none of it: a URL may hold a password.
fn mistake(path: &Path) -> Option<&'static str> {
    let text = path.as_os_str().as_encoded_bytes();
    if text.iter().all(u8::is_ascii_whitespace) {
        return Some("the path of the store's directory is empty: give the path of a directory");
    }
    if text.contains(&0) {
        return Some(
            "the path of the store's directory contains a NUL character, which no path can: give the path of a directory",
        );
    }
    if text.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return Some(
            "the path of the store's directory contains a line break: give the path of a directory in one line",
        );
    }
    if text.starts_with(b"file:") {
        return Some(
            "the path of the store's directory is a file: URL: give the path alone, such as /var/lib/bot/tokens",
        );
    }
    if text.windows(3).any(|part| part == b"://") {
        return Some(
            "the path of the store's directory is a URL: give the path of a directory; for redis:// and rediss:// there is `RedisStore`",
        );
    }
    if text == b"~" || text.starts_with(b"~/") {
        return Some(
            "the path of the store's directory starts with ~, which only a shell expands: write the whole path, such as /home/bot/tokens",
        );
    }
    if text.starts_with(b"$") || text.starts_with(b"%") || text.windows(2).any(|part| part == b"${") {
        return Some(
            "the path of the store's directory contains a variable that was not expanded: write the whole path, such as /var/lib/bot/tokens",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::mistake;

    #[test]
    fn a_mistaken_path_is_named_and_not_shown() {
        for (path, named) in [
            ("", "empty"),
            (" ", "empty"),
            ("/tmp/a\0b", "NUL"),
            ("/tmp/a\n", "line break"),
            ("redis://:s3cret@cache.example", "URL"),
            ("rediss://s3cret@cache.example/0", "URL"),
            ("file:///var/lib/s3cret", "file: URL"),
            ("~/tokens", "~"),
            ("~", "~"),
            ("$HOME/s3cret", "variable"),
            ("/var/${s3cret}", "variable"),
            ("%LOCALAPPDATA%\\s3cret", "variable"),
        ] {
            let text = mistake(Path::new(path)).unwrap_or_else(|| panic!("{path:?} is accepted"));
            assert!(text.contains(named) && !text.contains("s3cret"), "{path:?}: {text}");
        }
        for path in ["tokens", "./tokens", "/var/lib/bot", "C:\\tokens", "a:b", "~bot/x", "/tmp/50%", "/tmp/a$"] {
            assert_eq!(mistake(Path::new(path)), None, "{path:?}");
        }
    }
}
