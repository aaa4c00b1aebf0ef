//! The store's time.

use std::time::Duration;

use line_channel_token_core::{Clock, SystemClock};

use super::super::environment::Environment;
use super::super::values::{assert_changed, key, load, set, value};
use crate::run::Rule;

pub const RULE: Rule = Rule {
    says: "the store's time is one for all of its users, passes as time does, and does not go back by more than a second",
    hint: "take the time of the database's server, in the same step as the value, in the right unit; `Snapshot::now` of all calls has the same source",
};

/// What a time that counts whole seconds may be off.
const GRANULARITY: Duration = Duration::from_secs(1);

/// For all handles, with and without a value, by `load` and by `Changed`.
pub async fn it_does_not_go_back(environment: Environment) {
    let mut latest = Duration::ZERO;
    let mut check = |now: Duration| {
        assert!(now + GRANULARITY >= latest, "the store's time went back from {latest:?} to {now:?}");
        latest = latest.max(now);
    };
    let handles = [environment.handle().await, environment.handle().await];
    for handle in handles.iter().cycle().take(6) {
        check(load(&**handle, &key()).await.now);
    }
    set(&*handles[0], &key(), None, &value("first")).await;
    for handle in handles.iter().cycle().take(6) {
        check(assert_changed(&**handle, &key(), None, &value("second")).await.now);
        check(load(&**handle, &key()).await.now);
    }
}

pub async fn it_passes_as_time_does(environment: Environment) {
    let store = environment.handle().await;
    set(&*store, &key(), None, &value("first")).await;
    let by = Duration::from_millis(1100);
    let began = SystemClock.now();
    let from_load = load(&*store, &key()).await.now;
    let from_changed = assert_changed(&*store, &key(), None, &value("second")).await.now;
    environment.advance_time(by).await;
    let to_load = load(&*store, &key()).await.now;
    let to_changed = assert_changed(&*store, &key(), None, &value("second")).await.now;
    // A busy machine takes longer than it was asked to.
    let at_most = by + SystemClock.now().since(began) + GRANULARITY;
    for (from, to) in [(from_load, to_load), (from_changed, to_changed), (from_load, to_changed)] {
        let passed = to.saturating_sub(from);
        assert!(
            passed + GRANULARITY >= by && passed <= at_most,
            "{passed:?} of the store's time passed in {by:?}, from {from:?} to {to:?} since the Unix epoch"
        );
    }
}
