//! The store in memory keeps the contract of stores.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use line_channel_token_cache::store::MemoryStore;
use line_channel_token_mock::ManualClock;

line_channel_token_conformance::store_tests! {
    over_a_clock_of_tests,
    fixture: async || {
        let clock = ManualClock::new();
        (MemoryStore::new().with_clock(Arc::new(clock.clone())), clock)
    },
    store: async |(store, _): &(MemoryStore, ManualClock)| store.clone(),
    advance_time: async |(_, clock): &(MemoryStore, ManualClock), by: Duration| clock.advance(by),
    clear: async |(store, _): &(MemoryStore, ManualClock)| store.clear(),
}

line_channel_token_conformance::store_tests! {
    over_the_system_clock, async || MemoryStore::new()
}
