//! The suite that every store passes: by a clock of tests, and by the machine's.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use line_channel_token_cache::store::{FileStore, StoreKey};
use line_channel_token_mock::ManualClock;
use tempfile::TempDir;

use super::support::place;

/// A directory that is removed at the end, and the time in it.
pub(crate) struct Fixture {
    _temporary: TempDir,
    directory: PathBuf,
    clock: ManualClock,
}

impl Fixture {
    fn new() -> Self {
        let (_temporary, directory) = place();
        Self { _temporary, directory, clock: ManualClock::new() }
    }

    fn file(&self, key: &StoreKey) -> PathBuf {
        self.directory.join(format!("{key}.token"))
    }

    fn rewrite(&self, key: &StoreKey, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        fs::write(self.file(key), change(fs::read(self.file(key)).unwrap())).unwrap();
    }
}

line_channel_token_conformance::store_tests! {
    by_a_clock_of_tests,
    fixture: async || Fixture::new(),
    store: async |fixture: &Fixture| {
        let builder = FileStore::builder(&fixture.directory).lock_timeout(Duration::from_secs(60));
        builder.clock(Arc::new(fixture.clock.clone())).build().unwrap()
    },
    advance_time: async |fixture: &Fixture, by: Duration| fixture.clock.advance(by),
    clear: async |fixture: &Fixture| fs::remove_dir_all(&fixture.directory).unwrap(),
    damage: async |fixture: &Fixture, key: &StoreKey| fixture.rewrite(key, |mut bytes| { bytes.pop(); bytes }),
    make_incompatible: async |fixture: &Fixture, key: &StoreKey| fixture.rewrite(key, |bytes| {
        String::from_utf8(bytes).unwrap().replacen(" 1 ", " 2 ", 1).into_bytes()
    }),
}

line_channel_token_conformance::store_tests! {
    by_the_machines_clock,
    fixture: async || Fixture::new(),
    store: async |fixture: &Fixture| {
        FileStore::builder(&fixture.directory).lock_timeout(Duration::from_secs(60)).build().unwrap()
    },
    clear: async |fixture: &Fixture| fs::remove_dir_all(&fixture.directory).unwrap(),
}
