//! Tests over the mock: each says what LINE responds, and looks at what the bot does.

mod support;

use std::time::Duration;

use downstream::messages::{Messages, SendError};
use line_channel_token::cache::{StatelessSource, TokenCache};
use line_channel_token::mock::{MockBackend, Reply};
use line_channel_token::{ChannelId, ChannelSecret, ErrorKind, Operation};
use support::{CHANNEL_ID, CHANNEL_SECRET, MessagingApi};

const STATELESS: Operation = Operation::IssueStateless;

fn messages(line: &MockBackend, api: &MessagingApi) -> Messages {
    let id = ChannelId::new(CHANNEL_ID).unwrap();
    let secret = ChannelSecret::new(CHANNEL_SECRET).unwrap();
    let tokens = TokenCache::new(StatelessSource::from_secret(line.client(), id, secret));
    Messages::new(&api.base_url, tokens).unwrap()
}

#[tokio::test]
async fn one_token_serves_until_it_expires() {
    let line = MockBackend::new();
    line.given(STATELESS).expect(2).respond(Reply::stateless_token("first").then(Reply::stateless_token("second")));
    let api = MessagingApi::taking(&["first", "second"]).await;
    let messages = messages(&line, &api);

    messages.push("U1", "Hello", "event 1").await.unwrap();
    messages.push("U1", "Hello again", "event 2").await.unwrap();
    line.clock().advance(Duration::from_secs(900));
    messages.push("U1", "Still there?", "event 3").await.unwrap();
    assert_eq!(api.seen(), ["first 200", "first 200", "second 200"]);
    line.verify();
}

#[tokio::test]
async fn a_refused_token_is_replaced() {
    let line = MockBackend::new();
    line.given(STATELESS).expect(2).respond(Reply::stateless_token("revoked").then(Reply::stateless_token("next")));
    let api = MessagingApi::taking(&["next"]).await;

    messages(&line, &api).push("U1", "Hello", "event 1").await.unwrap();
    assert_eq!(api.seen(), ["revoked 401", "next 200"]);
    line.verify();
}

#[tokio::test]
async fn an_outage_is_reported_and_ends() {
    let line = MockBackend::new();
    line.given(STATELESS).up_to_n_times(3).respond(Reply::bad_gateway()); // the attempts of one call
    line.given(STATELESS).expect(1).respond(Reply::stateless_token("token"));
    let api = MessagingApi::taking(&["token"]).await;
    let messages = messages(&line, &api);

    let Err(SendError::NoToken(error)) = messages.push("U1", "Hello", "event 1").await else { panic!("no token yet") };
    assert_eq!(error.kind(), ErrorKind::Server);
    line.clock().advance(error.retry_after().unwrap());
    messages.push("U1", "Hello", "event 1").await.unwrap();
    assert_eq!(api.seen(), ["token 200"]);
    line.verify();
}
