//! Transport errors that a backend finds itself.

use std::borrow::Cow;
use std::time::Duration;

use line_channel_token_core::{Sent, TransportError, TransportErrorKind};

use crate::attempt::Attempt;

/// What is said of a cause that we have no words for.
pub const UNKNOWN: &str = "the client reports a cause that this backend does not know";

/// The error of a connection that took longer than its `limit`, if that is known.
#[must_use]
pub fn connect_timeout_error(limit: Option<Duration>, sent: Sent, attempt: &Attempt) -> TransportError {
    let through = attempt.proxy.as_ref().map(|proxy| format!(" through proxy {proxy}")).unwrap_or_default();
    let limit = limit.map_or_else(|| "the client allows".to_owned(), with_unit);
    TransportError::new(TransportErrorKind::Connect, sent)
        .with_detail(format!("connecting{through} took longer than {limit}"))
}

/// The error of a call that reached its deadline.
#[must_use]
pub fn timeout_error(limit: Duration, sent: Sent) -> TransportError {
    TransportError::new(TransportErrorKind::Timeout, sent)
        .with_detail(format!("no complete response within {}", with_unit(limit)))
}

/// The error of a request that cannot be sent at all.
#[must_use]
pub fn unsendable(why: impl Into<Cow<'static, str>>) -> TransportError {
    TransportError::new(TransportErrorKind::Other, Sent::NotSent).with_detail(why)
}

/// A duration with its unit: `5 s`, `1.5 s`, `200 ms`.
fn with_unit(duration: Duration) -> String {
    match duration.subsec_millis() {
        0 => format!("{} s", duration.as_secs()),
        millis if duration.as_secs() == 0 => format!("{millis} ms"),
        millis => format!("{}.{millis:03}", duration.as_secs()).trim_end_matches('0').to_owned() + " s",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::Sent;

    use super::{connect_timeout_error, timeout_error, with_unit};
    use crate::attempt::Attempt;

    #[test]
    fn durations_have_a_unit() {
        for (millis, cause) in
            [(0, "0 s"), (5000, "5 s"), (200, "200 ms"), (1500, "1.5 s"), (61_050, "61.05 s"), (10_001, "10.001 s")]
        {
            assert_eq!(with_unit(Duration::from_millis(millis)), cause);
        }
        assert_eq!(
            timeout_error(Duration::from_secs(10), Sent::Unknown).to_string(),
            "the deadline passed: no complete response within 10 s"
        );
    }

    #[test]
    fn a_slow_connection_names_its_limit_and_its_proxy() {
        let direct = Attempt::default();
        let through = Attempt { proxy: Some("http://127.0.0.1:3128".to_owned()), ..Attempt::default() };
        for (limit, attempt, text) in [
            (Some(Duration::from_secs(5)), &direct, "could not connect: connecting took longer than 5 s"),
            (None, &direct, "could not connect: connecting took longer than the client allows"),
            (
                Some(Duration::from_secs(5)),
                &through,
                "could not connect: connecting through proxy http://127.0.0.1:3128 took longer than 5 s",
            ),
        ] {
            assert_eq!(connect_timeout_error(limit, Sent::NotSent, attempt).to_string(), text);
        }
    }
}
