//! The transport errors of a failed exchange: their kind by the types of the causes, and the cause in our own words.
//!
//! No error of another library is attached: their texts can hold hosts, names of certificates, headers, and whatever the
//! caller's own connector puts there. Only the code of the operating system is, as a new `std::io::Error`.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use line_channel_token_core::{Sent, TransportError, TransportErrorKind};

use crate::attempt::Attempt;
use crate::error_kinds::{kind_of_causes, kind_of_connect_error};
use crate::{io_errors, proxy_errors, tls_errors};

/// The error of a connection that was not established.
#[must_use]
pub fn connect_error(error: &(dyn StdError + 'static), sent: Sent, attempt: &Attempt) -> TransportError {
    let failure = TransportError::new(kind_of_connect_error(error), sent);
    let cause = proxy_errors::refusal(error, attempt).unwrap_or_else(|| {
        let cause = tls_errors::tls_cause(error).or_else(|| io_errors::connect_cause(error)).unwrap_or(UNKNOWN.into());
        match &attempt.proxy {
            Some(proxy) if proxy_errors::failed_at_proxy(error, attempt) => format!("proxy {proxy}: {cause}").into(),
            _ => cause,
        }
    });
    with_system_error(failure.with_detail(cause), error)
}

/// The error of a connection that took longer than its `limit`, if that is known.
#[must_use]
pub fn connect_timeout_error(limit: Option<Duration>, sent: Sent, attempt: &Attempt) -> TransportError {
    let through = attempt.proxy.as_ref().map(|proxy| format!(" through proxy {proxy}")).unwrap_or_default();
    let limit = limit.map_or_else(|| "the client allows".to_owned(), with_unit);
    TransportError::new(TransportErrorKind::Connect, sent)
        .with_detail(format!("connecting{through} took longer than {limit}"))
}

/// The error of an exchange that failed after its connection was established.
#[must_use]
pub fn exchange_error(error: &(dyn StdError + 'static), sent: Sent, attempt: &Attempt) -> TransportError {
    let failure = TransportError::new(kind_of_causes(error), sent);
    let cause =
        tls_errors::tls_cause(error).or_else(|| io_errors::exchange_cause(error, attempt)).unwrap_or(UNKNOWN.into());
    with_system_error(failure.with_detail(cause), error)
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

const UNKNOWN: &str = "the client reports a cause that this backend does not know";

/// The error of the operating system, so that a caller can still look for its kind.
fn with_system_error(failure: TransportError, error: &(dyn StdError + 'static)) -> TransportError {
    match io_errors::system_error(error) {
        Some(code) => failure.with_source(io::Error::from_raw_os_error(code)),
        None => failure,
    }
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
    use std::error::Error as _;
    use std::fmt;
    use std::io;
    use std::time::Duration;

    use line_channel_token_core::{Sent, TransportErrorKind};

    use crate::attempt::Attempt;

    use super::{connect_error, connect_timeout_error, exchange_error, timeout_error, with_unit};

    /// An error of a foreign connector, whose text holds what it should not.
    #[derive(Debug)]
    struct Foreign(io::Error);

    impl fmt::Display for Foreign {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("s3cret")
        }
    }

    impl std::error::Error for Foreign {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

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

    #[test]
    fn the_text_of_a_foreign_error_is_not_shown() {
        for inner in [
            io::Error::other("s3cret"),
            io::Error::new(io::ErrorKind::InvalidData, "s3cret"),
            io::Error::new(io::ErrorKind::ConnectionReset, "s3cret"),
            io::Error::from_raw_os_error(13),
        ] {
            let error = Foreign(inner);
            for failure in [
                connect_error(&error, Sent::NotSent, &Attempt::default()),
                exchange_error(&error, Sent::Unknown, &Attempt::default()),
            ] {
                let source = failure.source().map(|source| format!("{source} {source:?}"));
                let text = format!("{failure} {failure:?} {source:?}");
                assert!(!text.contains("s3cret"), "{text}");
                assert!(failure.to_string().contains(": "), "no cause is told: {failure}");
            }
        }
    }

    #[test]
    fn the_error_of_the_operating_system_is_the_source() {
        let refused = io::Error::from_raw_os_error(if cfg!(windows) { 10061 } else { 111 });
        let failure = connect_error(&Foreign(refused), Sent::NotSent, &Attempt::default());
        assert_eq!(failure.kind(), TransportErrorKind::Connect);
        if cfg!(any(windows, target_os = "linux")) {
            let source = failure.source().and_then(|source| source.downcast_ref::<io::Error>()).map(io::Error::kind);
            assert_eq!(source, Some(io::ErrorKind::ConnectionRefused));
            assert_eq!(failure.to_string(), "could not connect: connection refused");
        }
    }
}
