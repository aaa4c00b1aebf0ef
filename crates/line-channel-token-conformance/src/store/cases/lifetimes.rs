//! How long a value is kept.

use std::time::Duration;

use super::super::environment::Environment;
use super::super::values::{LONG, assert_changed, assert_holds, compare_and_set, key, load, set, set_for, value};
use crate::run::Rule;

pub const RULE: Rule = Rule {
    says: "a value is kept for `keep_for` at least, by the store's time; after that `load` and `compare_and_set` agree on whether it is there",
    hint: "check the unit (`Duration` in milliseconds or seconds), take any `Duration` (round up, and cap what the database cannot hold), \
           give each value a lifetime of its own when it is stored, and compare with what `load` would show, not with an expired row",
};

const SHORT: Duration = Duration::from_millis(100);
/// More than that, also for a store that rounds up to whole seconds.
const AFTER: Duration = Duration::from_millis(1100);

pub async fn a_value_is_kept_until_its_end(environment: Environment) {
    let store = environment.handle().await;
    set_for(&*store, &key(), None, &value("first"), Duration::from_secs(60)).await;
    environment.advance_time(AFTER).await;
    assert_holds(&*store, &key(), &value("first")).await;
}

/// A store may remove it then, and may keep it; but what it shows must be what it compares with.
pub async fn a_value_that_has_ended_can_be_replaced(environment: Environment) {
    let store = environment.handle().await;
    let ended = set_for(&*store, &key(), None, &value("first"), SHORT).await;
    environment.advance_time(AFTER).await;
    let there = load(&*store, &key()).await.entry.map(|entry| entry.revision);
    if there.is_none() {
        let there = assert_changed(&*store, &key(), Some(&ended), &value("late")).await;
        assert!(there.entry.is_none(), "`load` shows no value, and `Changed` has one");
    }
    set(&*store, &key(), there.as_ref(), &value("second")).await;
    environment.advance_time(AFTER).await;
    assert_holds(&*store, &key(), &value("second")).await;
    assert_changed(&*store, &key(), Some(&ended), &value("late")).await;
}

pub async fn a_replacement_has_a_lifetime_of_its_own(environment: Environment) {
    let store = environment.handle().await;
    let first = set_for(&*store, &key(), None, &value("first"), SHORT).await;
    set_for(&*store, &key(), Some(&first), &value("second"), LONG).await;
    environment.advance_time(AFTER).await;
    assert_holds(&*store, &key(), &value("second")).await;
}

pub async fn an_attempt_that_stores_nothing_leaves_the_lifetime(environment: Environment) {
    let store = environment.handle().await;
    let first = set_for(&*store, &key(), None, &value("first"), LONG).await;
    let second = set_for(&*store, &key(), Some(&first), &value("second"), LONG).await;
    for expected in [None, Some(&first)] {
        let outcome = compare_and_set(&*store, &key(), expected, &value("third"), SHORT).await;
        assert!(matches!(outcome, line_channel_token_cache::store::Comparison::Changed(_)));
    }
    environment.advance_time(AFTER).await;
    assert_eq!(assert_holds(&*store, &key(), &value("second")).await, second);
}

pub async fn any_lifetime_is_accepted(environment: Environment) {
    let store = environment.handle().await;
    let lifetimes = [
        Duration::ZERO,
        Duration::from_nanos(1),
        Duration::from_micros(999),
        Duration::from_millis(1),
        Duration::from_millis(1500),
        Duration::from_secs(30 * 24 * 3600),
        Duration::from_secs(u64::from(u32::MAX) + 1),
        Duration::from_millis(u64::MAX),
        Duration::MAX,
    ];
    for keep_for in lifetimes {
        let there = load(&*store, &key()).await.entry.map(|entry| entry.revision);
        let outcome = store.compare_and_set(&key(), there.as_ref(), &value("kept"), keep_for).await;
        match outcome {
            Err(error) => panic!("`compare_and_set` for {keep_for:?} failed: {error}"),
            Ok(_) if keep_for < LONG => {} // It may have ended by now, and so may the one before.
            Ok(_) => _ = assert_holds(&*store, &key(), &value("kept")).await,
        }
    }
}
