//! What `Display` of an error says if the URL is https.

use std::sync::Arc;

use line_channel_token_core::{Sent, TransportErrorKind};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::calls::{Make, PATH, backend, fails, generous_limits, message, post, short_timeout};
use crate::cases::error_messages::{check_cause, check_refused, check_unknown_host};
use crate::server::Server;
use crate::test_ca::{ServerCertificate, server_config};

pub use crate::cases::error_messages::RULE;

/// No server listens.
pub async fn a_refused_tls_connection_is_named(make: Make) {
    check_refused(make, "https").await;
}

/// The top-level domain `invalid` is reserved and never resolves.
pub async fn an_unknown_tls_host_is_a_dns_error(make: Make) {
    check_unknown_host(make, "https").await;
}

/// Each way in which a certificate can be wrong.
pub async fn a_certificate_error_says_why(make: Make) {
    for (certificate, cause) in [
        (ServerCertificate::Expired, "it expired"),
        (ServerCertificate::OtherHost, "it is for another host"),
        (ServerCertificate::UnknownIssuer, "unknown issuer (a private CA, or a proxy that reads TLS? add its root)"),
        (
            ServerCertificate::CaCertificate,
            "a CA certificate is used as the server's own (self-signed by `openssl req -x509`: make it with \
             basicConstraints=CA:FALSE)",
        ),
        (ServerCertificate::ClientOnly, "it is not meant for servers (extended key usage)"),
    ] {
        let server = Server::tls(certificate, |mut connection| async move { connection.closed().await }).await;
        let kind = TransportErrorKind::Certificate;
        check_cause(make, &server.url(PATH), generous_limits(), kind, Sent::NotSent, cause).await;
    }
}

/// The URL says https, and the server speaks plain HTTP.
pub async fn plain_http_is_suspected_behind_https(make: Make) {
    let plain = Server::plain(|mut connection| async move {
        let _ = connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        connection.closed().await;
    })
    .await;
    let url = plain.url(PATH).replace("http://", "https://");
    let cause = "no TLS: the port does not speak TLS (plain http?)";
    check_cause(make, &url, generous_limits(), TransportErrorKind::Connect, Sent::NotSent, cause).await;
}

/// The handshake begins and the server closes the connection.
pub async fn a_close_during_the_handshake_is_named(make: Make) {
    let server = Server::plain(|mut connection| async move { connection.any_bytes().await }).await;
    let url = server.url(PATH).replace("http://", "https://");
    let cause = "connection closed during the TLS handshake";
    check_cause(make, &url, generous_limits(), TransportErrorKind::Connect, Sent::NotSent, cause).await;
}

/// The handshake reaches the deadline.
pub async fn a_slow_handshake_is_named(make: Make) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}{PATH}", listener.local_addr().unwrap());
    let cause = "no complete response within 200 ms";
    check_cause(make, &url, short_timeout(), TransportErrorKind::Timeout, Sent::NotSent, cause).await;
}

/// The server speaks HTTP/2 alone, and the backend says in the handshake that it speaks HTTP/1.1.
pub async fn a_server_without_http_1_is_named(make: Make) {
    let mut config = server_config(ServerCertificate::Valid, rustls::ALL_VERSIONS);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = Server::start(Some(acceptor), |mut connection| async move { connection.closed().await }).await;
    let (kind, sent) = (TransportErrorKind::Connect, Sent::NotSent);
    let error = fails(&*backend(make), post(&server), generous_limits(), kind, sent, "h2").await;
    assert_eq!(error.to_string(), message(kind, sent, "TLS: the server does not offer HTTP/1.1 (ALPN)"));
}
