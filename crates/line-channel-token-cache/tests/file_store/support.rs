//! Values, directories, and processes that run this test binary again.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use futures_executor::block_on;
use line_channel_token_cache::TokenFamily;
use line_channel_token_cache::store::{Comparison, FileStore, Revision, StoreError, StoreKey, StoredValue, TokenStore};
use line_channel_token_core::{BaseUrl, ChannelId};
use tempfile::TempDir;

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// What a process is to do, and where: see `worker.rs`.
pub(crate) const TASK: &str = "FILE_STORE_TEST_TASK";
pub(crate) const DIRECTORY: &str = "FILE_STORE_TEST_DIRECTORY";

pub(crate) fn key() -> StoreKey {
    key_of("1234567890")
}

pub(crate) fn key_of(channel: &str) -> StoreKey {
    StoreKey::new(ChannelId::new(channel).unwrap(), TokenFamily::Jwt, &BaseUrl::line())
}

/// A directory that ends with the test, and the path of a store in it: in memory if there is such a file system, because a disk takes its time.
pub(crate) fn place() -> (TempDir, PathBuf) {
    within(tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap())
}

/// The same in the usual directory for temporary files, which may be on a disk.
pub(crate) fn place_on_disk() -> (TempDir, PathBuf) {
    within(tempfile::tempdir().unwrap())
}

fn within(temporary: TempDir) -> (TempDir, PathBuf) {
    let path = temporary.path().join("tokens");
    (temporary, path)
}

pub(crate) fn value_file(directory: &Path) -> PathBuf {
    directory.join("1234567890.jwt.token")
}

pub(crate) fn lock_file(directory: &Path) -> PathBuf {
    directory.join("1234567890.jwt.lock")
}

pub(crate) fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A number as a value of some kilobytes, of which no part fits to another number.
pub(crate) fn value(number: u64) -> StoredValue {
    StoredValue::new(format!("{number};").repeat(1000).into_bytes())
}

pub(crate) fn number(value: &StoredValue) -> u64 {
    let text = std::str::from_utf8(value.expose_bytes()).unwrap();
    let number = text.split(';').next().unwrap().parse().unwrap();
    assert_eq!(*value, self::value(number), "half a value");
    number
}

/// The number in the store and its revision; 0 if there is none.
pub(crate) async fn current(store: &FileStore) -> Result<(u64, Option<Revision>), StoreError> {
    let found = store.load(&key()).await?.entry;
    Ok(found.map_or((0, None), |entry| (number(&entry.value), Some(entry.revision))))
}

pub(crate) fn current_now(store: &FileStore) -> u64 {
    block_on(current(store)).unwrap().0
}

pub(crate) fn set(store: &FileStore, number: u64) -> Result<(), StoreError> {
    block_on(async {
        let (_, revision) = current(store).await?;
        let result = store.compare_and_set(&key(), revision.as_ref(), &value(number), HOUR).await?;
        assert!(matches!(result, Comparison::Stored(_)));
        Ok(())
    })
}

/// Adds one to the number, as often as it takes until nobody else was faster; returns the number.
pub(crate) async fn increment(store: &FileStore) -> Result<u64, StoreError> {
    loop {
        let (number, revision) = current(store).await?;
        let next = value(number + 1);
        if let Comparison::Stored(_) = store.compare_and_set(&key(), revision.as_ref(), &next, HOUR).await? {
            return Ok(number + 1);
        }
    }
}

/// This test binary again, as a process that does this task.
pub(crate) fn worker(task: &str, directory: &Path) -> Command {
    worker_under(&[], task, directory)
}

/// The same below another program, such as `unshare`.
pub(crate) fn worker_under(program: &[&str], task: &str, directory: &Path) -> Command {
    let this = std::env::current_exe().unwrap();
    let arguments = ["worker::does_its_task", "--exact", "--ignored", "--nocapture", "--test-threads=1"];
    let mut command = match program {
        [] => Command::new(this),
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(this);
            command
        }
    };
    command.args(arguments).env(TASK, task).env(DIRECTORY, directory).stdin(Stdio::null());
    command
}

/// What the worker said; it fails if the worker does.
pub(crate) fn said_by(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// A worker whose lines are read while it runs. It is killed when this is dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next line that a task said: what is behind `>`. `None` at the end.
    pub(crate) fn line(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            // A process that was killed may have written half a line, which says nothing.
            if self.lines.read_line(&mut line).unwrap() == 0 || !line.ends_with('\n') {
                return None;
            }
            if let Some((_, said)) = line.split_once('>') {
                return Some(said.trim().to_owned());
            }
        }
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, signal).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
