//! A token that is valid for too short a time for one caller is replaced before it is due, for all who share it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use line_channel_token_cache::store::MemoryStore;
use line_channel_token_cache::{IssueReason, IssueRequest, Issued, JwtSource, NewToken, SharedSource, TokenSource};
use line_channel_token_core::{AssertionKid, ChannelId, Clock, Operation, TokenLifetime};
use line_channel_token_mock::{FakeSigner, ManualClock, MockBackend, Reply};

/// A tenth of a token's life.
const TENTH: Duration = Duration::from_secs(3 * 86_400);

async fn ask(
    source: &impl TokenSource,
    clock: &ManualClock,
    wanted: Duration,
    replaces: Option<&NewToken>,
) -> (NewToken, bool) {
    let reason = if replaces.is_some() { IssueReason::Ahead } else { IssueReason::Cold };
    let mut request = IssueRequest::new(reason, clock as &dyn Clock).with_min_remaining(wanted);
    if let Some(token) = replaces {
        request = request.with_replaces(token);
    }
    match source.issue(request).await.unwrap() {
        Issued::New(token) => (token, true),
        Issued::Adopted(token) => (token, false),
        other => panic!("{other:?}"),
    }
}

fn text(token: &NewToken) -> &str {
    token.access_token().expose_secret()
}

#[tokio::test]
async fn a_token_is_replaced_in_its_second_half_alone() {
    let clock = ManualClock::new();
    let line = MockBackend::from_clock(clock.clone());
    for name in ["first", "second"] {
        line.given(Operation::IssueJwt).up_to_n_times(1).respond(Reply::jwt_token(name, name));
    }
    let signer = FakeSigner::new(ChannelId::new("1234567890").unwrap(), AssertionKid::new("kid").unwrap());
    let store = MemoryStore::new().with_clock(Arc::new(clock.clone()));
    let source = SharedSource::new(JwtSource::new(line.client(), signer, TokenLifetime::MAX), store);

    let (first, is_new) = ask(&source, &clock, TENTH, None).await;
    assert!(is_new);
    clock.advance(4 * TENTH);
    let (_, is_new) = ask(&source, &clock, 7 * TENTH, Some(&first)).await;
    assert!(!is_new, "six tenths are left, so nobody gets another one");
    clock.advance(2 * TENTH);
    let (_, is_new) = ask(&source, &clock, 3 * TENTH, Some(&first)).await;
    assert!(!is_new, "four tenths are left");
    let (second, is_new) = ask(&source, &clock, 5 * TENTH, None).await;
    assert_eq!((is_new, text(&second)), (true, "second"));
    let (adopted, is_new) = ask(&source, &clock, 5 * TENTH, Some(&first)).await;
    assert!(!is_new && text(&adopted) == text(&second));
}
