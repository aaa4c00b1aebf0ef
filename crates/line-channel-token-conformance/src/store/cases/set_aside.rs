//! What is moved out of the way.

use super::super::environment::Environment;
use super::super::values::{assert_changed, assert_empty, assert_holds, key, set, value};
use crate::run::Rule;

pub const RULE: Rule = Rule {
    says: "`set_aside` moves the value with the given revision out of the way, and no other; without a revision it moves nothing that can be loaded",
    hint: "compare and move in one step; with `None` move only what `load` calls `Unreadable`; return no place if nothing was moved",
};

pub async fn the_value_with_this_revision_goes(environment: Environment) {
    let store = environment.handle().await;
    let revision = set(&*store, &key(), None, &value("first")).await;
    store.set_aside(&key(), Some(&revision)).await.unwrap();
    assert_empty(&*store, &key()).await;
    assert_empty(&*environment.handle().await, &key()).await;
    set(&*store, &key(), None, &value("second")).await;
    assert_holds(&*store, &key(), &value("second")).await;
}

pub async fn another_value_stays(environment: Environment) {
    let store = environment.handle().await;
    let first = set(&*store, &key(), None, &value("first")).await;
    let second = set(&*store, &key(), Some(&first), &value("second")).await;
    let place = store.set_aside(&key(), Some(&first)).await.unwrap();
    assert_eq!(place, None, "nothing was moved, and it says where to");
    assert_eq!(assert_holds(&*store, &key(), &value("second")).await, second);
}

pub async fn a_readable_value_stays_if_no_revision_is_given(environment: Environment) {
    let store = environment.handle().await;
    let revision = set(&*store, &key(), None, &value("first")).await;
    let place = store.set_aside(&key(), None).await.unwrap();
    assert_eq!(place, None, "nothing was moved, and it says where to");
    assert_eq!(assert_holds(&*store, &key(), &value("first")).await, revision);
}

pub async fn nothing_there_is_no_error(environment: Environment) {
    let store = environment.handle().await;
    assert_eq!(store.set_aside(&key(), None).await.unwrap(), None);
    let revision = set(&*store, &key(), None, &value("first")).await;
    store.set_aside(&key(), Some(&revision)).await.unwrap();
    for expected in [None, Some(&revision)] {
        assert_eq!(store.set_aside(&key(), expected).await.unwrap(), None, "there was nothing to move");
    }
}

/// Two who found the same value to be no record: the second one does not take what was stored meanwhile.
pub async fn the_second_of_two_moves_nothing(environment: Environment) {
    let store = environment.handle().await;
    let other = environment.handle().await;
    let found = set(&*store, &key(), None, &value("no record")).await;
    store.set_aside(&key(), Some(&found)).await.unwrap();
    set(&*store, &key(), None, &value("a record")).await;
    other.set_aside(&key(), Some(&found)).await.unwrap();
    assert_holds(&*store, &key(), &value("a record")).await;
    assert_changed(&*store, &key(), Some(&found), &value("late")).await;
}
