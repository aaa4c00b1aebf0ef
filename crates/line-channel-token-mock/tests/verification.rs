//! What fails a test, and what the report says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::ops::Range;
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
fn unmatched_requests_are_reported_without_secrets() {
    let line = MockBackend::new();
    line.given(Operation::Verify).respond(Reply::verified("1"));
    line.given(Operation::IssueStateless)
        .and(matchers::channel("2"))
        .and(matchers::field("client_secret", "right-s3cret"))
        .named("token of 2")
        .respond(Reply::stateless_token("t"));
    let error = issue(&line, "1", "wrong-s3cret").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    let report = line.try_verify().unwrap_err();
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
fn every_unmet_expectation_is_reported() {
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).expect(2).respond(Reply::stateless_token("t"));
    line.given(Operation::Revoke).named("clean up").expect(1..).respond(Reply::revoked());
    line.given(Operation::Verify).respond(Reply::verified("1"));
    issue(&line, "1", "s").unwrap();
    let report = line.try_verify().unwrap_err();
    assert_eq!(
        report.unmet_expectations(),
        [
            "rule \"issue_stateless\": expected exactly 2 calls, got 1",
            "rule \"clean up\": expected at least 1 call, got 0"
        ]
    );
    assert!(report.unmatched_requests().is_empty());
}

#[test]
fn a_used_up_rule_is_reported() {
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).up_to_n_times(1).respond(Reply::stateless_token("t"));
    issue(&line, "1", "s").unwrap();
    assert!(issue(&line, "1", "s").is_err());
    let report = line.try_verify().unwrap_err().to_string();
    assert!(report.contains("it has responded 1 time, which is its limit"), "{report}");
    let bare = MockBackend::new();
    assert!(issue(&bare, "1", "s").is_err());
    assert!(bare.try_verify().unwrap_err().to_string().contains("the mock has no rule"));
}

#[test]
fn verify_panics_with_the_report() {
    let line = MockBackend::new();
    line.given(Operation::Issue).expect(1).respond(Reply::short_lived_token("t"));
    let text = panic_text(|| line.verify()).unwrap();
    assert!(text.contains("expected exactly 1 call, got 0"), "{text}");
}

#[test]
fn dropping_an_unverified_mock_verifies_it() {
    let unmet = || {
        let line = MockBackend::new();
        line.given(Operation::Issue).expect(1).respond(Reply::short_lived_token("t"));
        line
    };
    assert!(panic_text(|| drop(unmet())).unwrap().contains("got 0"));
    let unmatched = MockBackend::new();
    assert!(issue(&unmatched, "1", "s").is_err());
    assert!(panic_text(|| drop(unmatched)).unwrap().contains("no rule matched"));

    let verified = unmet();
    assert!(verified.try_verify().is_err());
    assert_eq!(panic_text(|| drop(verified)), None, "it was verified before");
    let fine = MockBackend::new();
    fine.given(Operation::Verify).respond(Reply::verified("1"));
    block_on(fine.client().verify(&AccessToken::new("t").unwrap())).unwrap();
    assert_eq!(panic_text(|| drop(fine)), None);
}

#[test]
fn dropping_a_clone_verifies_nothing() {
    let line = MockBackend::new();
    line.given(Operation::Issue).expect(1).respond(Reply::short_lived_token("t"));
    assert_eq!(panic_text(|| drop(line.clone())), None);
    assert!(line.try_verify().is_err());
}

#[test]
fn a_failing_test_panics_only_once() {
    // A second panic while the first unwinds would abort the whole process.
    let text = panic_text(|| {
        let line = MockBackend::new();
        line.given(Operation::Issue).expect(1).respond(Reply::short_lived_token("t"));
        panic!("{}", String::from("the test's own failure"));
    });
    assert_eq!(text.unwrap(), "the test's own failure");
}

#[test]
fn an_expectation_is_no_limit() {
    let line = MockBackend::new();
    let once = line.given(Operation::IssueStateless).expect(1).respond(Reply::stateless_token("t"));
    assert!(issue(&line, "1", "s").is_ok());
    line.verify();
    assert!(issue(&line, "1", "s").is_ok(), "the rule responds, and verification fails");
    assert_eq!(once.calls(), 2);
    let report = line.try_verify().unwrap_err();
    assert_eq!(report.unmet_expectations(), ["rule \"issue_stateless\": expected exactly 1 call, got 2"]);
}

#[test]
fn expect_zero_fails_after_a_call() {
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).and(matchers::channel("1")).expect(0).respond(Reply::stateless_token("t"));
    line.given(matchers::any()).respond(Reply::stateless_token("t"));
    assert!(issue(&line, "2", "s").is_ok());
    line.verify();
    assert!(issue(&line, "1", "s").is_ok());
    let report = line.try_verify().unwrap_err();
    assert!(report.to_string().contains("expected no call, got 1"), "{report}");
}

#[test]
fn expectation_and_limit_go_together() {
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).expect(1..).up_to_n_times(2).respond(Reply::stateless_token("t"));
    assert!(line.try_verify().is_err());
    assert!(issue(&line, "1", "s").is_ok());
    line.verify();
    assert!(issue(&line, "1", "s").is_ok());
    line.verify();
    assert!(issue(&line, "1", "s").is_err(), "the limit is reached");
    assert!(line.try_verify().unwrap_err().unmet_expectations().is_empty());
}

#[test]
fn ranges_bound_the_calls() {
    for (expected, met) in [(2..=3, [false, false, true, true, false]), (0..=1, [true, true, false, false, false])] {
        let line = MockBackend::new();
        line.given(Operation::IssueStateless).expect(expected.clone()).respond(Reply::stateless_token("t"));
        for (calls, met) in met.into_iter().enumerate() {
            assert_eq!(line.try_verify().is_ok(), met, "{calls} calls of {expected:?}");
            issue(&line, "1", "s").unwrap();
        }
        let _ = line.try_verify();
    }
}

#[test]
fn impossible_expectations_panic_in_the_script() {
    let line = MockBackend::new();
    let rule = || line.given(Operation::Verify);
    let text = panic_text(|| drop(rule().up_to_n_times(0))).unwrap();
    assert_eq!(
        text,
        "a rule that responds up to 0 times never responds: use expect(0) for a request that must not come"
    );
    let text = panic_text(|| drop(rule().expect(3).up_to_n_times(2).respond(Reply::verified("1")))).unwrap();
    assert_eq!(
        text,
        "rule \"verify\": no number of calls meets the expectation (exactly 3 calls) of a rule that responds up to 2 times"
    );
    for empty in [0..0, 5..5, Range { start: 2, end: 1 }] {
        let text = panic_text(|| drop(rule().expect(empty).respond(Reply::verified("1")))).unwrap();
        assert!(
            text.starts_with("rule \"verify\": no number of calls meets the expectation (no call is possible)"),
            "{text}"
        );
    }
    assert!(block_on(line.client().verify(&AccessToken::new("t").unwrap())).is_err(), "no rule took effect");
    assert!(line.try_verify().is_err());
}

#[test]
fn the_nearest_rule_has_the_same_target() {
    let line = MockBackend::new();
    line.given(matchers::path("/v2/oauth/verify")).named("elsewhere").respond(Reply::revoked());
    for channel in ["1", "2"] {
        let rule = line.given(Operation::IssueStateless).and(matchers::channel(channel));
        rule.up_to_n_times(1).named(format!("token of {channel}")).respond(Reply::stateless_token("t"));
    }
    issue(&line, "2", "s").unwrap();
    assert!(issue(&line, "2", "s").is_err());
    assert!(issue(&line, "3", "s").is_err());
    let report = line.try_verify().unwrap_err();
    let [second, third] = report.unmatched_requests() else { panic!("two requests: {report}") };
    assert!(second.contains("nearest rule \"token of 2\": it has responded 1 time, which is its limit"), "{second}");
    assert!(third.contains("nearest rule \"token of 1\": the channel is 3, not 1"), "{third}");
}

#[test]
fn the_report_shows_the_rules_of_that_time() {
    let line = MockBackend::new();
    assert!(issue(&line, "1", "s").is_err());
    line.given(Operation::IssueStateless).respond(Reply::stateless_token("t"));
    assert!(line.try_verify().unwrap_err().to_string().contains("the mock has no rule"));
}

#[test]
fn later_requests_and_rules_are_verified_again() {
    let line = MockBackend::new();
    line.verify();
    assert!(issue(&line, "1", "s").is_err());
    assert!(panic_text(|| drop(line)).unwrap().contains("no rule matched"));
    let line = MockBackend::new();
    line.verify();
    line.given(Operation::Issue).expect(1).respond(Reply::short_lived_token("t"));
    assert!(panic_text(|| drop(line)).unwrap().contains("got 0"));
}
