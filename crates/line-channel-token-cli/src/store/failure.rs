//! What a script and a person can do about the errors of a store.

use line_channel_token::store::{StoreError, StoreErrorKind};

use crate::failure::{Exit, Failure};
use crate::library_words::for_people;

/// The failure of a command that needs the store.
pub(crate) fn failure(error: &StoreError) -> Failure {
    let (exit, kind) = exit_and_kind(error.kind());
    Failure::new(exit, kind, for_people(&error.to_string()))
}

/// The text, for a warning.
pub(crate) fn error(error: &StoreError) -> String {
    for_people(&error.to_string())
}

fn exit_and_kind(kind: StoreErrorKind) -> (Exit, &'static str) {
    match kind {
        StoreErrorKind::Unavailable => (Exit::TryLater, "store_unavailable"),
        StoreErrorKind::Full => (Exit::Other, "store_full"),
        StoreErrorKind::Denied => (Exit::Usage, "store_denied"),
        StoreErrorKind::Incompatible => (Exit::Usage, "store_incompatible"),
        StoreErrorKind::InvalidSettings => (Exit::Usage, "store_settings"),
        StoreErrorKind::Unreadable => (Exit::Other, "store_unreadable"),
        _ => (Exit::Other, "store"),
    }
}
