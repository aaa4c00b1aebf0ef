//! What an error of reqwest means for the call.

use std::error::Error as StdError;
use std::io;

use line_channel_token_core::{Sent, TransportError, TransportErrorKind};

/// The transport error for an error of reqwest, without its URL.
pub(crate) fn transport_error(error: reqwest::Error, sent: Sent) -> TransportError {
    let error = error.without_url();
    let failure = TransportError::new(kind(&error), sent);
    // A caller's own redirect policy can put an error with a URL below another one, out of reach.
    if chain(&error).filter_map(|cause| cause.downcast_ref::<reqwest::Error>()).any(|cause| cause.url().is_some()) {
        return failure;
    }
    failure.with_source(error)
}

fn kind(error: &reqwest::Error) -> TransportErrorKind {
    // First, because a caller's own redirect policy can put any error below such a one.
    if error.is_redirect() || error.is_builder() {
        TransportErrorKind::Other
    } else if error.is_connect() {
        TransportErrorKind::Connect
    } else if error.is_timeout() {
        TransportErrorKind::Timeout
    } else {
        kind_of_causes(error)
    }
}

/// A connection that broke, unless a cause says that what came over it was wrong.
fn kind_of_causes(error: &(dyn StdError + 'static)) -> TransportErrorKind {
    let mut kind = TransportErrorKind::Other;
    for cause in chain(error) {
        if let Some(cause) = cause.downcast_ref::<hyper::Error>() {
            if cause.is_parse() || cause.is_user() {
                return TransportErrorKind::Other;
            }
            kind = TransportErrorKind::Interrupted;
        } else if let Some(cause) = cause.downcast_ref::<io::Error>() {
            if matches!(cause.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) {
                return TransportErrorKind::Other;
            }
            kind = TransportErrorKind::Interrupted;
        }
    }
    kind
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

#[cfg(test)]
mod tests {
    use std::fmt;
    use std::io;

    use line_channel_token_core::TransportErrorKind;

    use super::kind_of_causes;

    #[derive(Debug)]
    struct Outer(io::Error);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("outer")
        }
    }

    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn the_cause_at_the_end_of_the_chain_decides() {
        for (io, kind) in [
            (io::ErrorKind::ConnectionReset, TransportErrorKind::Interrupted),
            (io::ErrorKind::UnexpectedEof, TransportErrorKind::Interrupted),
            (io::ErrorKind::InvalidData, TransportErrorKind::Other),
        ] {
            assert_eq!(kind_of_causes(&Outer(io.into())), kind);
        }
        assert_eq!(kind_of_causes(&fmt::Error), TransportErrorKind::Other);
    }
}
