//! The suite for backends with proxies.

/// Makes a `#[test]` of each case about proxies, whose servers are all behind TLS. Error messages are checked to the word, so it
/// is for backends that explain errors as those of `line-channel-token` do.
///
/// `backend` is a function from the PEM of a CA that the backend must trust (`&str`), the URL of its proxy (`&str`) and its
/// connect timeout (`Duration`) to the backend. It captures nothing. Each suite of a file is in a module of its own.
///
/// ```
/// # use std::time::Duration;
/// # use line_channel_token_core::{HttpBackend, Limits, Sent, TransportError, TransportErrorKind};
/// # #[derive(Debug)]
/// # struct MyBackend;
/// # impl MyBackend {
/// #     fn proxied(_ca_pem: &str, _proxy: &str, _connect_timeout: Duration) -> Self {
/// #         Self
/// #     }
/// # }
/// # #[async_trait::async_trait]
/// # impl HttpBackend for MyBackend {
/// #     async fn send(&self, _: http::Request<bytes::Bytes>, _: Limits) -> Result<http::Response<bytes::Bytes>, TransportError> {
/// #         Err(TransportError::new(TransportErrorKind::Other, Sent::NotSent))
/// #     }
/// # }
/// line_channel_token_conformance::proxy_suite! {
///     backend: |ca_pem, proxy, connect_timeout| MyBackend::proxied(ca_pem, proxy, connect_timeout),
/// }
/// ```
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#[macro_export]
macro_rules! proxy_suite {
    (backend: $backend:expr $(,)?) => {
        fn conformance_proxied(
            ca_pem: &str,
            proxy: &str,
            connect_timeout: ::std::time::Duration,
        ) -> ::std::sync::Arc<dyn $crate::HttpBackend> {
            fn call<B: $crate::HttpBackend>(
                make: impl Fn(&str, &str, ::std::time::Duration) -> B,
                ca_pem: &str,
                proxy: &str,
                connect_timeout: ::std::time::Duration,
            ) -> B {
                make(ca_pem, proxy, connect_timeout)
            }
            ::std::sync::Arc::new(call($backend, ca_pem, proxy, connect_timeout))
        }
        $crate::__cases! { conformance_proxied proxied {
            proxies: an_https_url_goes_through_a_tunnel,
                a_tunnel_is_opened_for_the_right_password_alone,
                a_proxy_that_opens_no_tunnel_is_named,
                the_connect_timeout_covers_the_proxy,
                certificates_of_server_and_proxy_are_told_apart,
                a_proxy_can_speak_tls_itself,
                an_http_url_is_forwarded,
                socks_tunnels_to_the_server,
                socks_is_asked_for_the_port_of_the_scheme,
                a_socks_refusal_says_why,
                a_failed_local_lookup_does_not_name_the_proxy,
                a_loopback_address_is_reached_directly;
        } }
    };
}
