//! One call, timed, shown, and held against what was expected.

use std::future::Future;

use line_channel_token::{Clock, Error, ErrorKind, Operation, RequestId, SystemClock};

use crate::table;

/// Makes a call that must succeed; `outcome` says what to show of its value, or why it is not what was expected.
pub(crate) async fn succeeds<T>(
    operation: Operation,
    call: impl Future<Output = Result<T, Error>>,
    request_id: impl Fn(&T) -> Option<&RequestId>,
    outcome: impl FnOnce(&T) -> Result<String, String>,
) -> Result<T, String> {
    let started = SystemClock.now();
    let result = call.await;
    let time = SystemClock.now().since(started);
    match result {
        Ok(value) => {
            let shown = outcome(&value).map_err(|fault| format!("{operation} succeeded, but {fault}"))?;
            table::row(operation, &shown, request_id(&value), time);
            Ok(value)
        }
        Err(error) => {
            table::row(operation, "FAILED", error.request_id(), time);
            Err(explained(&error))
        }
    }
}

/// Makes a call that the server must refuse in this way.
pub(crate) async fn is_refused<T>(
    operation: Operation,
    why: &str,
    expected: ErrorKind,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<(), String> {
    let started = SystemClock.now();
    let result = call.await;
    let time = SystemClock.now().since(started);
    match result {
        Err(error) if error.kind() == expected => {
            table::row(operation, &format!("refused, as it should be: {why}"), error.request_id(), time);
            table::detail(&error);
            Ok(())
        }
        Err(error) => Err(format!("{why}: expected {expected:?}, got {:?}: {}", error.kind(), explained(&error))),
        Ok(_) => Err(format!("{operation} succeeded, but should have been refused: {why}")),
    }
}

/// The error with the whole chain of its causes.
pub(crate) fn explained(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
