//! The suites that the other backends pass, but for what a backend that blocks cannot do:
//!
//! - a call that was dropped (`connections::a_dropped_call_closes_its_connection_and_harms_no_other`): it is not pending, so nobody can
//!   drop it. The suite shows the case as ignored;
//! - pools for each runtime (`pool_per_runtime`): there is one pool, and no runtime;
//! - an idle connection that is closed by a timer (`settings::an_idle_connection_is_closed_after_its_timeout`): no thread waits for
//!   that, so it is closed at the next call, which `tests/idle_connections.rs` checks.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
use line_channel_token_ureq::UreqBackend;

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod own_agents {
    line_channel_token_conformance::suite! {
        backend: |ca_pem| {
            let builder = super::UreqBackend::builder().no_proxy().add_root_certificate_pem(ca_pem.as_bytes());
            builder.unwrap().build().unwrap()
        },
        without: [async_io],
        with: [error_messages],
    }

    line_channel_token_conformance::__cases! { conformance_backend alpn {
        tls_error_messages: a_server_without_http_1_is_named;
    } }
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod through_proxies {
    line_channel_token_conformance::proxy_suite! {
        backend: |ca_pem, proxy, connect_timeout| {
            let builder = super::UreqBackend::builder().connect_timeout(connect_timeout).proxy(proxy).unwrap();
            assert!(!format!("{builder:?}{builder:#?}").contains("s3cret"));
            builder.add_root_certificate_pem(ca_pem.as_bytes()).unwrap().build().unwrap()
        },
    }

    #[test]
    fn an_unusable_proxy_url_is_an_error_that_does_not_show_it() {
        for url in ["", "ftp://s3cret", "http://s3cret:0", "http://user:s3/cret@host", "\"http://s3cret\""] {
            let error = super::UreqBackend::builder().proxy(url).unwrap_err();
            assert_eq!(error.kind(), line_channel_token_core::ErrorKind::InvalidInput);
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        }
    }
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod environment {
    use std::sync::Arc;

    use line_channel_token_core::{Error, HttpBackend};

    /// The test that runs in a child process, with an environment of its own.
    const CHILD: &str = concat!(module_path!(), "::child_process");

    fn make(ca_pem: &str) -> Result<Arc<dyn HttpBackend>, Error> {
        let mut builder = super::UreqBackend::builder();
        if !ca_pem.is_empty() {
            builder = builder.add_root_certificate_pem(ca_pem.as_bytes())?;
        }
        Ok(Arc::new(builder.build()?))
    }

    line_channel_token_conformance::__cases! { CHILD proxies { environment: the_environment_names_the_proxy; } }
    // Elsewhere the platform keeps its roots, whatever the environment says.
    #[cfg(target_os = "linux")]
    line_channel_token_conformance::__cases! {
        CHILD roots { environment: private_roots_work_without_those_of_the_platform; }
    }

    #[test]
    #[ignore = "run by the other tests"]
    fn child_process() {
        line_channel_token_conformance::cases::environment::run_child(make);
    }
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod settings {
    use std::sync::Arc;
    use std::time::Duration;

    use line_channel_token_core::HttpBackend;

    fn with_connect_timeout(timeout: Duration) -> Arc<dyn HttpBackend> {
        Arc::new(super::UreqBackend::builder().no_proxy().connect_timeout(timeout).build().unwrap())
    }

    line_channel_token_conformance::__cases! { with_connect_timeout connect_timeout {
        settings: the_connect_timeout_covers_tls_and_sends_nothing;
    } }

    #[test]
    fn the_defaults_are_enough() {
        let backend = super::UreqBackend::new().unwrap();
        line_channel_token_conformance::assert_shareable(&backend);
        assert_eq!(format!("{backend:?}"), "UreqBackend { .. }");
    }
}

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
#[test]
fn without_a_provider_the_error_says_what_to_enable() {
    let error = line_channel_token_ureq::UreqBackend::new().unwrap_err();
    assert_eq!(error.kind(), line_channel_token_core::ErrorKind::Backend);
    let text = error.to_string();
    assert!(text.contains("enable the feature aws-lc-rs or ring") && text.contains("tls_config"), "{text}");
}

line_channel_token_conformance::__tls_config_suite!(line_channel_token_ureq::UreqBackend);

line_channel_token_conformance::__construction_suite!(line_channel_token_ureq::UreqBackend);
