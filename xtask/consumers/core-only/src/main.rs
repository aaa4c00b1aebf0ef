//! Core alone: requests and answers over a blocking socket, with neither a backend nor a runtime.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;

use bytes::Bytes;
use http::{Request, Response};
use line_channel_token::{BaseUrl, ChannelId, ChannelSecret, Clock, SystemClock, Timing, request, response};

fn main() -> Result<(), Box<dyn Error>> {
    let base = BaseUrl::new(std::env::var("EMULATOR_URL")?)?;
    let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new(std::env::var("EMULATOR_SECRET")?)?);
    let sent_at = SystemClock.now();
    let answer = send(request::issue_stateless(&base, &id, &secret)?)?;
    let token = response::issue_stateless(&answer, Timing { sent_at, received_at: SystemClock.now() })?;
    assert_eq!(token.expires_in().as_secs(), 900);
    Ok(())
}

fn send(request: Request<Bytes>) -> Result<Response<Bytes>, Box<dyn Error>> {
    let authority = request.uri().authority().ok_or("no authority")?.as_str();
    let mut socket = TcpStream::connect(authority)?;
    let (path, length) = (request.uri().path(), request.body().len());
    write!(socket, "POST {path} HTTP/1.0\r\ncontent-length: {length}\r\n")?;
    write!(socket, "content-type: application/x-www-form-urlencoded\r\n\r\n")?;
    socket.write_all(request.body())?;
    let mut text = String::new();
    socket.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or("no body")?;
    let status = head.split(' ').nth(1).ok_or("no status")?;
    Ok(Response::builder().status(status).body(Bytes::from(body.to_owned()))?)
}
