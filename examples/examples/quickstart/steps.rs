//! One call, timed, shown, and held against what was expected.

use std::future::Future;

use line_channel_token::{
    ChannelId, Clock, Error, ErrorKind, IssuedToken, Operation, RequestId, Revoked, SystemClock, VerifiedToken,
};

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

/// Issues a token, whose redacted prefix and lifetime are shown.
pub(crate) async fn issues<T: AsRef<IssuedToken>>(
    operation: Operation,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, String> {
    let shown = |token: &T| {
        let issued = token.as_ref();
        Ok(format!("{} for {}", table::redacted(issued.access_token()), table::lifetime(issued.expires_in())))
    };
    succeeds(operation, call, |token| token.as_ref().request_id(), shown).await
}

/// Verifies a token, which must be one of this channel's.
pub(crate) async fn verifies(
    operation: Operation,
    call: impl Future<Output = Result<VerifiedToken, Error>>,
    channel: &ChannelId,
) -> Result<(), String> {
    let shown = |verified: &VerifiedToken| match verified.channel_id() {
        id if id == channel => Ok(format!("valid, of channel {id}")),
        other => Err(format!("it belongs to channel {other}")),
    };
    succeeds(operation, call, |verified| verified.request_id(), shown).await.map(drop)
}

/// Revokes a token.
pub(crate) async fn revokes(
    operation: Operation,
    call: impl Future<Output = Result<Revoked, Error>>,
) -> Result<(), String> {
    succeeds(operation, call, |revoked| revoked.request_id(), |_| Ok("revoked".to_owned())).await.map(drop)
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
