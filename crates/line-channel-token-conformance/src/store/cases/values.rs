//! One value at one key.

use super::super::environment::Environment;
use super::super::values::{assert_changed, assert_empty, assert_holds, assert_same, key, load, set, value};
use crate::run::Rule;

pub const RULE: Rule = Rule {
    says: "`load` returns the last value that was stored, and `compare_and_set` stores only if the revision at the key is the expected one",
    hint: "compare and write in one step of the database (a transaction, a script, `If-Match`), return the revision of the new value, and \
           with `Changed` what there is instead, read in that same step; read from where was written, from no cache or replica",
};

pub async fn an_empty_store_has_no_value(environment: Environment) {
    assert_empty(&*environment.handle().await, &key()).await;
}

pub async fn a_stored_value_is_loaded(environment: Environment) {
    let store = environment.handle().await;
    let revision = set(&*store, &key(), None, &value("first")).await;
    for _ in 0..2 {
        let loaded = assert_holds(&*store, &key(), &value("first")).await;
        assert_eq!(loaded, revision, "`load` has another revision than `compare_and_set`");
    }
}

pub async fn a_stored_value_is_replaced(environment: Environment) {
    let store = environment.handle().await;
    let first = set(&*store, &key(), None, &value("first")).await;
    let second = set(&*store, &key(), Some(&first), &value("second")).await;
    assert_eq!(assert_holds(&*store, &key(), &value("second")).await, second);
    set(&*store, &key(), Some(&second), &value("third")).await;
    assert_holds(&*store, &key(), &value("third")).await;
}

/// What one handle stores is what the other loads, at once and in both directions.
pub async fn all_handles_see_the_last_value(environment: Environment) {
    let handles = [environment.handle().await, environment.handle().await];
    let [one, other] = &handles;
    assert_empty(&**one, &key()).await;
    assert_empty(&**other, &key()).await;
    let mut revision = None;
    for round in 0..6 {
        let stored = value(&format!("round {round}"));
        let writer = &handles[round % 2];
        let set_revision = set(&**writer, &key(), revision.as_ref(), &stored).await;
        for reader in &handles {
            assert_eq!(assert_holds(&**reader, &key(), &stored).await, set_revision);
        }
        revision = Some(set_revision);
    }
}

pub async fn no_value_is_expected_and_there_is_one(environment: Environment) {
    let store = environment.handle().await;
    let revision = set(&*store, &key(), None, &value("first")).await;
    assert_changed(&*store, &key(), None, &value("second")).await;
    assert_eq!(assert_holds(&*store, &key(), &value("first")).await, revision);
}

pub async fn a_value_is_expected_and_there_is_none(environment: Environment) {
    let store = environment.handle().await;
    let revision = set(&*store, &key(), None, &value("first")).await;
    store.set_aside(&key(), Some(&revision)).await.unwrap();
    let there = assert_changed(&*store, &key(), Some(&revision), &value("second")).await;
    assert!(there.entry.is_none(), "`Changed` has an entry, and there is none");
    assert_empty(&*store, &key()).await;
}

pub async fn an_earlier_revision_stores_nothing(environment: Environment) {
    let store = environment.handle().await;
    let first = set(&*store, &key(), None, &value("first")).await;
    let second = set(&*store, &key(), Some(&first), &value("second")).await;
    assert_changed(&*store, &key(), Some(&first), &value("third")).await;
    assert_eq!(assert_holds(&*store, &key(), &value("second")).await, second);
}

/// So that who came too late needs no second round trip.
pub async fn changed_carries_what_there_is(environment: Environment) {
    let store = environment.handle().await;
    let first = set(&*store, &key(), None, &value("first")).await;
    let second = set(&*store, &key(), Some(&first), &value("second")).await;
    for expected in [None, Some(&first)] {
        let there = assert_changed(&*store, &key(), expected, &value("third")).await;
        let entry = there.entry.expect("`Changed` has no entry, and there is one");
        assert_same(&entry.value, &value("second"));
        assert_eq!(entry.revision, second, "`Changed` has another revision than the value that there is");
    }
    let there = assert_changed(&*store, &key(), None, &value("third")).await;
    set(&*store, &key(), there.entry.map(|entry| entry.revision).as_ref(), &value("third")).await;
    assert!(load(&*store, &key()).await.entry.is_some());
}
