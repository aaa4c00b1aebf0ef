//! What the causes of a failed exchange mean.

use std::error::Error as StdError;
use std::io;

use line_channel_token_core::TransportErrorKind;

/// What a failed exchange means: a connection that broke, unless a cause says that what came over it was wrong.
pub fn kind_of_causes(error: &(dyn StdError + 'static)) -> TransportErrorKind {
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

/// An error and all its causes.
pub fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
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
