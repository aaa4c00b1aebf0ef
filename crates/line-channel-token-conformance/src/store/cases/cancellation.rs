//! Calls that are dropped before their end, as a timeout does it.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use line_channel_token_cache::TokenFamily;
use line_channel_token_cache::store::{Comparison, Revision, TokenStore};
use line_channel_token_core::BaseUrl;

use super::super::environment::Environment;
use super::super::values::{LONG, assert_holds, compare_and_set, key, key_of, load, set, value};
use crate::run::Rule;

pub const RULE: Rule = Rule {
    says: "a call that is dropped has been made or not, and nothing half; the calls after it work",
    hint: "let no lock, transaction or half of a reply outlive the future: let the thread or task that does the work finish and clean up by \
           itself, and do not use a connection again on which a reply is due",
};

/// After how many polls a call is dropped. A store has responded after a few.
const POLLS: usize = 12;

/// Polls this often, each time after others have had their turn, and drops it then. Returns whether it was ready before.
async fn dropped_after(polls: usize, call: impl Future) -> bool {
    let mut call = pin!(call);
    for poll in 0..polls {
        let ready = std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_ready())).await;
        if ready {
            return true;
        }
        // Far less than a round trip at first, later enough for one.
        tokio::time::sleep(Duration::from_micros(50 << poll)).await;
    }
    false
}

/// What was there, or what the dropped calls were about to store, and all of it. Stores `next` in its place, in spite of what a dropped call
/// still does.
async fn replace(store: &dyn TokenStore, last: &mut Revision, may_be: &[&str], next: &str) {
    for _ in 0..100 {
        let entry = load(store, &key()).await.entry.expect("the value has disappeared");
        let whole = may_be.iter().any(|text| entry.value == value(text));
        assert!(whole, "what was loaded is none of the values that were stored");
        if let Comparison::Stored(revision) =
            compare_and_set(store, &key(), Some(&entry.revision), &value(next), LONG).await
        {
            *last = revision;
            return;
        }
    }
    panic!("100 attempts in a row found the value changed");
}

pub async fn a_dropped_compare_and_set_leaves_nothing_half(environment: Environment) {
    let store = environment.handle().await;
    let other = environment.handle().await;
    let mut last = set(&*store, &key(), None, &value("whole 0")).await;
    for polls in 0..POLLS {
        let before = format!("whole {polls}");
        let dropped = format!("dropped {polls}").repeat(500);
        let dropped_value = value(&dropped);
        dropped_after(polls, store.compare_and_set(&key(), Some(&last), &dropped_value, LONG)).await;
        let reader = if polls % 2 == 0 { &store } else { &other };
        replace(&**reader, &mut last, &[&before, &dropped], &format!("whole {}", polls + 1)).await;
    }
}

pub async fn a_dropped_load_disturbs_no_later_call(environment: Environment) {
    let store = environment.handle().await;
    let mut last = set(&*store, &key(), None, &value("whole 0")).await;
    for polls in 0..POLLS {
        dropped_after(polls, store.load(&key())).await;
        let next = value(&format!("whole {}", polls + 1));
        last = set(&*store, &key(), Some(&last), &next).await;
        assert_eq!(assert_holds(&*store, &key(), &next).await, last);
    }
}

/// Many at once, of which some are dropped: the others get what they asked for.
pub async fn dropped_calls_disturb_no_concurrent_ones(environment: Environment) {
    let store = environment.handle().await;
    let other_key = key_of("1234567891", TokenFamily::Jwt, &BaseUrl::line());
    set(&*store, &key(), None, &value("of the dropped calls")).await;
    set(&*store, &other_key, None, &value("of the others")).await;
    let mut tasks = tokio::task::JoinSet::new();
    for polls in 0..POLLS {
        for _ in 0..2 {
            let store = Arc::clone(&store);
            tasks.spawn(async move {
                dropped_after(polls, store.load(&key())).await;
            });
        }
        let store = Arc::clone(&store);
        let key = other_key.clone();
        tasks.spawn(async move {
            for _ in 0..5 {
                let entry = load(&*store, &key).await.entry.expect("the value has disappeared");
                assert!(entry.value == value("of the others"), "a call got what belongs to another one");
            }
        });
    }
    tasks.join_all().await;
}
