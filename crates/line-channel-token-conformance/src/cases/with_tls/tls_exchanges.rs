//! Whole exchanges over TLS.

use line_channel_token_core::{Sent, TransportErrorKind};

use crate::calls::{Make, RESPONSE_SECRET, backend, both_fail, generous_limits, post, succeeds, succeeds_with};
use crate::cases::connection_errors;
use crate::cases::connections::{check_reused, respond_to_all, settle};
use crate::cases::responses::{check_post, http_1_0, mirror};
use crate::run::Rule;
use crate::server::{Server, ok};
use crate::test_ca::ServerCertificate;

pub const RULE: Rule = Rule {
    says: "what holds over plain HTTP holds over TLS, and a body that somebody may have cut is an error",
    hint: "a connection that ends without close_notify ends no body that has neither a length nor chunks: return `Interrupted`",
};

/// Method, path, headers and body of a POST.
pub async fn a_post_goes_out_as_built_over_tls(make: Make) {
    check_post(make, &Server::tls(ServerCertificate::Valid, mirror).await).await;
}

/// Neither a length nor chunks: the body ends with close_notify.
pub async fn an_http_1_0_response_ends_with_its_tls_connection(make: Make) {
    let server = Server::tls(ServerCertificate::Valid, http_1_0).await;
    assert_eq!(succeeds(make, post(&server)).await.body(), "all of it");
}

/// An attacker between client and server can close a connection, and such an end is not the end of the response.
pub async fn a_body_that_ends_without_close_notify_is_an_error(make: Make) {
    let server = Server::tls(ServerCertificate::Valid, |mut connection| async move {
        if connection.respond(format!("HTTP/1.0 200 OK\r\n\r\n{RESPONSE_SECRET}")).await.is_some() {
            connection.close_without_notify();
        }
    })
    .await;
    both_fail(make, &server, generous_limits(), TransportErrorKind::Interrupted, Sent::Unknown).await;
}

/// RST, below TLS.
pub async fn a_reset_over_tls_is_an_interruption(make: Make) {
    let server = Server::tls(ServerCertificate::Valid, |mut connection| async move {
        if connection.request().await.is_some() {
            connection.reset();
        }
    })
    .await;
    both_fail(make, &server, generous_limits(), TransportErrorKind::Interrupted, Sent::Unknown).await;
}

/// No server listens.
pub async fn a_refused_tls_connection_sent_nothing(make: Make) {
    connection_errors::check_refused(make, "https").await;
}

/// The top-level domain `invalid` is reserved and never resolves.
pub async fn an_unknown_tls_host_sent_nothing(make: Make) {
    connection_errors::check_unknown_host(make, "https").await;
}

/// One call after the other, one handshake.
pub async fn a_tls_connection_is_used_again(make: Make) {
    check_reused(make, &Server::tls(ServerCertificate::Valid, respond_to_all).await).await;
}

/// The server says after its response that it sends nothing more, and its FIN is late.
pub async fn a_tls_connection_that_the_server_ends_is_not_used_again(make: Make) {
    let server = Server::tls(ServerCertificate::Valid, |mut connection| async move {
        if connection.number > 0 {
            return respond_to_all(connection).await;
        }
        connection.respond_and_notify(ok("first")).await;
        connection.closed().await;
    })
    .await;
    let backend = backend(make);
    assert_eq!(succeeds_with(&*backend, post(&server), generous_limits()).await.body(), "first");
    settle().await;
    assert_eq!(succeeds_with(&*backend, post(&server), generous_limits()).await.body(), "{}");
    assert_eq!(server.connections(), 2);
}
