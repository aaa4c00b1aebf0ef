//! What this binary does as a process that a test has started.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use futures_executor::block_on;
use line_channel_token_cache::store::{FileStore, StoreErrorKind, TokenStore};

use super::support::{DIRECTORY, TASK, current_now, increment, key, lock_file, mode, set, value, value_file};

/// Not a test by itself: it does nothing unless a test has started this process.
#[test]
#[ignore = "other tests run it, as a process of its own"]
fn does_its_task() {
    let Ok(task) = std::env::var(TASK) else { return };
    let directory = std::env::var_os(DIRECTORY).unwrap();
    let directory = Path::new(&directory);
    match task.as_str() {
        "increment until killed" => loop {
            say(&increment_once(directory).to_string());
        },
        "increment 10 times" => (0..10).for_each(|_| say(&increment_once(directory).to_string())),
        "be the first" => be_the_first(directory),
        "hold the lock" => hold_the_lock(directory),
        "create" => create(directory),
        "find the state directory" => find_the_state_directory(),
        "start no thread" => start_no_thread(directory),
        "fill the disk" => fill_the_disk(directory),
        "become read-only" => become_read_only(directory),
        "write too much" => write_too_much(directory),
        other => panic!("no such task: {other}"),
    }
}

/// Behind `>`, because the test harness writes lines of its own.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "> {text}").unwrap();
    out.flush().unwrap();
}

fn store(directory: &Path) -> FileStore {
    FileStore::builder(directory).lock_timeout(Duration::from_secs(60)).build().unwrap()
}

fn increment_once(directory: &Path) -> u64 {
    block_on(increment(&store(directory))).unwrap()
}

fn be_the_first(directory: &Path) {
    let result = block_on(store(directory).compare_and_set(&key(), None, &value(1), Duration::from_secs(60))).unwrap();
    say(if matches!(result, line_channel_token_cache::store::Comparison::Stored(_)) { "first" } else { "too late" });
}

fn hold_the_lock(directory: &Path) {
    let file = File::options().write(true).open(lock_file(directory)).unwrap();
    file.lock().unwrap();
    say("locked");
    // Until it is killed: nobody writes to this pipe.
    let (never, _writer) = std::io::pipe().unwrap();
    let _ = std::io::copy(&mut &never, &mut std::io::sink());
}

fn create(directory: &Path) {
    set(&store(directory), 1).unwrap();
    for path in [directory.to_owned(), value_file(directory), lock_file(directory)] {
        say(&format!("{:04o}", mode(&path)));
    }
}

fn find_the_state_directory() {
    match FileStore::in_state_directory() {
        Ok(store) => say(&store.directory().display().to_string()),
        Err(error) => say(&error.to_string()),
    }
}

fn start_no_thread(directory: &Path) {
    assert!(std::thread::Builder::new().spawn(|| {}).is_err(), "the case has lost its point");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error = runtime.block_on(store(directory).load(&key())).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    say(&error.to_string());
}

fn mount(options: &str, directory: &Path) {
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(directory).status().unwrap();
    assert!(mounted.success());
}

fn fill_the_disk(directory: &Path) {
    mount("size=64k,mode=0755", directory);
    let place = directory.join("tokens");
    let store = store(&place);
    set(&store, 1).unwrap();
    let filler = directory.join("filler");
    let mut file = File::create(&filler).unwrap();
    while file.write_all(&[0; 1024]).is_ok() {}

    let error = set(&store, 2).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Full, "{error}");
    say(&error.to_string());
    assert_eq!(current_now(&store), 1, "nothing is lost");
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 2, "nothing half is left");

    drop(file);
    std::fs::remove_file(filler).unwrap();
    set(&store, 3).unwrap();
    assert_eq!(current_now(&store), 3);
}

fn become_read_only(directory: &Path) {
    mount("size=64k,mode=0755", directory);
    let place = directory.join("tokens");
    let open = store(&place);
    set(&open, 1).unwrap();
    mount("remount,ro", directory);

    let error = set(&open, 2).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Denied, "{error}");
    say(&error.to_string());
    assert_eq!(current_now(&open), 1, "it can still be read");
    assert_eq!(current_now(&store(&place)), 1, "also by a new process");
    let error = FileStore::new(directory.join("others")).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Denied, "{error}");
    say(&error.to_string());
}

/// With `ulimit -f 1`, of 1024 bytes.
fn write_too_much(directory: &Path) {
    let store = store(directory);
    let error = set(&store, 1).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Full, "{error}");
    say(&error.to_string());
    assert_eq!(current_now(&store), 0);
}
