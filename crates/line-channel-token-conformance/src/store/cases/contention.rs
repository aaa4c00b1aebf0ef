//! Many who expect the same revision, on threads and runtimes of their own.

use std::sync::Arc;

use line_channel_token_cache::store::Comparison;

use super::super::contenders::at_once;
use super::super::environment::Environment;
use super::super::values::{LONG, assert_holds, compare_and_set, key, load, set, value};
use crate::run::Rule;

pub const RULE: Rule = Rule {
    says: "of many who expect the same revision, one stores its value, and no value that was stored is lost",
    hint: "compare and write in one step of the database: a `SELECT` and a later `UPDATE` are two; with files hold a lock over both, which \
           excludes other processes and other handles of the same process",
};

const CONTENDERS: usize = 8;
/// For each contender.
const INCREMENTS: usize = 5;

/// Each on a handle that it shares with one other.
async fn one_wins(environment: &Environment, expects_a_value: bool) {
    let store = environment.handle().await;
    let expected = load(&*store, &key()).await.entry.map(|entry| entry.revision);
    assert_eq!(expected.is_some(), expects_a_value);
    let outcomes = at_once(environment, CONTENDERS, move |store, number| {
        let expected = expected.clone();
        async move { compare_and_set(&*store, &key(), expected.as_ref(), &value(&format!("of {number}")), LONG).await }
    })
    .await;
    let mut winners = Vec::new();
    for (number, outcome) in outcomes.iter().enumerate() {
        if let Comparison::Stored(revision) = outcome {
            winners.push((number, revision));
        }
    }
    let [(number, revision)] = winners[..] else { panic!("{} of {CONTENDERS} have stored a value", winners.len()) };
    let winning = value(&format!("of {number}"));
    assert_eq!(assert_holds(&*store, &key(), &winning).await, *revision);
    for outcome in &outcomes {
        if let Comparison::Changed(there) = outcome {
            let entry = there.entry.as_ref().expect("`Changed` has no entry, and there is one");
            assert_eq!(entry.value, winning, "`Changed` has another value than the one that won");
        }
    }
}

pub async fn of_many_who_expect_no_value_one_stores(environment: Environment) {
    one_wins(&environment, false).await;
}

pub async fn of_many_who_expect_a_value_one_stores(environment: Environment) {
    set(&*environment.handle().await, &key(), None, &value("first")).await;
    one_wins(&environment, true).await;
}

/// Each adds to a number that it has loaded, and begins anew if another was faster.
pub async fn no_update_is_lost(environment: Environment) {
    let store = environment.handle().await;
    set(&*store, &key(), None, &value("0")).await;
    at_once(&environment, CONTENDERS, |store, _| async move {
        for _ in 0..INCREMENTS {
            loop {
                let entry = load(&*store, &key()).await.entry.expect("the value has disappeared");
                let number: usize = std::str::from_utf8(entry.value.expose_bytes()).unwrap().parse().unwrap();
                let next = value(&(number + 1).to_string());
                if let Comparison::Stored(_) =
                    compare_and_set(&*store, &key(), Some(&entry.revision), &next, LONG).await
                {
                    break;
                }
            }
        }
    })
    .await;
    assert_holds(&*store, &key(), &value(&(CONTENDERS * INCREMENTS).to_string())).await;
}

/// As the tasks of one process do: one handle, one runtime.
pub async fn of_many_tasks_one_stores(environment: Environment) {
    let store = environment.handle().await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..CONTENDERS {
        let store = Arc::clone(&store);
        tasks.spawn(async move { compare_and_set(&*store, &key(), None, &value(&number.to_string()), LONG).await });
    }
    let outcomes = tasks.join_all().await;
    let stored = outcomes.iter().filter(|outcome| matches!(outcome, Comparison::Stored(_))).count();
    assert_eq!(stored, 1, "so many of {CONTENDERS} have stored a value");
}
