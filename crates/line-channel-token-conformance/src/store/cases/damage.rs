//! What a store cannot read. These cases run if the suite is told how to make it so.

use line_channel_token_cache::store::{Comparison, Revision, StoreErrorKind, TokenStore};

use super::super::environment::Environment;
use super::super::values::{LONG, assert_empty, assert_holds, key, set, value};
use crate::run::Rule;

pub const RULE: Rule = Rule {
    says: "what is damaged or foreign is `Unreadable` and goes by `set_aside`; what is of a newer version or under another key is `Incompatible` and stays",
    hint: "check what was loaded (a magic number, a version, a checksum) before it is returned or compared, return these kinds of errors, and \
           store nothing over what you cannot read; `set_aside` without a revision moves what is `Unreadable`, and nothing else",
};

/// No call may take it for a value, or for none.
async fn assert_unusable(store: &dyn TokenStore, kind: StoreErrorKind, was: &Revision) {
    let error = store.load(&key()).await.expect_err("`load` has read what it cannot");
    assert_eq!(error.kind(), kind, "of `load`: {error}");
    assert_text(&error.to_string());
    for expected in [None, Some(was)] {
        match store.compare_and_set(&key(), expected, &value("second"), LONG).await {
            Err(error) => {
                assert_eq!(error.kind(), kind, "of `compare_and_set`: {error}");
                assert_text(&error.to_string());
            }
            Ok(Comparison::Stored(_)) => panic!("what cannot be read was overwritten"),
            Ok(Comparison::Changed(_)) => panic!("`compare_and_set` has read what it cannot"),
        }
    }
}

fn assert_text(message: &str) {
    assert!(
        !message.is_empty() && !message.contains("s3cret"),
        "the message must say what is wrong, and show no value: {message}"
    );
}

pub async fn a_damaged_value_is_unreadable_until_set_aside(environment: Environment) {
    let store = environment.handle().await;
    let revision = set(&*store, &key(), None, &value("s3cret")).await;
    environment.damage(&key()).await;
    assert_unusable(&*store, StoreErrorKind::Unreadable, &revision).await;
    store.set_aside(&key(), None).await.unwrap();
    assert_empty(&*store, &key()).await;
    set(&*store, &key(), None, &value("second")).await;
    store.set_aside(&key(), None).await.unwrap();
    assert_holds(&*store, &key(), &value("second")).await;
}

pub async fn an_incompatible_value_stays(environment: Environment) {
    let store = environment.handle().await;
    let revision = set(&*store, &key(), None, &value("s3cret")).await;
    environment.make_incompatible(&key()).await;
    assert_unusable(&*store, StoreErrorKind::Incompatible, &revision).await;
    for expected in [None, Some(&revision)] {
        // An error, or nothing done.
        let place = store.set_aside(&key(), expected).await.unwrap_or(None);
        assert_eq!(place, None, "what is incompatible was moved out of the way");
    }
    assert_unusable(&*store, StoreErrorKind::Incompatible, &revision).await;
}
