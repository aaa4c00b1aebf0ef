//! The deadline covers the TLS handshake too, and nothing is sent after it.

use std::time::Duration;

use http::Method;
use line_channel_token_core::{Sent, TransportErrorKind};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::calls::{FORM, Make, PATH, backend, fails, request, short_timeout};
use crate::cases::deadlines::{both_time_out, respond_and_stall};
use crate::server::Server;
use crate::test_ca::{ServerCertificate, acceptor};

pub use crate::cases::deadlines::RULE;

/// The headers begin and do not end.
pub async fn it_covers_the_headers_over_tls(make: Make) {
    let server =
        Server::tls(ServerCertificate::Valid, |connection| respond_and_stall(connection, "HTTP/1.1 200 O".to_owned()));
    both_time_out(make, &server.await).await;
}

/// TCP connects and TLS does not: nothing was sent, so even a call that must not arrive twice may be repeated.
pub async fn it_covers_the_tls_handshake_which_sends_nothing(make: Make) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}{PATH}", listener.local_addr().unwrap().port());
    let backend = backend(make);
    for (method, body) in [(Method::GET, ""), (Method::POST, FORM)] {
        let request = request(method, &url, body);
        fails(&*backend, request, short_timeout(), TransportErrorKind::Timeout, Sent::NotSent, "handshake").await;
    }
}

/// The server continues the handshake long after the call has failed. A caller repeats a call that sent nothing, even one
/// that must not arrive twice, so nothing may follow.
pub async fn nothing_is_sent_after_it_over_a_handshake_that_ends_late(make: Make) {
    for method in [Method::GET, Method::POST] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://127.0.0.1:{}{PATH}", listener.local_addr().unwrap().port());
        let request = request(method.clone(), &url, if method == Method::GET { "" } else { FORM });
        let backend = backend(make);
        fails(&*backend, request, short_timeout(), TransportErrorKind::Timeout, Sent::NotSent, method.as_str()).await;

        let (stream, _) = listener.accept().await.unwrap();
        // A client that has closed the connection by now has sent nothing either.
        let Ok(mut stream) = acceptor(ServerCertificate::Valid, rustls::ALL_VERSIONS).accept(stream).await else {
            continue;
        };
        let mut bytes = Vec::new();
        // A client may keep the connection for a later call, so the end need not come.
        let _ = timeout(Duration::from_millis(300), stream.read_to_end(&mut bytes)).await;
        assert!(bytes.is_empty(), "{method}: {} bytes came after the deadline", bytes.len());
    }
}
