//! Tunnels through HTTP proxies (RFC 9110, 9.3.6).

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use line_channel_token_transport::ProxyUrl;
use zeroize::Zeroizing;

use crate::channel::Channel;
use crate::failure::Failure;

/// The largest response head of a proxy, in bytes.
const MAX_HEAD: usize = 8 * 1024;

/// Has the proxy open a tunnel to a host, as a URL has it.
pub(crate) fn open(channel: &mut Channel, proxy: &ProxyUrl, host: &str, port: u16) -> Result<(), Failure> {
    let mut request = Zeroizing::new(format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n"));
    if let Some(header) = authorization(proxy) {
        request.push_str(&header);
    }
    request.push_str("\r\n");
    let failed = |error| Failure::while_connecting(&error).at(proxy);
    channel.write_all(request.as_bytes()).and_then(|()| channel.flush()).map_err(failed)?;
    let refused = |why: &str| Failure::connect(format!("proxy {proxy} refused: {why}"));
    let mut head = Vec::new();
    // Byte by byte: what follows the head belongs to the server.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= MAX_HEAD {
            return Err(refused("the headers of its response are too large"));
        }
        let mut byte = [0];
        match channel.read(&mut byte).map_err(failed)? {
            0 => return Err(refused("it closed the connection")),
            _ => head.extend(byte),
        }
    }
    match head.get(..13) {
        Some([b'H', b'T', b'T', b'P', b'/', b'1', b'.', _, b' ', status @ .., b' ' | b'\r']) => match status {
            [b'2', _, _] => Ok(()),
            b"407" => Err(refused("407 proxy authentication required (user and password in its URL?)")),
            _ => Err(refused("it opens no tunnel to the host")),
        },
        _ => Err(refused("it opens no tunnel to the host")),
    }
}

/// The header with user and password, and the end of its line.
pub(crate) fn authorization(proxy: &ProxyUrl) -> Option<Zeroizing<String>> {
    let (user, password) = proxy.expose_credentials()?;
    let pair = Zeroizing::new([&user[..], b":", &password[..]].concat());
    Some(Zeroizing::new(format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(&*pair))))
}
