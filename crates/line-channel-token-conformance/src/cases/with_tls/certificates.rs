//! Which servers are trusted.

use http::Method;
use line_channel_token_core::{Sent, TransportErrorKind};

use crate::calls::{FORM, Make, PATH, backend, both_fail, fails, generous_limits, post, request, succeeds};
use crate::cases::connections::respond_to_all;
use crate::run::Rule;
use crate::server::Server;
use crate::test_ca::ServerCertificate;

pub const RULE: Rule = Rule {
    says: "nothing is sent to a server whose certificate is not trusted, and the error says `Certificate`",
    hint: "trust the CA whose PEM the suite gives to your function, check name and date, accept TLS 1.2, and return `Certificate` for \
           a certificate and `Connect` for every other failure of the handshake, both with `Sent::NotSent`",
};

async fn not_trusted(make: Make, certificate: ServerCertificate) {
    let server = Server::tls(certificate, respond_to_all).await;
    both_fail(make, &server, generous_limits(), TransportErrorKind::Certificate, Sent::NotSent).await;
}

/// By name and by address.
pub async fn a_trusted_certificate_is_accepted(make: Make) {
    let server = Server::tls(ServerCertificate::Valid, respond_to_all).await;
    assert_eq!(succeeds(make, post(&server)).await.body(), "{}");
    let by_address = server.url(PATH).replace("localhost", "127.0.0.1");
    assert_eq!(succeeds(make, request(Method::GET, &by_address, "")).await.body(), "{}");
}

/// LINE asks for TLS 1.2 or newer.
pub async fn tls_1_2_is_enough(make: Make) {
    let server = Server::tls12(respond_to_all).await;
    assert_eq!(succeeds(make, post(&server)).await.body(), "{}");
}

/// Signed by a CA that is not trusted.
pub async fn an_unknown_issuer_is_not_trusted(make: Make) {
    not_trusted(make, ServerCertificate::UnknownIssuer).await;
}

/// Signed by the right CA, too long ago.
pub async fn an_expired_certificate_is_not_trusted(make: Make) {
    not_trusted(make, ServerCertificate::Expired).await;
}

/// Signed by the right CA, for another host.
pub async fn a_certificate_for_another_host_is_not_trusted(make: Make) {
    not_trusted(make, ServerCertificate::OtherHost).await;
}

/// The URL says https, and the server speaks plain HTTP.
pub async fn a_server_without_tls_is_no_certificate_error(make: Make) {
    let server = Server::plain(|mut connection| async move {
        let _ = connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        connection.closed().await;
    })
    .await;
    cannot_connect(make, &server).await;
}

/// The server closes the connection during the handshake, which says nothing about a certificate.
pub async fn a_close_during_the_handshake_is_no_certificate_error(make: Make) {
    let server = Server::plain(|mut connection| async move { connection.any_bytes().await }).await;
    cannot_connect(make, &server).await;
}

async fn cannot_connect(make: Make, server: &Server) {
    let url = server.url(PATH).replace("http://", "https://");
    let backend = backend(make);
    for (method, body) in [(Method::GET, ""), (Method::POST, FORM)] {
        let request = request(method, &url, body);
        fails(&*backend, request, generous_limits(), TransportErrorKind::Connect, Sent::NotSent, "https").await;
    }
}
