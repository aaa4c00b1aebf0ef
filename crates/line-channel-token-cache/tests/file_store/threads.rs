//! Threads, handles and runtimes of one process.

use std::sync::Arc;
use std::time::Duration;

use line_channel_token_cache::store::{FileStore, TokenStore};
use line_channel_token_mock::ManualClock;

use super::support::{HOUR, current_now, increment, key, lock_file, place, set, value};

#[test]
fn threads_and_handles_lose_no_increment() {
    let (_temporary, directory) = place();
    let shared = FileStore::builder(&directory).lock_timeout(Duration::from_secs(60)).build().unwrap();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let own = FileStore::builder(&directory).lock_timeout(Duration::from_secs(60)).build().unwrap();
            let store = if number % 2 == 0 { shared.clone() } else { own };
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(async {
                    for _ in 0..10 {
                        increment(&store).await.unwrap();
                    }
                });
            });
        }
    });
    assert_eq!(current_now(&shared), 80);
}

#[tokio::test]
async fn a_cancelled_change_is_whole_or_none() {
    let (_temporary, directory) = place();
    let store = FileStore::new(&directory).unwrap();
    for number in 1..50 {
        let found = super::support::current(&store).await.unwrap();
        let (key, next) = (key(), value(number));
        let change = store.compare_and_set(&key, found.1.as_ref(), &next, HOUR);
        tokio::select! {
            biased;
            _ = change => {}
            () = async { for _ in 0..fastrand::u8(..4) { tokio::task::yield_now().await } } => {}
        }
        // It may still be under way, and is whole whenever it is seen.
        let (there, _) = super::support::current(&store).await.unwrap();
        assert!(there >= found.0 && there <= number, "{there} after {number}");
    }
    increment(&store).await.unwrap();
}

#[tokio::test]
async fn a_lock_is_waited_for_though_the_stores_clock_stands_still() {
    let (_temporary, directory) = place();
    let clock = Arc::new(ManualClock::new());
    let store = FileStore::builder(&directory).clock(clock).lock_timeout(Duration::from_millis(50)).build().unwrap();
    increment(&store).await.unwrap();
    let held = std::fs::File::open(lock_file(&directory)).unwrap();
    held.lock().unwrap();
    let error = increment(&store).await.unwrap_err();
    assert!(error.to_string().contains("for 50ms"), "{error}");
    held.unlock().unwrap();
    increment(&store).await.unwrap();
}

#[test]
fn without_a_timeout_there_is_one_attempt() {
    let (_temporary, directory) = place();
    let store = FileStore::builder(&directory).lock_timeout(Duration::ZERO).build().unwrap();
    set(&store, 1).unwrap();
    let held = std::fs::File::open(lock_file(&directory)).unwrap();
    held.lock().unwrap();
    assert!(set(&store, 2).is_err());
    held.unlock().unwrap();
    set(&store, 3).unwrap();
}
