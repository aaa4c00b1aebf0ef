//! Which value a revision names.

use std::collections::HashSet;

use line_channel_token_cache::store::Revision;

use super::super::environment::Environment;
use super::super::values::{assert_changed, assert_holds, key, set, value};
use crate::run::Rule;

pub const RULE: Rule = Rule {
    says: "a revision is never used again for another value, not even after the value was removed or the store emptied",
    hint: "take a random number of 64 bits or more, or a hash of the value: a counter in the row begins anew with the row, and the time of a \
           change can be the same twice",
};

const VALUES: usize = 20;

pub async fn each_value_has_a_revision_of_its_own(environment: Environment) {
    let store = environment.handle().await;
    let mut seen = HashSet::new();
    let mut last: Option<Revision> = None;
    for number in 0..VALUES {
        let revision = set(&*store, &key(), last.as_ref(), &value(&number.to_string())).await;
        assert!(seen.insert(revision.clone()), "two values have had the revision `{}`", revision.as_str());
        last = Some(revision);
    }
}

pub async fn a_revision_is_not_used_again_after_a_removal(environment: Environment) {
    let store = environment.handle().await;
    let mut seen = HashSet::new();
    for number in 0..VALUES {
        let revision = set(&*store, &key(), None, &value(&number.to_string())).await;
        assert!(seen.insert(revision.clone()), "two values have had the revision `{}`", revision.as_str());
        store.set_aside(&key(), Some(&revision)).await.unwrap();
    }
}

/// The case that matters: who has slept meanwhile must not overwrite.
pub async fn a_revision_of_a_removed_value_stores_nothing(environment: Environment) {
    let store = environment.handle().await;
    let stale = set(&*store, &key(), None, &value("first")).await;
    store.set_aside(&key(), Some(&stale)).await.unwrap();
    set(&*store, &key(), None, &value("second")).await;
    assert_changed(&*store, &key(), Some(&stale), &value("third")).await;
    assert_holds(&*store, &key(), &value("second")).await;
}

pub async fn a_revision_is_not_used_again_after_the_store_was_emptied(environment: Environment) {
    let store = environment.handle().await;
    let stale = set(&*store, &key(), None, &value("first")).await;
    environment.clear().await;
    // Another handle, in case this one remembers.
    let restarted = environment.handle().await;
    let there = assert_changed(&*restarted, &key(), Some(&stale), &value("second")).await;
    assert!(there.entry.is_none(), "the store was emptied, and holds a value");
    set(&*restarted, &key(), None, &value("second")).await;
    for handle in [store, restarted] {
        assert_changed(&*handle, &key(), Some(&stale), &value("third")).await;
        assert_holds(&*handle, &key(), &value("second")).await;
    }
}
