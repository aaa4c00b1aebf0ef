//! The suite that every backend passes.

/// Makes a `#[test]` of each case that a backend has to pass.
///
/// ```
/// # use line_channel_token_core::{HttpBackend, Limits, Sent, TransportError, TransportErrorKind};
/// # use line_channel_token_conformance as _;
/// # #[derive(Debug)]
/// # struct MyBackend;
/// # impl MyBackend {
/// #     fn trusting(_ca_pem: &str) -> Self {
/// #         Self
/// #     }
/// # }
/// # #[async_trait::async_trait]
/// # impl HttpBackend for MyBackend {
/// #     async fn send(&self, _: http::Request<bytes::Bytes>, _: Limits) -> Result<http::Response<bytes::Bytes>, TransportError> {
/// #         Err(TransportError::new(TransportErrorKind::Other, Sent::NotSent))
/// #     }
/// # }
/// line_channel_token_conformance::suite! {
///     backend: |ca_pem| MyBackend::trusting(ca_pem),
/// }
/// ```
///
/// `backend` is a function from the PEM of a CA (`&str`) to the backend, which must trust that CA, and use no proxy. It is called
/// for each case, from many threads; it captures nothing. What a backend has not goes into `without`, and what it promises beyond
/// [`HttpBackend`](line_channel_token_core::HttpBackend) into `with`:
///
/// | `without` | the backend |
/// |---|---|
/// | `tls` | speaks plain HTTP alone |
/// | `connection_reuse` | opens a connection for each request |
/// | `idle_limit` | may send `issue` over a connection that was idle for long, and its documentation says so: a token can get lost |
/// | `async_io` | blocks the thread that polls a call until the call has ended; the suite makes each call on a thread of its own |
///
/// | `with` | the backend |
/// |---|---|
/// | `pool_per_runtime` | has a pool of connections for each Tokio runtime, whose clocks close idle connections |
/// | `pool_for_all_runtimes` | has one pool, whose connections end with the runtime that opened them |
/// | `error_messages` | explains errors in the words of the backends of `line-channel-token` |
///
/// ```
/// # use line_channel_token_core::{HttpBackend, Limits, Sent, TransportError, TransportErrorKind};
/// # #[derive(Debug)]
/// # struct PlainTcp;
/// # #[async_trait::async_trait]
/// # impl HttpBackend for PlainTcp {
/// #     async fn send(&self, _: http::Request<bytes::Bytes>, _: Limits) -> Result<http::Response<bytes::Bytes>, TransportError> {
/// #         Err(TransportError::new(TransportErrorKind::Other, Sent::NotSent))
/// #     }
/// # }
/// line_channel_token_conformance::suite! {
///     backend: |_| PlainTcp,
///     without: [tls, connection_reuse],
/// }
/// ```
///
/// One case has no meaning for a backend without `async_io`, because nobody can drop a call that is not pending. It stands in the output
/// of the suite as ignored, with that reason.
///
/// Each suite of a file is in a module of its own, because the functions that it makes have fixed names:
///
/// ```
/// # use line_channel_token_core::{HttpBackend, Limits, Sent, TransportError, TransportErrorKind};
/// # #[derive(Debug)]
/// # pub struct MyBackend;
/// # impl MyBackend {
/// #     pub fn trusting(_ca_pem: &str) -> Self {
/// #         Self
/// #     }
/// #     pub fn plain() -> Self {
/// #         Self
/// #     }
/// # }
/// # #[async_trait::async_trait]
/// # impl HttpBackend for MyBackend {
/// #     async fn send(&self, _: http::Request<bytes::Bytes>, _: Limits) -> Result<http::Response<bytes::Bytes>, TransportError> {
/// #         Err(TransportError::new(TransportErrorKind::Other, Sent::NotSent))
/// #     }
/// # }
/// mod with_tls {
///     line_channel_token_conformance::suite! {
///         backend: |ca_pem| crate::MyBackend::trusting(ca_pem),
///     }
/// }
///
/// mod without_tls {
///     line_channel_token_conformance::suite! {
///         backend: |_| crate::MyBackend::plain(),
///         without: [tls],
///     }
/// }
/// # fn main() {}
/// ```
///
/// An unknown word does not compile:
///
/// ```compile_fail
/// # #[derive(Debug)]
/// # struct PlainTcp;
/// line_channel_token_conformance::suite! {
///     backend: |_| PlainTcp,
///     without: [certificates],
/// }
/// ```
#[macro_export]
macro_rules! suite {
    (backend: $backend:expr $(, without: [$($without:ident),* $(,)?])? $(, with: [$($with:ident),* $(,)?])? $(,)?) => {
        fn conformance_backend(ca_pem: &str) -> ::std::sync::Arc<dyn $crate::HttpBackend> {
            fn call<B: $crate::HttpBackend>(make: impl Fn(&str) -> B, ca_pem: &str) -> B {
                make(ca_pem)
            }
            let backend: ::std::sync::Arc<dyn $crate::HttpBackend> = ::std::sync::Arc::new(call($backend, ca_pem));
            $crate::__if! { async_io [$($($without)*)?] {
                let backend: ::std::sync::Arc<dyn $crate::HttpBackend> = ::std::sync::Arc::new($crate::OnThreads::new(backend));
            } }
            backend
        }
        $($($crate::__word! { without $without })*)?
        $($($crate::__word! { with $with })*)?
        $crate::__cases! { conformance_backend contract {
            responses: a_post_goes_out_as_built_and_its_response_comes_back,
                a_get_keeps_its_path_and_query_to_the_byte,
                every_status_is_a_response,
                a_redirect_is_returned_and_not_followed,
                a_gzip_body_is_left_as_it_came,
                a_chunked_body_is_put_together,
                an_http_1_0_response_ends_with_its_connection,
                an_empty_response_is_complete,
                a_header_that_is_not_utf8_arrives_as_it_is,
                many_headers_and_a_long_one_arrive,
                an_endless_header_is_an_error,
                an_interim_response_is_skipped;
            connection_errors: a_reset_before_the_response_is_an_interruption,
                a_reset_in_the_body_is_an_interruption,
                a_close_before_the_response_is_an_interruption,
                a_close_in_the_headers_is_an_interruption,
                a_close_in_the_body_is_an_interruption,
                a_close_in_a_chunked_body_is_an_interruption,
                a_refused_connection_sent_nothing,
                an_unknown_host_sent_nothing,
                a_response_that_is_not_http_is_an_error,
                a_broken_chunk_size_is_an_error,
                a_uri_that_is_not_absolute_sent_nothing,
                an_unusable_url_is_not_shown,
                a_call_outside_of_a_runtime_is_an_error;
            connections: concurrent_calls_get_their_own_responses,
                a_connection_that_was_closed_while_idle_is_replaced;
            deadlines: it_covers_the_headers,
                it_covers_the_body,
                it_is_not_prolonged_by_a_trickle,
                it_allows_a_response_in_time;
            runtimes: a_runtime_that_has_ended_harms_no_later_call,
                a_runtime_that_ends_during_a_call_harms_no_later_call,
                a_client_gets_past_connections_of_other_runtimes;
            sizes: a_body_at_the_limit_is_accepted,
                a_body_announced_as_too_large_is_an_error_at_once,
                an_endless_chunked_body_is_an_error,
                an_endless_body_without_a_length_is_an_error,
                the_rest_of_a_body_over_the_limit_is_not_read,
                a_short_body_over_a_short_limit_is_an_error,
                a_limit_of_zero_allows_an_empty_body;
        } }
        $crate::__unless! { async_io [$($($without)*)?] { $crate::__cases! { conformance_backend dropped_calls {
            connections: a_dropped_call_closes_its_connection_and_harms_no_other;
        } } } }
        $crate::__if! { async_io [$($($without)*)?] {
            mod dropped_calls {
                #[test]
                #[ignore = "this backend blocks (`without: [async_io]`): a call that is not pending cannot be dropped"]
                fn a_dropped_call_closes_its_connection_and_harms_no_other() {
                    panic!("{}", "a backend that blocks cannot pass this case");
                }
            }
        } }
        $crate::__unless! { tls [$($($without)*)?] { $crate::__with_tls! { $crate::__cases! { conformance_backend tls {
            certificates: a_trusted_certificate_is_accepted,
                tls_1_2_is_enough,
                an_unknown_issuer_is_not_trusted,
                an_expired_certificate_is_not_trusted,
                a_certificate_for_another_host_is_not_trusted,
                a_server_without_tls_is_no_certificate_error,
                a_close_during_the_handshake_is_no_certificate_error;
            tls_deadlines: it_covers_the_headers_over_tls,
                it_covers_the_tls_handshake_which_sends_nothing,
                nothing_is_sent_after_it_over_a_handshake_that_ends_late;
            tls_exchanges: a_post_goes_out_as_built_over_tls,
                an_http_1_0_response_ends_with_its_tls_connection,
                a_body_that_ends_without_close_notify_is_an_error,
                a_reset_over_tls_is_an_interruption,
                a_refused_tls_connection_sent_nothing,
                an_unknown_tls_host_sent_nothing;
        } } } } }
        $crate::__unless! { connection_reuse [$($($without)*)?] {
            $crate::__cases! { conformance_backend connection_reuse {
                connections: a_connection_is_used_again,
                    a_request_that_may_have_arrived_is_not_repeated;
            } }
            $crate::__unless! { tls [$($($without)*)?] { $crate::__cases! { conformance_backend tls_connection_reuse {
                tls_exchanges: a_tls_connection_is_used_again,
                    a_tls_connection_that_the_server_ends_is_not_used_again;
            } } } }
        } }
        $crate::__unless! { idle_limit [$($($without)*)?] { $crate::__cases! { conformance_backend idle_limit {
            idle: a_call_that_must_not_arrive_twice_takes_no_old_connection,
                no_call_meets_the_end_of_an_idle_connection;
        } } } }
        $crate::__if! { pool_per_runtime [$($($with)*)?] { $crate::__cases! { conformance_backend pool_per_runtime {
            idle: only_idempotent_calls_use_an_old_connection;
            runtimes: a_connection_ends_with_its_runtime,
                a_call_takes_no_connection_of_another_runtime;
        } } } }
        $crate::__if! { pool_for_all_runtimes [$($($with)*)?] { $crate::__cases! { conformance_backend pool_for_all_runtimes {
            runtimes: a_connection_ends_with_its_runtime,
                a_connection_whose_runtime_ends_before_the_response_is_an_interruption,
                a_connection_whose_runtime_ends_in_the_body_is_an_interruption,
                a_connection_that_nobody_drives_costs_one_deadline;
        } } } }
        $crate::__if! { error_messages [$($($with)*)?] {
            $crate::__cases! { conformance_backend with_error_messages {
                error_messages: a_refused_connection_is_named,
                    an_unknown_host_is_a_dns_error,
                    a_tls_port_is_suspected_behind_http,
                    a_broken_exchange_says_how,
                    an_exceeded_limit_is_named;
            } }
            $crate::__unless! { tls [$($($without)*)?] {
                $crate::__cases! { conformance_backend with_tls_error_messages {
                    tls_error_messages: a_refused_tls_connection_is_named,
                        an_unknown_tls_host_is_a_dns_error,
                        a_certificate_error_says_why,
                        plain_http_is_suspected_behind_https,
                        a_close_during_the_handshake_is_named,
                        a_slow_handshake_is_named;
                } }
                // A client that the caller made may not name its protocol.
                $crate::__if! { pool_per_runtime [$($($with)*)?] { $crate::__cases! { conformance_backend with_alpn {
                    tls_error_messages: a_server_without_http_1_is_named;
                } } } }
            } }
        } }
    };
    ($backend:expr $(,)?) => { $crate::suite! { backend: $backend } };
}
