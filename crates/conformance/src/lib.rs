//! The one suite that every [`HttpBackend`] passes.
//!
//! Each case is a scripted server on a loopback port, which can misbehave byte by byte, and one or more calls to it
//! through the backend. [`suite!`] makes a `#[test]` of each:
//!
//! ```
//! # use std::sync::Arc;
//! # use line_channel_token_core::{HttpBackend, Limits, Sent, TransportError, TransportErrorKind};
//! # #[derive(Debug)]
//! # struct MyBackend;
//! # impl MyBackend {
//! #     fn trusting(_ca_pem: &str) -> Self {
//! #         Self
//! #     }
//! # }
//! # #[async_trait::async_trait]
//! # impl HttpBackend for MyBackend {
//! #     async fn send(&self, _: http::Request<bytes::Bytes>, _: Limits) -> Result<http::Response<bytes::Bytes>, TransportError> {
//! #         Err(TransportError::new(TransportErrorKind::Other, Sent::NotSent))
//! #     }
//! # }
//! /// Trusts the CA in `ca_pem` beside the platform's, and has no other setting of its own.
//! fn backend(ca_pem: &str) -> Arc<dyn HttpBackend> {
//!     Arc::new(MyBackend::trusting(ca_pem))
//! }
//!
//! conformance::suite!(backend);
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "all of it is test code, where a panic is the report"
)]

pub mod answers;
pub mod breaks;
pub mod causes;
pub mod certificates;
pub mod connections;
pub mod deadlines;
pub mod environment;
pub mod idle;
pub mod proxies;
pub mod retry_waits;
pub mod runtimes;
pub mod sizes;
pub mod tls_config;

mod authority;
mod call;
mod proxy;
mod server;

use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::HttpBackend;

/// Makes the backend under test. The text is the PEM of the CA that signs the suite's servers.
pub type Make = fn(ca_pem: &str) -> Arc<dyn HttpBackend>;

/// Runs one case on a runtime of its own. [`suite!`] calls it.
pub fn run<F: Future<Output = ()>>(make: Make, case: fn(Make) -> F) {
    run_case(case(make));
}

fn run_case(case: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let outcome = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(20), case).await });
    // A name resolution that hangs must not hold up the end of the test.
    runtime.shutdown_background();
    outcome.expect("the case hangs: the backend keeps no deadline");
}

/// Makes a `#[test]` of each case, for the backend that the given [`Make`] function makes. With `given`, which stands for a
/// client that the caller built, those are left out that hold for a backend's own clients alone.
#[macro_export]
macro_rules! suite {
    ($make:expr) => {
        $crate::suite! { @common $make }
        mod own {
            #[allow(unused_imports, reason = "the path to the function may need them or not")]
            use super::*;
            $crate::suite! { @cases $make;
                causes: a_server_without_http_1_is_told_apart;
                idle: only_what_can_be_repeated_goes_over_an_old_connection,
                    no_call_meets_the_end_of_an_idle_connection;
                runtimes: a_call_takes_no_connection_of_another_runtime;
            }
        }
    };
    (given $make:expr) => {
        $crate::suite! { @common $make }
        mod given {
            #[allow(unused_imports, reason = "the path to the function may need them or not")]
            use super::*;
            $crate::suite! { @cases $make;
                runtimes: a_connection_whose_runtime_ends_before_the_response_is_an_interruption,
                    a_connection_whose_runtime_ends_in_the_body_is_an_interruption,
                    a_connection_that_nobody_drives_costs_one_deadline;
            }
        }
    };
    (@common $make:expr) => {
        $crate::suite! { @cases $make;
            answers: a_post_goes_out_as_built_and_its_answer_comes_back,
                a_get_keeps_its_path_and_query_to_the_byte,
                every_status_is_an_answer,
                a_redirect_is_returned_and_not_followed,
                a_gzip_body_is_left_as_it_came,
                a_chunked_body_is_put_together,
                an_http_1_0_answer_ends_with_its_connection,
                an_empty_answer_is_complete,
                a_header_that_is_not_utf8_arrives_as_it_is,
                many_headers_and_a_long_one_arrive,
                an_endless_header_is_refused,
                an_interim_answer_is_passed_over;
            breaks: a_reset_before_the_answer_is_an_interruption,
                a_reset_in_the_body_is_an_interruption,
                a_close_before_the_answer_is_an_interruption,
                a_close_in_the_headers_is_an_interruption,
                a_close_in_the_body_is_an_interruption,
                a_close_in_a_chunked_body_is_an_interruption,
                a_refused_connection_sent_nothing,
                an_unknown_host_sent_nothing,
                an_answer_that_is_not_http_is_told_apart,
                a_broken_chunk_size_is_an_error,
                a_uri_that_is_not_absolute_sent_nothing,
                a_call_outside_of_a_runtime_is_an_error;
            causes: a_refused_connection_is_called_so,
                an_unknown_host_is_a_matter_of_dns,
                a_refused_certificate_says_why,
                plain_http_and_tls_are_told_apart,
                a_broken_exchange_says_how,
                a_limit_that_was_met_is_named,
                an_unusable_url_is_not_repeated;
            certificates: a_trusted_certificate_is_accepted,
                tls_1_2_is_enough,
                an_unknown_authority_is_refused,
                an_expired_certificate_is_refused,
                a_certificate_for_another_host_is_refused,
                a_server_without_tls_is_refused,
                a_close_during_the_handshake_is_no_verdict_on_a_certificate,
                a_body_cut_off_without_a_tls_goodbye_is_an_error,
                a_reset_over_tls_is_an_interruption;
            connections: a_connection_is_used_again,
                a_tls_connection_is_used_again,
                concurrent_calls_get_their_own_answers,
                a_dropped_call_closes_its_connection_and_harms_no_other,
                a_connection_that_was_closed_while_idle_is_replaced,
                a_request_that_may_have_arrived_is_not_repeated;
            deadlines: it_covers_the_headers,
                it_covers_the_body,
                it_is_not_prolonged_by_a_trickle,
                it_covers_the_tls_handshake_which_sends_nothing,
                nothing_is_sent_after_it_over_a_handshake_that_ends_late,
                it_spares_an_answer_in_time;
            runtimes: a_runtime_that_has_ended_harms_no_later_call,
                a_runtime_that_ends_during_a_call_harms_no_later_call,
                a_client_gets_past_connections_of_other_runtimes;
            sizes: a_body_at_the_bound_is_accepted,
                a_body_announced_as_too_large_is_refused_before_it_comes,
                an_endless_chunked_body_is_refused,
                an_endless_body_without_a_length_is_refused,
                a_short_body_over_a_short_bound_is_refused,
                a_bound_of_nothing_admits_an_empty_body;
        }
    };
    (@cases $make:expr; $($module:ident: $($case:ident),+;)+) => {$(
        mod $module {
            #[allow(unused_imports, reason = "the path to the function may need them or not")]
            use super::*;
            $(
                #[test]
                fn $case() {
                    $crate::run($make, $crate::$module::$case);
                }
            )+
        }
    )+};
}
