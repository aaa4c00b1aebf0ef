//! What fails a test, and what the report says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

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
    let report = line.check().unwrap_err();
    assert_eq!(line.received_requests().len(), 1);
    for text in [error.to_string(), report.to_string(), format!("{report:?}")] {
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

#[test]
fn a_request_that_a_rule_forbids_is_an_error_and_a_fault() {
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).and(matchers::channel("1")).times(0).respond(Reply::revoked());
    line.given(matchers::any()).respond(Reply::stateless_token("t"));
    line.verify();
    assert!(issue(&line, "2", "s").is_ok());
    assert!(issue(&line, "1", "s").is_err());
    let report = line.check().unwrap_err();
    assert!(report.to_string().contains("expected no call, got 1"), "{report}");
    assert!(report.to_string().contains("it forbids this request"), "{report}");
}

#[test]
fn the_nearest_rule_is_that_of_the_same_place_and_a_used_up_one_comes_first() {
    let line = MockBackend::new();
    line.given(matchers::path("/v2/oauth/verify")).named("elsewhere").respond(Reply::revoked());
    for channel in ["1", "2"] {
        let rule = line.given(Operation::IssueStateless).and(matchers::channel(channel));
        rule.up_to(1).named(format!("token of {channel}")).respond(Reply::stateless_token("t"));
    }
    issue(&line, "2", "s").unwrap();
    assert!(issue(&line, "2", "s").is_err());
    assert!(issue(&line, "3", "s").is_err());
    let report = line.check().unwrap_err();
    let [second, third] = report.unmatched_requests() else { panic!("two requests: {report}") };
    assert!(second.contains("nearest rule \"token of 2\": it answers up to 1 call and is used up"), "{second}");
    assert!(third.contains("nearest rule \"token of 1\": the channel is 3, not 1"), "{third}");
}

#[test]
fn the_report_tells_of_the_rules_as_they_were_when_the_request_came() {
    let line = MockBackend::new();
    assert!(issue(&line, "1", "s").is_err());
    line.given(Operation::IssueStateless).respond(Reply::stateless_token("t"));
    assert!(line.check().unwrap_err().to_string().contains("the mock has no rule"));
}

#[test]
fn what_comes_after_a_verification_is_verified_again_when_the_mock_is_dropped() {
    let line = MockBackend::new();
    line.verify();
    assert!(issue(&line, "1", "s").is_err());
    assert!(panic_text(|| drop(line)).unwrap().contains("no rule answered"));
    let line = MockBackend::new();
    line.verify();
    line.given(Operation::Issue).times(1).respond(Reply::short_lived_token("t"));
    assert!(panic_text(|| drop(line)).unwrap().contains("got 0"));
}
