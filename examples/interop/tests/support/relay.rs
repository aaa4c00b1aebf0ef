//! What stands before the emulator: takes TLS, if asked for, passes on what is in it, and remembers what clients sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, split};
use tokio::net::{TcpListener, TcpStream};

use super::ca::Ca;

pub struct Relay {
    pub url: String,
    pub ca: Option<Ca>,
    sent: Sent,
}

type Sent = Arc<Mutex<Vec<u8>>>;

impl Relay {
    /// Runs until the runtime of the test ends.
    pub async fn start(upstream: SocketAddr, ca: Option<Ca>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = match &ca {
            Some(_) => format!("https://localhost:{}", address.port()),
            None => format!("http://{address}"),
        };
        let sent = Sent::default();
        let (acceptor, sink) = (ca.as_ref().map(Ca::acceptor), Arc::clone(&sent));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (acceptor, sink) = (acceptor.clone(), Arc::clone(&sink));
                tokio::spawn(async move {
                    match acceptor {
                        None => pass_on(client, upstream, &sink).await,
                        // A client that does not trust the certificate ends here, and its test fails.
                        Some(acceptor) => {
                            let Ok(client) = acceptor.accept(client).await else { return };
                            pass_on(client, upstream, &sink).await;
                        }
                    }
                });
            }
        });
        Self { url, ca, sent }
    }

    /// What clients sent since the last look.
    pub fn take_sent(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.sent.lock().unwrap())).unwrap()
    }
}

async fn pass_on(client: impl AsyncRead + AsyncWrite, upstream: SocketAddr, sent: &Sent) {
    let (mut from_client, mut to_client) = split(client);
    let (mut from_server, mut to_server) = split(TcpStream::connect(upstream).await.unwrap());
    let there = async {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
            sent.lock().unwrap().extend_from_slice(&buffer[..length]);
            to_server.write_all(&buffer[..length]).await?;
        }
        to_server.shutdown().await
    };
    let back = async {
        copy(&mut from_server, &mut to_client).await?;
        to_client.shutdown().await
    };
    let _ = tokio::join!(there, back);
}
