//! Each backend here breaks one rule, and a case finds it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{HeaderValue, LOCATION};
use http::{Request, Response};
use line_channel_token_conformance::cases::{connection_errors, connections, deadlines, idle, responses, sizes};
use line_channel_token_conformance::{Make, Rule, run};
use line_channel_token_core::{HttpBackend, Limits, Operation, Sent, TransportError, TransportErrorKind};
use line_channel_token_hyper::HyperBackend;

/// A backend that keeps the contract, but for one rule.
#[derive(Debug)]
struct Broken {
    inner: Arc<HyperBackend>,
    fault: Fault,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    FollowsRedirects,
    AddsAHeader,
    IgnoresTheLimit,
    ReadsEverything,
    GoesOnIfDropped,
    ExceedsTheDeadline,
    ClaimsNotSent,
    ShowsTheUrl,
    NamesNoCause,
    SendsAgain,
    ForgetsTheOperation,
}

#[async_trait]
impl HttpBackend for Broken {
    async fn send(&self, mut request: Request<Bytes>, mut limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let (url, max_body) = (request.uri().to_string(), limits.max_body);
        match self.fault {
            Fault::AddsAHeader => _ = request.headers_mut().insert("x-tracking", HeaderValue::from_static("1")),
            Fault::IgnoresTheLimit | Fault::ReadsEverything => limits = limits.with_max_body(usize::MAX),
            Fault::ExceedsTheDeadline => limits = limits.with_timeout(Duration::from_secs(60)),
            Fault::ForgetsTheOperation => _ = request.extensions_mut().insert(Operation::Verify),
            _ => {}
        }
        let again = request.clone();
        let outcome = if self.fault == Fault::GoesOnIfDropped {
            let inner = Arc::clone(&self.inner);
            tokio::spawn(async move { inner.send(request, limits).await }).await.unwrap()
        } else {
            self.inner.send(request, limits).await
        };
        match (self.fault, outcome) {
            (Fault::FollowsRedirects, Ok(response)) if response.headers().contains_key(LOCATION) => {
                let target = response.headers()[LOCATION].to_str().unwrap();
                self.inner.send(Request::get(target).body(Bytes::new()).unwrap(), limits).await
            }
            (Fault::ReadsEverything, Ok(response)) if response.body().len() > max_body => {
                Err(TransportError::new(TransportErrorKind::BodyTooLarge, Sent::Unknown).with_detail("too much"))
            }
            (Fault::ClaimsNotSent, Err(error)) => {
                Err(TransportError::new(error.kind(), Sent::NotSent).with_detail("broken"))
            }
            (Fault::ShowsTheUrl, Err(error)) => Err(TransportError::new(error.kind(), error.sent()).with_detail(url)),
            (Fault::NamesNoCause, Err(error)) => Err(TransportError::new(error.kind(), error.sent())),
            (Fault::SendsAgain, Err(error)) if error.kind() == TransportErrorKind::Interrupted => {
                self.inner.send(again, limits).await
            }
            (_, outcome) => outcome,
        }
    }
}

fn broken(ca_pem: &str, fault: Fault) -> Arc<dyn HttpBackend> {
    let builder = HyperBackend::builder().no_proxy().add_root_certificate_pem(ca_pem.as_bytes()).unwrap();
    Arc::new(Broken { inner: Arc::new(builder.build().unwrap()), fault })
}

/// The case passes without the fault, and fails with it. Returns what it says.
fn finds<F: Future<Output = ()>>(make: Make, rule: Rule, case: fn(Make) -> F) -> String {
    run(rule, || case(|ca_pem| broken(ca_pem, Fault::None)));
    let panic =
        catch_unwind(AssertUnwindSafe(|| run(rule, || case(make)))).expect_err("the case passes with the fault");
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn a_followed_redirect_is_found() {
    let make: Make = |ca_pem| broken(ca_pem, Fault::FollowsRedirects);
    finds(make, responses::RULE, responses::a_redirect_is_returned_and_not_followed);
}

#[test]
fn an_added_header_is_found() {
    let make: Make = |ca_pem| broken(ca_pem, Fault::AddsAHeader);
    finds(make, responses::RULE, responses::a_post_goes_out_as_built_and_its_response_comes_back);
    finds(make, responses::RULE, responses::a_get_keeps_its_path_and_query_to_the_byte);
}

#[test]
fn an_ignored_limit_is_found() {
    let make: Make = |ca_pem| broken(ca_pem, Fault::IgnoresTheLimit);
    finds(make, sizes::RULE, sizes::a_short_body_over_a_short_limit_is_an_error);
}

#[test]
fn a_body_that_is_read_to_its_end_is_found() {
    let make: Make = |ca_pem| broken(ca_pem, Fault::ReadsEverything);
    let said = finds(make, sizes::RULE, sizes::the_rest_of_a_body_over_the_limit_is_not_read);
    assert!(said.contains("the server got rid of 134217728 bytes"), "{said}");
}

#[test]
fn a_dropped_call_that_goes_on_is_found() {
    let make: Make = |ca_pem| broken(ca_pem, Fault::GoesOnIfDropped);
    let said = finds(make, connections::RULE, connections::a_dropped_call_closes_its_connection_and_harms_no_other);
    assert!(said.contains("the connection of a dropped call is open after 5s"), "{said}");
}

#[test]
fn an_exceeded_deadline_is_found() {
    let make: Make = |ca_pem| broken(ca_pem, Fault::ExceedsTheDeadline);
    finds(make, deadlines::RULE, deadlines::it_covers_the_body);
}

#[test]
fn a_false_not_sent_is_found() {
    let make: Make = |ca_pem| broken(ca_pem, Fault::ClaimsNotSent);
    finds(make, connection_errors::RULE, connection_errors::a_reset_before_the_response_is_an_interruption);
    finds(make, deadlines::RULE, deadlines::it_covers_the_headers);
}

#[test]
fn a_url_in_an_error_is_found() {
    let make: Make = |ca_pem| broken(ca_pem, Fault::ShowsTheUrl);
    finds(make, connection_errors::RULE, connection_errors::a_refused_connection_sent_nothing);
    finds(make, connection_errors::RULE, connection_errors::an_unusable_url_is_not_shown);
}

#[test]
fn an_error_without_a_cause_is_found() {
    let make: Make = |ca_pem| broken(ca_pem, Fault::NamesNoCause);
    finds(make, connection_errors::RULE, connection_errors::a_close_in_the_body_is_an_interruption);
}

#[test]
fn a_request_that_is_sent_again_is_found() {
    let make: Make = |ca_pem| broken(ca_pem, Fault::SendsAgain);
    finds(make, connection_errors::RULE, connection_errors::a_close_before_the_response_is_an_interruption);
    finds(make, connections::RULE, connections::a_request_that_may_have_arrived_is_not_repeated);
}

#[test]
fn an_old_connection_for_an_issue_is_found() {
    let make: Make = |ca_pem| broken(ca_pem, Fault::ForgetsTheOperation);
    finds(make, idle::RULE, idle::a_call_that_must_not_arrive_twice_takes_no_old_connection);
}
