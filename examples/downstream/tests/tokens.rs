//! Tests over the mock: each says what LINE responds, and looks at what the bot does.

mod support;

use std::time::Duration;

use downstream::bot::Bot;
use line_channel_token::configuration::Channel;
use line_channel_token::mock::{MockBackend, Reply};
use line_channel_token::{Error, ErrorKind, Operation};
use support::{MessagingApi, channel};

const STATELESS: Operation = Operation::IssueStateless;

fn bot(line: &MockBackend, api: &MessagingApi) -> Bot {
    let Channel { tokens, .. } = channel().build_with(line.client()).unwrap();
    Bot::new(channel(), tokens, &api.base_url).unwrap()
}

#[tokio::test]
async fn one_token_serves_until_it_expires() {
    let line = MockBackend::new();
    line.given(STATELESS).expect(2).respond(Reply::stateless_token("first").then(Reply::stateless_token("second")));
    let api = MessagingApi::taking(&["first", "second"]).await;
    let bot = bot(&line, &api);

    bot.push("U1", "Hello", "event 1").await.unwrap();
    bot.push("U1", "Hello again", "event 2").await.unwrap();
    line.clock().advance(Duration::from_secs(900));
    bot.push("U1", "Still there?", "event 3").await.unwrap();
    assert_eq!(api.seen(), ["first 200", "first 200", "second 200"]);
    line.verify();
}

#[tokio::test]
async fn a_refused_token_is_replaced() {
    let line = MockBackend::new();
    line.given(STATELESS).expect(2).respond(Reply::stateless_token("revoked").then(Reply::stateless_token("next")));
    let api = MessagingApi::taking(&["next"]).await;

    bot(&line, &api).push("U1", "Hello", "event 1").await.unwrap();
    assert_eq!(api.seen(), ["revoked 401", "next 200"]);
    line.verify();
}

#[tokio::test]
async fn an_outage_is_reported_and_ends() {
    let line = MockBackend::new();
    line.given(STATELESS).up_to_n_times(3).respond(Reply::bad_gateway()); // the attempts of one call
    line.given(STATELESS).expect(1).respond(Reply::stateless_token("token"));
    let api = MessagingApi::taking(&["token"]).await;
    let bot = bot(&line, &api);

    let error = bot.push("U1", "Hello", "event 1").await.unwrap_err();
    let error = error.downcast_ref::<Error>().expect("no token yet");
    assert_eq!(error.kind(), ErrorKind::Server);
    line.clock().advance(error.retry_after().unwrap());
    bot.push("U1", "Hello", "event 1").await.unwrap();
    assert_eq!(api.seen(), ["token 200"]);
    line.verify();
}

#[tokio::test]
async fn an_event_that_is_delivered_again_sends_nothing_twice() {
    let line = MockBackend::new();
    line.given(STATELESS).respond(Reply::stateless_token("token"));
    let api = MessagingApi::taking(&["token"]).await;
    let bot = bot(&line, &api);

    bot.push("U1", "Hello", "event 1").await.unwrap();
    bot.push("U1", "Hello", "event 1").await.unwrap();
    bot.push("U1", "Hello", "event 2").await.unwrap();
    assert_eq!(api.seen(), ["token 200", "token 409", "token 200"]);
}

#[tokio::test]
async fn after_a_500_a_push_is_sent_again_and_arrives_once() {
    let line = MockBackend::new();
    line.given(STATELESS).respond(Reply::stateless_token("token"));
    let api = MessagingApi::taking(&["token"]).await;
    let bot = bot(&line, &api);

    api.fail(1);
    bot.push("U1", "Hello", "event 1").await.unwrap();
    assert_eq!(api.seen(), ["token 500", "token 409"]);
    api.fail(3);
    let error = bot.push("U1", "Hello", "event 2").await.unwrap_err();
    assert!(error.to_string().starts_with("LINE responded 500"), "{error}");
    assert_eq!(api.seen().len(), 5);
}
