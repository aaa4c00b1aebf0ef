//! A backend of one's own: plain HTTP/1.0 over a tokio socket, one connection for each request.

use std::error::Error;
use std::io;

use bytes::Bytes;
use http::{Request, Response};
use line_channel_token::emulator::{EmulatedChannel, Emulator};
use line_channel_token::{
    ChannelId, ChannelSecret, Client, HttpBackend, Limits, Sent, TransportError, TransportErrorKind,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[derive(Debug)]
struct PlainSocket;

#[async_trait::async_trait]
impl HttpBackend for PlainSocket {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        match tokio::time::timeout(limits.timeout, exchange(request, limits.max_body)).await {
            Ok(outcome) => outcome.map_err(|error| {
                // Nothing here can tell whether the server got the request, and `Maybe` is the answer that does no harm.
                TransportError::new(TransportErrorKind::Interrupted, Sent::Unknown).with_source(error)
            }),
            Err(_) => Err(TransportError::new(TransportErrorKind::Timeout, Sent::Unknown)),
        }
    }
}

async fn exchange(request: Request<Bytes>, max_body: usize) -> io::Result<Response<Bytes>> {
    let uri = request.uri();
    let authority = uri.authority().ok_or(io::ErrorKind::InvalidInput)?;
    let mut socket = TcpStream::connect((authority.host(), authority.port_u16().unwrap_or(80))).await?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut head = format!("{} {path} HTTP/1.0\r\nhost: {authority}\r\n", request.method());
    for (name, value) in request.headers() {
        head.push_str(&format!("{name}: {}\r\n", value.to_str().map_err(io::Error::other)?));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", request.body().len()));
    socket.write_all(head.as_bytes()).await?;
    socket.write_all(request.body()).await?;
    let mut answer = Vec::new();
    socket.take(max_body as u64 + 16 * 1024).read_to_end(&mut answer).await?;
    parse(&answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn parse(answer: &[u8]) -> Option<Response<Bytes>> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let mut lines = std::str::from_utf8(&answer[..end]).ok()?.split("\r\n");
    let mut response = Response::builder().status(lines.next()?.split(' ').nth(1)?);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        response = response.header(name, value.trim());
    }
    response.body(Bytes::copy_from_slice(&answer[end + 4..])).ok()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    let server = emulator.serve(([127, 0, 0, 1], 0).into()).await?;
    let client = Client::builder(PlainSocket).base_url(server.base_url()).build();
    let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);

    let token = client.issue(&id, &secret).await?;
    let verified = client.verify(token.access_token()).await?;
    println!("issued a token for channel {}, {} seconds left", verified.channel_id(), verified.expires_in().as_secs());
    let refusal = client.issue(&id, &ChannelSecret::new("wrong")?).await.err().ok_or("a wrong secret was accepted")?;
    println!("and a wrong secret is refused: {refusal}");
    server.shutdown().await;
    Ok(())
}
