//! TLS: who is trusted, and how a connection may end.

use http::Method;
use line_channel_token_core::{Sent, TransportErrorKind};

use crate::Make;
use crate::authority::Shows;
use crate::call::{ANSWER_SECRET, FORM, PATH, backend, both_fail, fails, post, request, roomy, succeeds};
use crate::server::{Connection, Server, ok};

async fn answer(mut connection: Connection) {
    while connection.answer(ok("{}")).await.is_some() {}
}

async fn refused(make: Make, shows: Shows) {
    let server = Server::tls(shows, answer).await;
    both_fail(make, &server, roomy(), TransportErrorKind::Certificate, Sent::NotSent).await;
}

/// By name and by address.
pub async fn a_trusted_certificate_is_accepted(make: Make) {
    let server = Server::tls(Shows::Valid, answer).await;
    assert_eq!(succeeds(make, post(&server)).await.body(), "{}");
    let by_address = server.url(PATH).replace("localhost", "127.0.0.1");
    assert_eq!(succeeds(make, request(Method::GET, &by_address, "")).await.body(), "{}");
}

/// LINE asks for TLS 1.2 or newer.
pub async fn tls_1_2_is_enough(make: Make) {
    let server = Server::tls12(answer).await;
    assert_eq!(succeeds(make, post(&server)).await.body(), "{}");
}

/// Signed by a CA that is not trusted.
pub async fn an_unknown_authority_is_refused(make: Make) {
    refused(make, Shows::UnknownAuthority).await;
}

/// Signed by the right CA, too long ago.
pub async fn an_expired_certificate_is_refused(make: Make) {
    refused(make, Shows::Expired).await;
}

/// Signed by the right CA, for somebody else.
pub async fn a_certificate_for_another_host_is_refused(make: Make) {
    refused(make, Shows::AnotherHost).await;
}

/// Plain HTTP listens where https was asked for.
pub async fn a_server_without_tls_is_refused(make: Make) {
    let server = Server::plain(|mut connection| async move {
        let _ = connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        connection.closed().await;
    })
    .await;
    let url = server.url(PATH).replace("http://", "https://");
    let backend = backend(make);
    for (method, body) in [(Method::GET, ""), (Method::POST, FORM)] {
        fails(&*backend, request(method, &url, body), roomy(), TransportErrorKind::Connect, Sent::NotSent, "https")
            .await;
    }
}

/// The handshake begins and breaks off, which says nothing about a certificate.
pub async fn a_close_during_the_handshake_is_no_verdict_on_a_certificate(make: Make) {
    let server = Server::plain(|mut connection| async move {
        connection.some_bytes().await;
    })
    .await;
    let url = server.url(PATH).replace("http://", "https://");
    let backend = backend(make);
    for (method, body) in [(Method::GET, ""), (Method::POST, FORM)] {
        let request = request(method, &url, body);
        let error = fails(&*backend, request, roomy(), TransportErrorKind::Connect, Sent::NotSent, "https").await;
        assert_eq!(error.to_string(), "could not connect: connection closed during the TLS handshake");
    }
}

/// Somebody on the way can cut a connection, and the end of such a body is not the end of the answer.
pub async fn a_body_cut_off_without_a_tls_goodbye_is_an_error(make: Make) {
    let server = Server::tls(Shows::Valid, |mut connection| async move {
        if connection.answer(format!("HTTP/1.0 200 OK\r\n\r\n{ANSWER_SECRET}")).await.is_some() {
            connection.cut();
        }
    })
    .await;
    both_fail(make, &server, roomy(), TransportErrorKind::Interrupted, Sent::Unknown).await;
}

/// RST, below TLS.
pub async fn a_reset_over_tls_is_an_interruption(make: Make) {
    let server = Server::tls(Shows::Valid, |mut connection| async move {
        if connection.request().await.is_some() {
            connection.reset();
        }
    })
    .await;
    both_fail(make, &server, roomy(), TransportErrorKind::Interrupted, Sent::Unknown).await;
}
