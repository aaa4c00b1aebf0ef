//! The transport errors of a failed exchange: their kind by the types of the causes, and the cause in our own words.
//!
//! No error of another library is attached: their texts can hold hosts, names of certificates, headers, and whatever the
//! caller's own connector puts there. Only the code of the operating system is, as a new `std::io::Error`.

use std::error::Error as StdError;
use std::io;

use line_channel_token_core::{Sent, TransportError};

use crate::attempt::Attempt;
use crate::over_hyper::error_kinds::{kind_of_causes, kind_of_connect_error};
use crate::over_hyper::{causes, proxy_errors};
use crate::own_errors::UNKNOWN;

/// The error of a connection that was not established.
#[must_use]
pub fn connect_error(error: &(dyn StdError + 'static), sent: Sent, attempt: &Attempt) -> TransportError {
    let failure = TransportError::new(kind_of_connect_error(error), sent);
    let cause = proxy_errors::refusal(error, attempt).unwrap_or_else(|| {
        let cause = causes::tls_cause(error).or_else(|| causes::connect_cause(error)).unwrap_or(UNKNOWN.into());
        match &attempt.proxy {
            Some(proxy) if proxy_errors::failed_at_proxy(error, attempt) => format!("proxy {proxy}: {cause}").into(),
            _ => cause,
        }
    });
    with_system_error(failure.with_detail(cause), error)
}

/// The error of an exchange that failed after its connection was established.
#[must_use]
pub fn exchange_error(error: &(dyn StdError + 'static), sent: Sent, attempt: &Attempt) -> TransportError {
    let failure = TransportError::new(kind_of_causes(error), sent);
    let cause = causes::tls_cause(error).or_else(|| causes::exchange_cause(error, attempt)).unwrap_or(UNKNOWN.into());
    with_system_error(failure.with_detail(cause), error)
}

/// The error of the operating system, so that a caller can still look for its kind.
fn with_system_error(failure: TransportError, error: &(dyn StdError + 'static)) -> TransportError {
    match causes::system_error(error) {
        Some(code) => failure.with_source(io::Error::from_raw_os_error(code)),
        None => failure,
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;
    use std::fmt;
    use std::io;

    use line_channel_token_core::{Sent, TransportErrorKind};

    use crate::attempt::Attempt;

    use super::{connect_error, exchange_error};

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
