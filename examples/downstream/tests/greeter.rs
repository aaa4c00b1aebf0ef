//! Unit tests over the mock: each says what LINE responds and looks at what the bot does.

use std::sync::Arc;
use std::time::Duration;

use downstream::Greeter;
use line_channel_token::mock::{FakeSigner, MockBackend, Reply, matchers};
use line_channel_token::{AssertionKid, AssertionSource, ChannelId, ErrorKind, Operation};

const STATELESS: Operation = Operation::IssueStatelessWithJwt;

fn greeter(line: &MockBackend, kids: &[&str]) -> Greeter {
    let signer = |kid: &&str| {
        let signer = FakeSigner::new(ChannelId::new("1234567890").unwrap(), AssertionKid::new(kid).unwrap());
        Arc::new(signer.with_clock(line.client().clock())) as Arc<dyn AssertionSource>
    };
    Greeter::new(line.client(), kids.iter().map(signer).collect())
}

#[tokio::test]
async fn one_token_serves_many_greetings_until_it_is_about_to_expire() {
    let line = MockBackend::new();
    line.given(STATELESS).expect(2).respond(Reply::stateless_token("first").then(Reply::stateless_token("second")));
    let mut greeter = greeter(&line, &["kid"]);

    for _ in 0..3 {
        assert_eq!(greeter.greeting("U1").await.unwrap().headers()["authorization"], "Bearer first");
    }
    line.clock().advance(Duration::from_secs(841));
    assert_eq!(greeter.greeting("U1").await.unwrap().headers()["authorization"], "Bearer second");
    line.verify();
}

#[tokio::test]
async fn the_next_key_signs_when_the_first_is_gone_from_the_console() {
    let line = MockBackend::new();
    line.given(STATELESS).and(matchers::kid("old")).expect(1).respond(Reply::unknown_assertion_key());
    line.given(STATELESS).and(matchers::kid("new")).expect(1).respond(Reply::stateless_token("token"));
    let mut greeter = greeter(&line, &["old", "new"]);

    assert!(greeter.greeting("U1").await.is_ok());
    line.verify();
}

#[tokio::test]
async fn an_outage_is_reported_after_the_retries() {
    let line = MockBackend::new();
    let outage = line.given(STATELESS).respond(Reply::bad_gateway());
    let mut greeter = greeter(&line, &["kid"]);

    assert_eq!(greeter.greeting("U1").await.unwrap_err().kind(), ErrorKind::Server);
    assert_eq!(outage.calls(), 3);
}
