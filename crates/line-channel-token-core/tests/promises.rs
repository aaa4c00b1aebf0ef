//! What the compiler must go on accepting.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::error::Error as StdError;
use std::sync::Arc;

use line_channel_token_core::{
    AccessToken, Assertion, AssertionSource, ChannelId, ChannelSecret, Client, Clock, Error, ErrorKind, HttpBackend,
    Limits, Sent, TransportError, TransportErrorKind,
};

fn shared<T: Send + Sync + 'static>() {}

/// What a task may be made of. (Not `Sync`: a future boxed by async_trait is not, and nobody polls one from two threads.)
fn spawnable<T: Send + 'static>(task: T) {
    drop(task);
}

#[test]
fn what_services_share_between_tasks_can_be_shared() {
    shared::<Client>();
    shared::<Error>();
    shared::<TransportError>();
    shared::<Arc<dyn HttpBackend>>();
    shared::<Arc<dyn Clock>>();
    shared::<Arc<dyn AssertionSource>>();
}

#[test]
fn every_method_can_be_spawned() {
    #[derive(Debug)]
    struct Nowhere;
    #[async_trait::async_trait]
    impl HttpBackend for Nowhere {
        async fn send(
            &self,
            _: http::Request<bytes::Bytes>,
            _: Limits,
        ) -> Result<http::Response<bytes::Bytes>, TransportError> {
            Err(TransportError::new(TransportErrorKind::Connect, Sent::NotSent))
        }
    }
    macro_rules! spawnable {
        ($method:ident, $($argument:expr),*) => {{
            let client = Client::new(Nowhere);
            spawnable(async move { client.$method($(&$argument),*).await.map(drop) });
        }};
    }
    let id = || ChannelId::new("1").unwrap();
    let secret = || ChannelSecret::new("s").unwrap();
    let token = || AccessToken::new("t").unwrap();
    let jwt = || Assertion::new("a.b.c").unwrap();
    spawnable!(issue, id(), secret());
    spawnable!(verify, token());
    spawnable!(revoke, token());
    spawnable!(issue_stateless, id(), secret());
    spawnable!(issue_stateless_with_jwt, jwt());
    spawnable!(issue_jwt, jwt());
    spawnable!(verify_jwt, token());
    spawnable!(revoke_jwt, id(), secret(), token());
    spawnable!(key_ids, jwt());
}

#[test]
fn an_error_shows_its_whole_chain() {
    let cause = TransportError::new(TransportErrorKind::Connect, Sent::NotSent)
        .with_source(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
    let error = Error::signing("the vault is out of reach").with_source(cause);
    let transport = error.source().unwrap();
    assert_eq!(transport.to_string(), "could not connect");
    assert!(transport.source().unwrap().to_string().contains("refused"));
}

#[test]
fn a_custom_source_can_describe_its_failure() {
    let error = Error::transient("the vault does not respond");
    assert_eq!((error.kind(), error.sent()), (ErrorKind::TemporarilyUnavailable, Sent::NotSent));
    assert!(error.is_transient());
    let shared = error.clone();
    let error = error.with_sent(Sent::Unknown).with_hint("first").with_hint(format!("see {}", "the manual"));
    assert_eq!(error.sent(), Sent::Unknown);
    assert_eq!(error.to_string(), "the vault does not respond; see the manual");
    assert_eq!(shared.to_string(), "the vault does not respond", "the clone is not touched");
}
