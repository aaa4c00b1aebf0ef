//! Credentials that change while the program runs.

use std::sync::{Arc, Mutex};

use line_channel_token_cache::{
    Credentials, IssueReason, IssueRequest, LookupSource, NewToken, RetireReason, Retired, TokenPool, TokenSource,
};
use line_channel_token_core::{
    AccessToken, ChannelId, ChannelSecret, Clock, Error, ErrorKind, Operation, TokenLifetime,
};
use line_channel_token_mock::{MockBackend, Reply};

use crate::support::{Act, DAY, SECOND, Source, id, pass, pool, settle, signer};

#[tokio::test]
async fn a_reissued_secret_is_picked_up() {
    for reload in [false, true] {
        let line = MockBackend::new();
        line.given(Operation::IssueStateless).respond(
            Reply::invalid_client_credentials()
                .then(Reply::invalid_client_credentials())
                .then(Reply::stateless_token("the-token")),
        );
        let secret = Arc::new(Mutex::new("old"));
        let (client, stored) = (line.client(), secret.clone());
        let lookup = move |_: ChannelId| {
            let secret = *stored.lock().unwrap();
            async move { ChannelSecret::new(secret) }
        };
        let pool = TokenPool::builder(move |channel| {
            Ok(LookupSource::stateless(client.clone(), channel.clone(), lookup.clone()))
        });
        let pool = pool.clock(Arc::new(line.clock().clone())).build();
        assert_eq!(pool.token(&id(1)).await.unwrap_err().kind(), ErrorKind::InvalidClient);
        pass(line.clock(), SECOND).await;
        assert_eq!(pool.token(&id(1)).await.unwrap_err().kind(), ErrorKind::InvalidClient);
        *secret.lock().unwrap() = "new";
        let mut seconds = 0;
        if reload {
            assert!(pool.reload_source(&id(1)).unwrap());
        }
        while pool.token(&id(1)).await.is_err() {
            pass(line.clock(), SECOND).await;
            seconds += 1;
        }
        assert!(seconds <= if reload { 0 } else { 30 }, "{seconds} s");
        assert_eq!(line.received_requests().len(), 3);
    }
}

#[tokio::test]
async fn a_reload_keeps_the_token() {
    let clock = line_channel_token_mock::ManualClock::new();
    let sources = Arc::new(Mutex::new(Vec::<Arc<Source>>::new()));
    let made = sources.clone();
    let pool = pool(&clock, 10, 8, move |_| {
        let source = Arc::new(Source::quick());
        made.lock().unwrap().push(source.clone());
        source
    });
    assert!(!pool.reload_source(&id(1)).unwrap(), "it is not there");
    let token = pool.token(&id(1)).await.unwrap();
    assert!(pool.reload_source(&id(1)).unwrap());
    assert!(Arc::ptr_eq(&token, &pool.token(&id(1)).await.unwrap()));
    clock.advance(890 * SECOND);
    assert!(!Arc::ptr_eq(&token, &pool.token(&id(1)).await.unwrap()));
    let calls: Vec<usize> = sources.lock().unwrap().iter().map(|source| source.calls()).collect();
    assert_eq!(calls, [1, 1]);
    assert!(sources.lock().unwrap().iter().all(|source| source.retired().is_empty()));
}

#[tokio::test]
async fn a_reload_ignores_the_former_sources_failure() {
    let clock = line_channel_token_mock::ManualClock::new();
    let sources = Arc::new(Mutex::new(Vec::<Arc<Source>>::new()));
    let made = sources.clone();
    let pool = pool(&clock, 10, 8, move |_| {
        let first = made.lock().unwrap().is_empty();
        let source = Arc::new(if first { Source::quick().gated() } else { Source::quick() });
        if first {
            source.act(Act::Fail(Error::invalid_input("the old secret")));
        }
        made.lock().unwrap().push(source.clone());
        source
    });
    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move { pool.token(&id(1)).await.map(drop) }
    });
    settle().await;
    pool.reload_source(&id(1)).unwrap();
    sources.lock().unwrap()[0].open_gate();
    settle().await;
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_lookup_serves_every_family() {
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).respond(Reply::stateless_token("v3"));
    line.given(Operation::IssueStatelessWithJwt).respond(Reply::stateless_token("v3-jwt"));
    line.given(Operation::Issue).respond(Reply::short_lived_token("v2"));
    line.given(Operation::IssueJwt).respond(Reply::jwt_token("v2.1", "key"));
    line.given(Operation::Revoke).respond(Reply::revoked());
    line.given(Operation::RevokeJwt).respond(Reply::revoked());
    line.given(Operation::KeyIds).respond(Reply::key_ids(["key"]));
    let secret = || ChannelSecret::new("s3cret").unwrap();
    let by_secret = move |_: ChannelId| async move { Ok::<_, Error>(secret()) };
    let by_signer = move |_: ChannelId| async move { Ok::<_, Error>(Credentials::from_signer(signer())) };
    let by_both =
        move |_: ChannelId| async move { Ok::<_, Error>(Credentials::from_signer(signer()).with_secret(secret())) };
    let days = TokenLifetime::from_days(30).unwrap();
    let sources: Vec<(&str, Arc<dyn TokenSource>, Retired, bool)> = vec![
        ("v3", Arc::new(LookupSource::stateless(line.client(), id(1), by_secret)), Retired::LeftToExpire, false),
        ("v3-jwt", Arc::new(LookupSource::stateless(line.client(), id(1), by_signer)), Retired::LeftToExpire, false),
        ("v2", Arc::new(LookupSource::short_lived(line.client(), id(1), by_secret)), Retired::Revoked, false),
        ("v2.1", Arc::new(LookupSource::jwt(line.client(), id(1), days, by_both)), Retired::Revoked, true),
        ("v2.1", Arc::new(LookupSource::jwt(line.client(), id(1), days, by_signer)), Retired::LeftToExpire, true),
    ];
    for (token, source, retired, is_listed) in sources {
        let request = IssueRequest::new(IssueReason::Cold, line.clock());
        let issued = source.issue(request).await.unwrap();
        assert!(
            matches!(&issued, line_channel_token_cache::Issued::New(new) if new.access_token().expose_secret() == token)
        );
        let new = NewToken::new(AccessToken::new(token).unwrap(), line.clock().now(), DAY);
        assert_eq!(source.retire(&new, RetireReason::Removed).await.unwrap(), retired, "{token}");
        assert_eq!(source.key_ids().await.unwrap().is_some(), is_listed, "{token}");
        assert_eq!(source.policy().budget().is_some(), !token.starts_with("v3"));
    }
}

#[tokio::test]
async fn wrong_credentials_are_named() {
    let line = MockBackend::new();
    let secret = |_: ChannelId| async { ChannelSecret::new("s3cret") };
    let signer = |_: ChannelId| async { Ok::<_, Error>(Credentials::from_signer(signer())) };
    let days = TokenLifetime::from_days(30).unwrap();
    let cases: Vec<(Arc<dyn TokenSource>, &str)> = vec![
        (Arc::new(LookupSource::jwt(line.client(), id(1), days, secret)), "no signer for channel 1"),
        (Arc::new(LookupSource::short_lived(line.client(), id(1), signer)), "no channel secret for channel 1"),
        (Arc::new(LookupSource::jwt(line.client(), id(2), days, signer)), "channel 2 returned a signer of channel 1"),
    ];
    for (source, says) in cases {
        let error = source.issue(IssueRequest::new(IssueReason::Cold, line.clock())).await.unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidInput && error.to_string().contains(says), "{error}");
    }
    assert!(line.received_requests().is_empty());
}
