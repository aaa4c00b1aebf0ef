//! The table that the program prints.

use std::time::Duration;

use line_channel_token::{AccessToken, Operation, RequestId};

pub(crate) fn head() {
    println!("{:<26}{:<31}{:<44}{:<38}{:>9}", "operation", "method and path", "outcome", "request id", "time");
}

pub(crate) fn row(operation: Operation, outcome: &str, request_id: Option<&RequestId>, time: Duration) {
    let request = format!("{} {}", operation.method(), operation.path());
    let request_id = request_id.map_or("-", RequestId::as_str);
    let time = format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    println!("{:<26}{request:<31}{outcome:<44}{request_id:<38}{time:>9}", operation.as_str());
}

/// A line below a row, for what does not fit into a column.
pub(crate) fn detail(text: impl std::fmt::Display) {
    println!("    {text}");
}

/// The first characters of a token, which identify it to a reader and are of no use to a thief.
pub(crate) fn redacted(token: &AccessToken) -> String {
    let shown: String = token.expose_secret().chars().take(6).collect();
    format!("{shown}…")
}

pub(crate) fn lifetime(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=172_799 => format!("{} min", seconds / 60),
        seconds => format!("{} days", seconds / 86_400),
    }
}
