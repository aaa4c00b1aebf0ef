//! One handle, several Tokio runtimes: a static store in tests, in a program with a runtime for each thread.

use std::sync::Arc;

use line_channel_token_cache::store::{StoreErrorKind, TokenStore};

use super::super::environment::Environment;
use super::super::values::{LONG, assert_holds, key, set, value};
use crate::run::Rule;

pub const RULE: Rule = Rule {
    says: "a handle works on every Tokio runtime, also after another runtime that used it has ended; one call may fail for that",
    hint: "a connection belongs to the runtime that opened it: open another one if it has ended, or keep one for each runtime (by `Handle::id`)",
};

async fn on_a_runtime_of_its_own<T: Send + 'static, F: Future<Output = T>>(
    act: impl FnOnce() -> F + Send + 'static,
) -> T {
    crate::cases::runtimes::on_own_thread(|| crate::cases::runtimes::single_threaded().block_on(act())).await
}

pub async fn a_runtime_that_has_ended_harms_no_later_call(environment: Environment) {
    let store = environment.handle().await;
    for round in 0..3 {
        let handle = Arc::clone(&store);
        on_a_runtime_of_its_own(move || async move {
            // What the end of the former runtime may have broken.
            if let Err(error) = handle.load(&key()).await {
                assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
            }
            let there = handle.load(&key()).await.unwrap().entry.map(|entry| entry.revision);
            assert_eq!(there.is_some(), round > 0);
            set(&*handle, &key(), there.as_ref(), &value(&round.to_string())).await;
            assert_holds(&*handle, &key(), &value(&round.to_string())).await;
        })
        .await;
    }
    drop(store.load(&key()).await);
    assert_holds(&*store, &key(), &value("2")).await;
}

/// Beside each other: the one that made the handle goes on.
pub async fn two_runtimes_share_a_handle(environment: Environment) {
    let store = environment.handle().await;
    let mut last = set(&*store, &key(), None, &value("0")).await;
    for round in 1..4 {
        let handle: Arc<dyn TokenStore> = Arc::clone(&store);
        let expected = last.clone();
        let text = value(&round.to_string());
        let stored = text.clone();
        on_a_runtime_of_its_own(move || async move {
            handle.load(&key()).await.ok();
            set(&*handle, &key(), Some(&expected), &stored).await;
        })
        .await;
        store.load(&key()).await.ok();
        let seen = assert_holds(&*store, &key(), &text).await;
        last = super::super::values::set_for(&*store, &key(), Some(&seen), &text, LONG).await;
    }
}
