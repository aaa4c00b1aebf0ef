//! Name resolution and TCP.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;

use line_channel_token_core::TransportErrorKind;

use crate::deadline::Deadline;
use crate::failure::{Cause, Failure};
use crate::io_errors;

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
    let left = deadline.left()?;
    let (sender, receiver) = mpsc::sync_channel(1);
    let name = bare.to_owned();
    let lookup = move || sender.send((name.as_str(), port).to_socket_addrs().map(Vec::from_iter));
    thread::Builder::new()
        .name("line-channel-token-dns".to_owned())
        .spawn(lookup)
        .map_err(|error| failed_lookup(&error, "dns: the process may start no thread for the lookup"))?;
    match receiver.recv_timeout(left) {
        Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
        Ok(Ok(_)) => Err(Failure::connect("the host has no address that can be connected to")),
        Ok(Err(error)) => Err(failed_lookup(&error, io_errors::lookup_cause(&error))),
        Err(_) => Err(deadline.expired().into()),
    }
}

fn failed_lookup(error: &io::Error, words: impl Into<std::borrow::Cow<'static, str>>) -> Failure {
    let system_error = error.raw_os_error();
    Failure::Known(Cause { kind: TransportErrorKind::Connect, words: words.into(), system_error })
}
