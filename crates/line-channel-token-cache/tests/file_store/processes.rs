//! Processes that are killed and suspended, and many at once.

use std::path::Path;
use std::time::Duration;

use line_channel_token_cache::store::{FileStore, StoreErrorKind};
use rustix::process::Signal;

use super::support::{Running, current_now, place, place_on_disk, said_by, set, worker};

/// Kills writers at random moments, four at a time, and looks at the file after each round. More rounds than 50 by
/// `FILE_STORE_KILL_ROUNDS`.
#[test]
fn killed_writers_leave_whole_values() {
    let rounds = std::env::var("FILE_STORE_KILL_ROUNDS").map_or(50, |text| text.parse().unwrap());
    let (_temporary, directory) = place_on_disk();
    let store = FileStore::new(&directory).unwrap();
    let mut reported = 0;
    let mut kills = 0;
    let mut in_the_middle = 0;
    for _ in 0..rounds {
        let mut writers = [(); 4].map(|()| Running::start(worker("increment until killed", &directory)));
        let mut latest: u64 = 0;
        for writer in &mut writers {
            for _ in 0..fastrand::u32(..3) {
                latest = latest.max(writer.line().unwrap().parse().unwrap());
                reported += 1;
            }
        }
        // Up to some milliseconds, so that each instruction of a write may be the last.
        for _ in 0..fastrand::u32(..200_000) {
            std::hint::spin_loop();
        }
        for writer in &mut writers {
            writer.child.kill().unwrap();
            kills += 1;
        }
        for writer in &mut writers {
            writer.child.wait().unwrap();
            while let Some(line) = writer.line() {
                latest = latest.max(line.parse().unwrap());
                reported += 1;
            }
        }
        in_the_middle += u64::from(directory.join("1234567890.jwt.new").exists());
        // Fails if it is half of a value, or a half-written file.
        let found = current_now(&store);
        assert!(found >= latest, "{latest} was reported as stored, and {found} is there");
        // Each writer may have stored one number more than it could report.
        assert!(reported <= found && found <= reported + kills, "{found} after {reported} reports and {kills} kills");
    }
    println!("{kills} kills, {in_the_middle} rounds in the middle of a write, {reported} numbers");
    assert!(in_the_middle > 0, "no kill was in the middle of a write");
    set(&store, 0).unwrap();
    assert!(!directory.join("1234567890.jwt.new").exists(), "what is left over is removed");
}

#[test]
fn twenty_processes_lose_no_increment() {
    let (_temporary, directory) = place();
    let mut workers: Vec<_> = (0..20).map(|_| Running::start(worker("increment 10 times", &directory))).collect();
    for worker in &mut workers {
        let numbers: Vec<u64> = std::iter::from_fn(|| worker.line()).map(|line| line.parse().unwrap()).collect();
        assert_eq!(numbers.len(), 10);
        assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
        assert!(worker.child.wait().unwrap().success());
    }
    assert_eq!(current_now(&FileStore::new(&directory).unwrap()), 200);
}

#[test]
fn one_of_many_is_the_first() {
    let (_temporary, directory) = place();
    let mut workers: Vec<_> = (0..20).map(|_| Running::start(worker("be the first", &directory))).collect();
    let said: Vec<_> = workers.iter_mut().filter_map(Running::line).collect();
    assert_eq!((said.len(), said.iter().filter(|line| *line == "first").count()), (20, 1));
}

#[test]
fn a_suspended_holder_delays_changes_alone() {
    let (_temporary, directory) = place();
    let store = FileStore::builder(&directory).lock_timeout(Duration::from_millis(100)).build().unwrap();
    set(&store, 1).unwrap();
    let mut holder = Running::start(worker("hold the lock", &directory));
    assert_eq!(holder.line().as_deref(), Some("locked"));
    holder.signal(Signal::STOP);

    let error = set(&store, 2).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    for words in ["1234567890.jwt.lock", "100ms", "fuser", "kill -CONT"] {
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(current_now(&store), 1, "it can be read");

    holder.child.kill().unwrap();
    holder.child.wait().unwrap();
    set(&store, 3).unwrap();
    assert_eq!(current_now(&store), 3);
}

/// Writers that are suspended anywhere and go on: whoever has no lock then changes nothing.
#[test]
fn suspended_writers_overwrite_nothing() {
    let (_temporary, directory) = place();
    let store = FileStore::builder(&directory).lock_timeout(Duration::from_millis(20)).build().unwrap();
    let mut writer = Running::start(worker("increment until killed", &directory));
    let mut reported: u64 = 0;
    let mut own = 0;
    for _ in 0..20 {
        writer.line().unwrap();
        reported += 1;
        writer.signal(Signal::STOP);
        for _ in 0..3 {
            match futures_executor::block_on(super::support::increment(&store)) {
                Ok(_) => own += 1,
                Err(error) => assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}"),
            }
        }
        writer.signal(Signal::CONT);
    }
    writer.child.kill().unwrap();
    writer.child.wait().unwrap();
    while writer.line().is_some() {
        reported += 1;
    }
    let found = current_now(&store);
    assert!(found == reported + own || found == reported + own + 1, "{found} after {reported} and {own}");
    assert!(own > 0);
}

#[test]
fn no_thread_is_an_error() {
    let (_temporary, directory) = place();
    // A stack that fits into no address space: limits of the operating system do not bind root.
    let said = said_by(worker("start no thread", &directory).env("RUST_MIN_STACK", (1_u64 << 56).to_string()));
    assert!(said.contains("starts no thread") && said.contains("ulimit -u"), "{said}");
}

#[test]
fn a_lock_that_was_removed_keeps_nobody_out() {
    let (_temporary, directory) = place();
    let store = FileStore::builder(&directory).lock_timeout(Duration::from_millis(100)).build().unwrap();
    set(&store, 1).unwrap();
    let mut holder = Running::start(worker("hold the lock", &directory));
    assert_eq!(holder.line().as_deref(), Some("locked"));
    std::fs::remove_file(lock(&directory)).unwrap();
    set(&store, 2).unwrap();
    assert!(lock(&directory).exists(), "and the next one stays");
}

fn lock(directory: &Path) -> std::path::PathBuf {
    super::support::lock_file(directory)
}
