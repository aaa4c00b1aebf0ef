//! What ureq reads from and writes to.

use std::fmt;
use std::io::{self, Read, Write};

use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};
use zeroize::{Zeroize, Zeroizing};

use crate::call::begin_writing;
use crate::channel::Channel;
use crate::deadline::Deadline;
use crate::failure::Failure;

/// More than the largest head of a response, and than the longest line of a request that ureq writes.
const INPUT: usize = 96 * 1024;
const OUTPUT: usize = 32 * 1024;

/// One connection. It writes the request line itself, because ureq writes the one that it knows into the log.
pub(crate) struct Wire {
    channel: Channel,
    buffers: LazyBuffers,
    encrypted: bool,
    /// A header, with the end of its line, for a proxy that forwards each request.
    authorization: Option<Zeroizing<String>>,
}

impl Wire {
    pub(crate) fn new(channel: Channel, encrypted: bool, authorization: Option<Zeroizing<String>>) -> Self {
        Self { channel, buffers: LazyBuffers::new(INPUT, OUTPUT), encrypted, authorization }
    }

    fn transmit(&mut self, amount: usize, target: Option<&str>) -> io::Result<()> {
        let output = self.buffers.output().get_mut(..amount).unwrap_or_default();
        let sent = match target.map(|target| head(output, target, self.authorization.as_deref())) {
            Some(Some(head)) => self.channel.write_all(&head),
            // Never so: ureq begins with the request line.
            Some(None) => Err(io::ErrorKind::InvalidInput.into()),
            None => self.channel.write_all(output),
        };
        // The body holds secrets, and the buffer lives as long as the connection.
        output.zeroize();
        sent.and_then(|()| self.channel.flush())
    }
}

/// The first part of a request, with this target in its first line in place of the one that ureq wrote.
fn head(output: &[u8], target: &str, authorization: Option<&String>) -> Option<Zeroizing<Vec<u8>>> {
    let method = output.split(|&byte| byte == b' ').next()?;
    let line = output.windows(2).position(|two| two == b"\r\n")?;
    let rest = output.get(line..)?;
    let authorization = authorization.map(|header| format!("\r\n{}", header.trim_ascii_end())).map(Zeroizing::new);
    let authorization = authorization.as_deref().map(String::as_bytes).unwrap_or_default();
    Some(Zeroizing::new([method, b" ", target.as_bytes(), b" HTTP/1.1", authorization, rest].concat()))
}

impl Transport for Wire {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.channel.set_deadline(Deadline::of(timeout));
        let target = begin_writing();
        self.transmit(amount, target.as_deref().map(String::as_str))
            .map_err(|error| Failure::while_exchanging(&error).into_ureq())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.channel.set_deadline(Deadline::of(timeout));
        // As an error of ours: ureq takes some of the operating system's for the end of a body.
        let count = self
            .channel
            .read(self.buffers.input_append_buf())
            .map_err(|error| Failure::while_exchanging(&error).into_ureq())?;
        self.buffers.input_appended(count);
        Ok(count > 0)
    }

    fn is_open(&mut self) -> bool {
        self.channel.is_idle()
    }

    fn is_tls(&self) -> bool {
        self.encrypted
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("encrypted", &self.encrypted).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::head;

    #[test]
    fn the_request_line_gets_its_target() {
        let output = b"GET / HTTP/1.1\r\nhost: h\r\n\r\n";
        let written = |authorization: Option<&str>| {
            let authorization = authorization.map(ToOwned::to_owned);
            String::from_utf8(head(output, "/p?q=1", authorization.as_ref()).unwrap().to_vec()).unwrap()
        };
        assert_eq!(written(None), "GET /p?q=1 HTTP/1.1\r\nhost: h\r\n\r\n");
        let with_header = written(Some("Proxy-Authorization: Basic eA==\r\n"));
        assert_eq!(with_header, "GET /p?q=1 HTTP/1.1\r\nProxy-Authorization: Basic eA==\r\nhost: h\r\n\r\n");
    }
}
