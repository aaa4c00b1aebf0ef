//! I/O errors, in our own words.

use std::borrow::Cow;
use std::io::{self, ErrorKind};

/// Why an operation on a socket failed, if it is known. `closed` is what the end of the connection is called.
///
/// ```
/// use std::io;
///
/// use line_channel_token_transport::io_errors;
///
/// let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
/// assert_eq!(io_errors::cause(&refused, "connection closed").as_deref(), Some("connection refused"));
/// ```
#[must_use]
pub fn cause(error: &io::Error, closed: &'static str) -> Option<Cow<'static, str>> {
    let cause = match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused",
        ErrorKind::ConnectionReset => "connection reset",
        ErrorKind::ConnectionAborted => "connection aborted",
        ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => closed,
        ErrorKind::NotConnected => "the host has no address that can be connected to",
        ErrorKind::HostUnreachable => "host unreachable",
        ErrorKind::NetworkUnreachable => "network unreachable",
        ErrorKind::NetworkDown => "network down",
        ErrorKind::AddrInUse | ErrorKind::AddrNotAvailable => "no local address or port is free",
        ErrorKind::PermissionDenied => "the operating system does not permit it",
        ErrorKind::TimedOut => "the operating system's timeout passed",
        _ => match error.raw_os_error() {
            Some(code) if is_out_of_files(code) => OUT_OF_FILES,
            Some(code) => return Some(format!("os error {code}").into()),
            None => return None,
        },
    };
    Some(cause.into())
}

/// Why a name could not be looked up, if the operating system gives this code.
///
/// ```
/// use line_channel_token_transport::io_errors;
///
/// assert_eq!(io_errors::lookup_cause(None), "dns: no such host, or no name server responded");
/// ```
#[must_use]
pub fn lookup_cause(system_error: Option<i32>) -> Cow<'static, str> {
    match system_error {
        Some(code) if is_out_of_files(code) => format!("dns: {OUT_OF_FILES}").into(),
        _ => "dns: no such host, or no name server responded".into(),
    }
}

const OUT_OF_FILES: &str = "too many open files";

/// EMFILE and ENFILE, which have no kind of their own.
fn is_out_of_files(code: i32) -> bool {
    if cfg!(windows) { code == 10024 } else { matches!(code, 23 | 24) }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{cause, lookup_cause};

    #[test]
    fn each_kind_has_its_words() {
        for (kind, words) in [
            (io::ErrorKind::ConnectionRefused, "connection refused"),
            (io::ErrorKind::ConnectionReset, "connection reset"),
            (io::ErrorKind::NetworkUnreachable, "network unreachable"),
            (io::ErrorKind::UnexpectedEof, "closed"),
        ] {
            assert_eq!(cause(&io::Error::from(kind), "closed").as_deref(), Some(words));
        }
        assert_eq!(cause(&io::Error::other("s3cret"), "closed"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_number_without_a_kind_is_told() {
        let full = io::Error::from_raw_os_error(24);
        assert_eq!(cause(&full, "closed").as_deref(), Some("too many open files"));
        assert_eq!(lookup_cause(full.raw_os_error()), "dns: too many open files");
        assert_eq!(cause(&io::Error::from_raw_os_error(105), "closed").as_deref(), Some("os error 105"));
    }
}
