//! Name resolution and TCP.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;

use line_channel_token_core::TransportErrorKind;
use line_channel_token_transport::io_errors;

use crate::deadline::Deadline;
use crate::failure::{Cause, Failure};

/// A TCP connection to a host as a URL has it.
pub(crate) fn dial(host: &str, port: u16, deadline: Deadline) -> Result<TcpStream, Failure> {
    let addresses = look_up(host, port, deadline)?;
    let count = addresses.len();
    let mut last = Failure::connect("the host has no address that can be connected to");
    for (at, address) in addresses.into_iter().enumerate() {
        let left = deadline.left()?;
        // An address that does not respond must leave time for those behind it.
        let share = if at + 1 < count { left / 2 } else { left };
        match TcpStream::connect_timeout(&address, share) {
            Ok(stream) => {
                stream.set_nodelay(true).map_err(|error| Failure::while_connecting(&error))?;
                return Ok(stream);
            }
            // Without a number it is the end of the share.
            Err(error) if error.kind() == io::ErrorKind::TimedOut && error.raw_os_error().is_none() => {
                last = deadline.expired().into();
            }
            Err(error) => last = Failure::while_connecting(&error),
        }
    }
    Err(last)
}

/// The addresses of a host. The lookup itself cannot be interrupted, so it has a thread of its own, which nobody waits for
/// after the deadline.
pub(crate) fn look_up(host: &str, port: u16, deadline: Deadline) -> Result<Vec<SocketAddr>, Failure> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let name = bare.to_owned();
    within(deadline, move || (name.as_str(), port).to_socket_addrs().map(Vec::from_iter))
}

/// What the lookup finds by the deadline.
fn within(
    deadline: Deadline,
    lookup: impl FnOnce() -> io::Result<Vec<SocketAddr>> + Send + 'static,
) -> Result<Vec<SocketAddr>, Failure> {
    let left = deadline.left()?;
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("line-channel-token-dns".to_owned())
        .spawn(move || sender.send(lookup()))
        .map_err(|error| failed_lookup(&error, "dns: the process may start no thread for the lookup"))?;
    match receiver.recv_timeout(left) {
        Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
        Ok(Ok(_)) => Err(Failure::connect("the host has no address that can be connected to")),
        Ok(Err(error)) => Err(failed_lookup(&error, io_errors::lookup_cause(error.raw_os_error()))),
        Err(_) => Err(deadline.expired().into()),
    }
}

fn failed_lookup(error: &io::Error, words: impl Into<std::borrow::Cow<'static, str>>) -> Failure {
    let system_error = error.raw_os_error();
    Failure::Known(Cause { kind: TransportErrorKind::Connect, words: words.into(), system_error })
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::SocketAddr;
    use std::sync::mpsc;
    use std::time::Duration;

    use ureq::Timeout;
    use ureq::unversioned::transport::NextTimeout;

    use super::{dial, look_up, within};
    use crate::deadline::{Deadline, Expired};
    use crate::failure::Failure;

    fn in_millis(millis: u64) -> Deadline {
        let after = Duration::from_millis(millis).into();
        Deadline::of(NextTimeout { after, reason: Timeout::Connect, ..NextTimeout::default() })
    }

    #[test]
    fn a_lookup_that_hangs_is_left_behind() {
        let (end, never) = mpsc::channel::<()>();
        let hanging = move || {
            let _ = never.recv();
            Ok(Vec::<SocketAddr>::new())
        };
        let outcome = within(in_millis(20), hanging);
        assert!(matches!(outcome, Err(Failure::Expired(Expired(Timeout::Connect)))), "{outcome:?}");
        drop(end);
    }

    #[test]
    fn a_lookup_without_an_address_is_no_connection() {
        for (found, words) in [
            (Ok(Vec::new()), "the host has no address that can be connected to"),
            (Err(io::Error::other("s3cret")), "dns: no such host, or no name server responded"),
        ] {
            match within(in_millis(10_000), move || found) {
                Err(Failure::Known(cause)) => assert_eq!(cause.words, words),
                outcome => panic!("{outcome:?}"),
            }
        }
    }

    #[test]
    fn without_time_nothing_is_begun() {
        for outcome in [look_up("localhost", 1, in_millis(0)).map(drop), dial("127.0.0.1", 1, in_millis(0)).map(drop)] {
            assert!(matches!(outcome, Err(Failure::Expired(_))), "{outcome:?}");
        }
    }

    #[test]
    fn an_address_needs_no_lookup() {
        for (host, address) in [("192.0.2.1", "192.0.2.1:443"), ("[2001:db8::1]", "[2001:db8::1]:443")] {
            let found = look_up(host, 443, in_millis(0)).unwrap_or_default();
            assert_eq!(found, [address.parse().unwrap()]);
        }
    }
}
