//! The client understands each canned reply as its name says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use futures_executor::block_on;
use line_channel_token_core::{
    AccessToken, AssertionKid, ChannelId, ChannelSecret, Error, ErrorKind, Operation, RetryPolicy, Sent, TokenLifetime,
};
use line_channel_token_mock::{FakeSigner, MockBackend, Reply};

/// Calls any operation over a mock that gives this reply.
fn call(operation: Operation, reply: Reply) -> Result<String, Error> {
    let line = MockBackend::new();
    line.given(operation).respond(reply);
    let client = line.client_builder().retry(RetryPolicy::never()).build();
    let (id, secret) = (ChannelId::new("1").unwrap(), ChannelSecret::new("s3cret").unwrap());
    let token = AccessToken::new("t").unwrap();
    let signer = FakeSigner::new(id.clone(), AssertionKid::new("k").unwrap());
    let jwt = signer.sign_for(TokenLifetime::MAX).unwrap();
    let issued = |token: &line_channel_token_core::IssuedToken| {
        format!("{} for {}", token.access_token().expose_secret(), token.expires_in().as_secs())
    };
    block_on(async {
        Ok(match operation {
            Operation::Issue => issued(client.issue(&id, &secret).await?.as_ref()),
            Operation::Verify => format!("{:?}", client.verify(&token).await?.scope()),
            Operation::Revoke => client.revoke(&token).await.map(|_| String::new())?,
            Operation::IssueStateless => issued(client.issue_stateless(&id, &secret).await?.as_ref()),
            Operation::IssueStatelessWithJwt => issued(client.issue_stateless_with_jwt(&jwt).await?.as_ref()),
            Operation::IssueJwt => client.issue_jwt(&jwt).await?.key_id().to_string(),
            Operation::VerifyJwt => client.verify_jwt(&token).await?.expires_in().as_secs().to_string(),
            Operation::RevokeJwt => client.revoke_jwt(&id, &secret, &token).await.map(|_| String::new())?,
            Operation::KeyIds => client.key_ids(&jwt).await?.as_slice().len().to_string(),
            _ => panic!("an operation that this test does not know: {operation}"),
        })
    })
}

#[test]
fn successes_are_understood() {
    use Operation as O;
    for (operation, reply, seen) in [
        (O::Issue, Reply::short_lived_token("t"), "t for 2592000"),
        (O::IssueStateless, Reply::stateless_token("t"), "t for 900"),
        (O::IssueStatelessWithJwt, Reply::stateless_token("t").expires_in(Duration::from_secs(899)), "t for 899"),
        (O::IssueJwt, Reply::jwt_token("t", "key"), "key"),
        (O::Verify, Reply::verified("1").scope("P"), "{\"P\"}"),
        (O::VerifyJwt, Reply::verified("1").expires_in(Duration::from_secs(5)), "5"),
        (O::Revoke, Reply::revoked(), ""),
        (O::RevokeJwt, Reply::revoked(), ""),
        (O::KeyIds, Reply::key_ids(["a", "b"]), "2"),
        (O::Verify, Reply::verified("1").without_scope(), "{}"),
    ] {
        assert_eq!(call(operation, reply).unwrap(), seen, "{operation}");
    }
}

#[test]
fn error_responses_have_their_kind() {
    use ErrorKind as K;
    use Operation as O;
    for (operation, reply, kind) in [
        (O::IssueJwt, Reply::token_limit_reached(), K::TokenLimitReached),
        (O::IssueJwt, Reply::key_of_another_channel(), K::InvalidClient),
        (O::KeyIds, Reply::invalid_exp(), K::InvalidAssertion),
        (O::IssueStatelessWithJwt, Reply::unknown_assertion_key(), K::UnknownAssertionKey),
        (O::VerifyJwt, Reply::token_expired(), K::TokenExpired),
        (O::VerifyJwt, Reply::token_revoked(), K::TokenRevoked),
        (O::VerifyJwt, Reply::token_not_jws(), K::InvalidToken),
        (O::RevokeJwt, Reply::token_malformed(), K::InvalidToken),
        (O::IssueStateless, Reply::invalid_client_credentials(), K::InvalidClient),
        (O::Issue, Reply::invalid_client_id(), K::InvalidClient),
        (O::Issue, Reply::invalid_client_secret(), K::InvalidClient),
        (O::Issue, Reply::parameters_missing(), K::InvalidClient),
        (O::RevokeJwt, Reply::parameters_in_wrong_format(), K::InvalidClient),
        (O::VerifyJwt, Reply::failed_to_parse(), K::InvalidToken),
        (O::RevokeJwt, Reply::captive_portal(), K::UnexpectedResponse),
        (O::VerifyJwt, Reply::blocked_by_gateway(), K::Rejected),
        (O::Verify, Reply::token_invalid(), K::InvalidToken),
        (O::Verify, Reply::token_in_invalid_format(), K::InvalidToken),
        (O::Revoke, Reply::revocation_refused(), K::InvalidToken),
        (O::IssueStateless, Reply::rate_limited(), K::RateLimited),
        (O::KeyIds, Reply::server_error(), K::Server),
        (O::KeyIds, Reply::bad_gateway(), K::Server),
        (O::KeyIds, Reply::error_response("invalid_client", "any"), K::InvalidAssertion),
    ] {
        let error = call(operation, reply).unwrap_err();
        assert_eq!(error.kind(), kind, "{operation}: {error}");
        assert_eq!(error.request_id().unwrap().as_str(), "mock-request-1");
    }
    let delay = call(Operation::KeyIds, Reply::rate_limited_for(Duration::from_secs(9))).unwrap_err().retry_after();
    assert_eq!(delay, Some(Duration::from_secs(9)));
    let delay = call(Operation::KeyIds, Reply::rate_limited_for(Duration::from_millis(500))).unwrap_err().retry_after();
    assert_eq!(delay, Some(Duration::from_secs(1)), "rounded up");
}

#[test]
fn failures_have_their_kind() {
    for (reply, kind, sent) in [
        (Reply::connection_refused(), ErrorKind::Connect, Sent::NotSent),
        (Reply::connect_timeout(), ErrorKind::Timeout, Sent::NotSent),
        (Reply::timeout(), ErrorKind::Timeout, Sent::Unknown),
        (Reply::connection_reset_before_send(), ErrorKind::Interrupted, Sent::NotSent),
        (Reply::connection_reset_after_send(), ErrorKind::Interrupted, Sent::Unknown),
    ] {
        let error = call(Operation::IssueJwt, reply).unwrap_err();
        assert_eq!((error.kind(), error.sent()), (kind, sent));
    }
}
