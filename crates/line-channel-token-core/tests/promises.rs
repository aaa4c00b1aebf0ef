//! What the compiler must go on accepting.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::error::Error as StdError;
use std::sync::Arc;

use line_channel_token_core::{
    AccessToken, Assertion, AssertionSource, ChannelId, ChannelSecret, Client, Clock, Error, HttpBackend,
    TransportError, TransportErrorKind,
};

fn shared<T: Send + Sync + 'static>() {}

fn future<T: Send>(future: T) {
    drop(future);
}

#[test]
fn what_services_share_between_tasks_can_be_shared() {
    shared::<Client>();
    shared::<Error>();
    shared::<Arc<dyn HttpBackend>>();
    shared::<Arc<dyn Clock>>();
    shared::<Arc<dyn AssertionSource>>();
}

#[expect(dead_code, reason = "it need only compile")]
fn every_method_can_be_spawned(client: &Client, id: &ChannelId, secret: &ChannelSecret) {
    let token = |text: &str| AccessToken::new(text).unwrap();
    let jwt = |text: &str| Assertion::new(text).unwrap();
    future(client.issue(id, secret));
    future(client.verify(&token("t")));
    future(client.revoke(&token("t")));
    future(client.issue_stateless(id, secret));
    future(client.issue_stateless_with_jwt(&jwt("a.b.c")));
    future(client.issue_jwt(&jwt("a.b.c")));
    future(client.verify_jwt(&token("t")));
    future(client.revoke_jwt(id, secret, &token("t")));
    future(client.key_ids(&jwt("a.b.c")));
}

#[test]
fn an_error_shows_its_whole_chain() {
    let cause = TransportError::new(TransportErrorKind::Connect, line_channel_token_core::Sent::No)
        .with_source(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
    let error = Error::signing("the vault is out of reach").with_source(cause);
    let transport = error.source().unwrap();
    assert_eq!(transport.to_string(), "could not connect");
    assert!(transport.source().unwrap().to_string().contains("refused"));
}
