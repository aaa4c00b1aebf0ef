//! What fails a test, and what the report says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::error::Error as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_executor::block_on;
use line_channel_token_core::{AccessToken, ChannelId, ChannelSecret, ErrorKind, Operation};
use line_channel_token_mock::{MockBackend, Reply, matchers};

fn issue(line: &MockBackend, channel: &str, secret: &str) -> Result<(), line_channel_token_core::Error> {
    let (id, secret) = (ChannelId::new(channel).unwrap(), ChannelSecret::new(secret).unwrap());
    block_on(line.client().issue_stateless(&id, &secret)).map(drop)
}

fn panic_text(test: impl FnOnce()) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(test)).err()?;
    Some(panic.downcast_ref::<String>().cloned().unwrap_or_default())
}

#[test]
fn an_unmatched_request_is_an_error_and_recorded_and_reported_with_what_differed() {
    let line = MockBackend::new();
    line.given(Operation::Verify).respond(Reply::verified("1"));
    line.given(Operation::IssueStateless)
        .and(matchers::channel("2"))
        .and(matchers::field("client_secret", "right-s3cret"))
        .named("token of 2")
        .respond(Reply::stateless_token("t"));
    let error = issue(&line, "1", "wrong-s3cret").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    let source = error.source().unwrap().to_string();
    let report = line.check().unwrap_err();
    assert_eq!(line.received().len(), 1);
    for text in [source, report.to_string(), format!("{report:?}")] {
        assert!(text.contains("POST /oauth2/v3/token (issue_stateless)"), "{text}");
        assert!(text.contains("token of 2"), "{text}");
        assert!(text.contains("the channel is 1, not 2"), "{text}");
        assert!(text.contains("the field client_secret has another value (neither is shown)"), "{text}");
        assert!(!text.contains("s3cret\"") && !text.contains("wrong-s3cret") && !text.contains("right-"), "{text}");
    }
}

#[test]
fn the_report_names_every_unmet_expectation() {
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).times(2).respond(Reply::stateless_token("t"));
    line.given(Operation::Revoke).named("tidy up").at_least(1).respond(Reply::revoked());
    line.given(Operation::Verify).respond(Reply::verified("1"));
    issue(&line, "1", "s").unwrap();
    let report = line.check().unwrap_err();
    assert_eq!(
        report.unmet_expectations(),
        [
            "rule \"issue_stateless\": expected exactly 2 calls, got 1",
            "rule \"tidy up\": expected at least 1 call, got 0"
        ]
    );
    assert!(report.unmatched_requests().is_empty());
}

#[test]
fn a_used_up_rule_is_the_nearest_one_and_says_so() {
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).times(1).respond(Reply::stateless_token("t"));
    issue(&line, "1", "s").unwrap();
    assert!(issue(&line, "1", "s").is_err());
    let report = line.check().unwrap_err().to_string();
    assert!(report.contains("it answers exactly 1 call and is used up"), "{report}");
    let bare = MockBackend::new();
    assert!(issue(&bare, "1", "s").is_err());
    assert!(bare.check().unwrap_err().to_string().contains("the mock has no rule"));
}

#[test]
fn verify_fails_the_test_with_the_report() {
    let line = MockBackend::new();
    line.given(Operation::Issue).times(1).respond(Reply::short_lived_token("t"));
    let text = panic_text(|| line.verify()).unwrap();
    assert!(text.contains("expected exactly 1 call, got 0"), "{text}");
}

#[test]
fn dropping_an_unverified_mock_with_unmet_expectations_fails_the_test() {
    let unmet = || {
        let line = MockBackend::new();
        line.given(Operation::Issue).times(1).respond(Reply::short_lived_token("t"));
        line
    };
    assert!(panic_text(|| drop(unmet())).unwrap().contains("got 0"));
    let unmatched = MockBackend::new();
    assert!(issue(&unmatched, "1", "s").is_err());
    assert!(panic_text(|| drop(unmatched)).unwrap().contains("no rule answered"));

    let verified = unmet();
    assert!(verified.check().is_err());
    assert_eq!(panic_text(|| drop(verified)), None, "it was verified before");
    let fine = MockBackend::new();
    fine.given(Operation::Verify).respond(Reply::verified("1"));
    block_on(fine.client().verify(&AccessToken::new("t").unwrap())).unwrap();
    assert_eq!(panic_text(|| drop(fine)), None);
}

#[test]
fn a_clone_verifies_nothing_when_it_is_dropped() {
    let line = MockBackend::new();
    line.given(Operation::Issue).times(1).respond(Reply::short_lived_token("t"));
    assert_eq!(panic_text(|| drop(line.clone())), None);
    assert!(line.check().is_err());
}

#[test]
fn a_test_that_fails_already_is_not_made_to_panic_twice() {
    // A second panic while the first unwinds would abort the whole process.
    let text = panic_text(|| {
        let line = MockBackend::new();
        line.given(Operation::Issue).times(1).respond(Reply::short_lived_token("t"));
        panic!("{}", String::from("the test's own failure"));
    });
    assert_eq!(text.unwrap(), "the test's own failure");
}
