//! Tunnels through SOCKS proxies (RFC 1928 and 1929; SOCKS 4 and 4a).

use std::io::{Read, Write};
use std::net::IpAddr;

use line_channel_token_transport::{Protocol, ProxyUrl};
use zeroize::Zeroizing;

use crate::channel::Channel;
use crate::failure::Failure;

/// The host behind the proxy.
pub(crate) enum Target {
    /// The proxy looks the name up.
    Name(String),
    Address(IpAddr),
}

impl Target {
    /// The host of a URL.
    pub(crate) fn of_host(host: &str) -> Self {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        bare.parse().map_or_else(|_| Self::Name(bare.to_owned()), Self::Address)
    }
}

/// Has the proxy open a tunnel to a host.
pub(crate) fn open(channel: &mut Channel, proxy: &ProxyUrl, target: &Target, port: u16) -> Result<(), Failure> {
    let mut socks = Socks { channel, proxy };
    match proxy.protocol {
        Protocol::Socks4 | Protocol::Socks4a => socks.open_v4(target, port),
        _ => socks.open_v5(target, port),
    }
}

struct Socks<'a> {
    channel: &'a mut Channel,
    proxy: &'a ProxyUrl,
}

impl Socks<'_> {
    fn open_v5(&mut self, target: &Target, port: u16) -> Result<(), Failure> {
        const NO_AUTH: u8 = 0;
        const PASSWORD: u8 = 2;
        let credentials = self.proxy.expose_credentials();
        self.write(if credentials.is_some() { &[5, 2, NO_AUTH, PASSWORD] } else { &[5, 1, NO_AUTH] })?;
        match (self.read::<2>()?, credentials) {
            ([5, NO_AUTH], _) => {}
            ([5, PASSWORD], Some((user, password))) => self.authenticate(&user, &password)?,
            ([5, _], _) => return Err(self.refused("authentication required (user and password in its URL?)")),
            _ => return Err(self.not_socks()),
        }
        let mut request = vec![5, 1, 0];
        match target {
            Target::Address(IpAddr::V4(address)) => {
                request.push(1);
                request.extend(address.octets());
            }
            Target::Address(IpAddr::V6(address)) => {
                request.push(4);
                request.extend(address.octets());
            }
            Target::Name(name) => {
                request.push(3);
                self.push_short(&mut request, name.as_bytes())?;
            }
        }
        request.extend(port.to_be_bytes());
        self.write(&request)?;
        let [version, reply, _, kind] = self.read()?;
        if version != 5 {
            return Err(self.not_socks());
        }
        if let Some(why) = v5_refusal(reply) {
            return Err(self.refused(why));
        }
        // The address that the proxy connected from, which nobody needs.
        let length = match kind {
            1 => 4,
            4 => 16,
            3 => usize::from(u8::from_be_bytes(self.read()?)),
            _ => return Err(self.not_socks()),
        };
        for _ in 0..length + 2 {
            self.read::<1>()?;
        }
        Ok(())
    }

    fn authenticate(&mut self, user: &[u8], password: &[u8]) -> Result<(), Failure> {
        let mut message = Zeroizing::new(vec![1]);
        self.push_short(&mut message, user)?;
        self.push_short(&mut message, password)?;
        self.write(&message)?;
        match self.read()? {
            [_, 0] => Ok(()),
            [_, _] => Err(self.refused("wrong user or password")),
        }
    }

    fn open_v4(&mut self, target: &Target, port: u16) -> Result<(), Failure> {
        let mut request = vec![4, 1];
        request.extend(port.to_be_bytes());
        match target {
            Target::Address(IpAddr::V4(address)) => {
                request.extend(address.octets());
                request.push(0);
            }
            Target::Name(name) if self.proxy.protocol == Protocol::Socks4a => {
                // No user, and then the name.
                request.extend([0, 0, 0, 1, 0]);
                request.extend(name.as_bytes());
                request.push(0);
            }
            _ => return Err(self.refused("it does not support the host's kind of address")),
        }
        self.write(&request)?;
        let [version, reply, ..]: [u8; 8] = self.read()?;
        match (version, reply) {
            (0, 90) => Ok(()),
            (0, 92 | 93) => Err(self.refused("it asks for an identd")),
            (0, _) => Err(self.refused("it could not connect")),
            _ => Err(self.not_socks()),
        }
    }

    /// Adds a text of at most 255 bytes, after its length.
    fn push_short(&self, message: &mut Vec<u8>, text: &[u8]) -> Result<(), Failure> {
        let length = u8::try_from(text.len()).map_err(|_| {
            let proxy = self.proxy;
            Failure::connect(format!("proxy {proxy} cannot be used: user, password or host is too long for SOCKS"))
        })?;
        message.push(length);
        message.extend(text);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.channel.write_all(bytes).map_err(|error| Failure::while_connecting(&error).at(self.proxy))
    }

    fn read<const N: usize>(&mut self) -> Result<[u8; N], Failure> {
        let mut bytes = [0; N];
        match self.channel.read_exact(&mut bytes) {
            Ok(()) => Ok(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(self.refused("it closed the connection"))
            }
            Err(error) => Err(Failure::while_connecting(&error).at(self.proxy)),
        }
    }

    fn refused(&self, why: &str) -> Failure {
        Failure::connect(format!("proxy {} refused: {why}", self.proxy))
    }

    fn not_socks(&self) -> Failure {
        Failure::connect(format!("proxy {} does not speak SOCKS of this version", self.proxy))
    }
}

/// What the reply code of a SOCKS 5 proxy says, unless it is that of success.
fn v5_refusal(reply: u8) -> Option<&'static str> {
    Some(match reply {
        0 => return None,
        2 => "its rules do not allow the connection",
        3 => "network unreachable from there",
        4 => "host unreachable from there, or no such host",
        5 => "the host refused its connection",
        6 => "it could not connect in time",
        8 => "it does not support the host's kind of address",
        _ => "it could not connect",
    })
}
