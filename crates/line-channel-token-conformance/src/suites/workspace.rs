//! The suites for the two backends of this workspace, whose builders have the same methods.

/// Everything about a backend over its own clients: the suite, proxies, the environment, settings and construction.
#[doc(hidden)]
#[macro_export]
macro_rules! __own_client_suite {
    ($Backend:ty, $name:literal) => {
        mod own_client {
            $crate::suite! {
                backend: |ca_pem| {
                    let builder = <$Backend>::builder().no_proxy().add_root_certificate_pem(ca_pem.as_bytes());
                    builder.unwrap().build().unwrap()
                },
                with: [pool_per_runtime, error_messages],
            }
        }

        mod through_proxies {
            $crate::proxy_suite! {
                backend: |ca_pem, proxy, connect_timeout| {
                    let builder = <$Backend>::builder().connect_timeout(connect_timeout).proxy(proxy).unwrap();
                    assert!(!format!("{builder:?}{builder:#?}").contains("s3cret"));
                    builder.add_root_certificate_pem(ca_pem.as_bytes()).unwrap().build().unwrap()
                },
            }

            #[test]
            fn an_unusable_proxy_url_is_an_error_that_does_not_show_it() {
                for url in ["", "ftp://s3cret", "http://s3cret:0", "http://user:s3/cret@host", "\"http://s3cret\""] {
                    let error = <$Backend>::builder().proxy(url).unwrap_err();
                    assert_eq!(error.kind(), $crate::ErrorKind::InvalidInput);
                    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
                }
            }
        }

        mod environment {
            /// The test that runs in a child process, with an environment of its own.
            const CHILD: &str = concat!(module_path!(), "::child_process");

            fn make(ca_pem: &str) -> Result<std::sync::Arc<dyn $crate::HttpBackend>, $crate::Error> {
                let mut builder = <$Backend>::builder();
                if !ca_pem.is_empty() {
                    builder = builder.add_root_certificate_pem(ca_pem.as_bytes())?;
                }
                Ok(std::sync::Arc::new(builder.build()?))
            }

            $crate::__cases! { CHILD proxies { environment: the_environment_names_the_proxy; } }
            // Elsewhere the platform keeps its roots, whatever the environment says.
            #[cfg(target_os = "linux")]
            $crate::__cases! { CHILD roots { environment: private_roots_work_without_those_of_the_platform; } }

            #[test]
            #[ignore = "run by the other tests"]
            fn child_process() {
                $crate::cases::environment::run_child(make);
            }
        }

        mod settings {
            fn with_connect_timeout(timeout: std::time::Duration) -> std::sync::Arc<dyn $crate::HttpBackend> {
                std::sync::Arc::new(<$Backend>::builder().no_proxy().connect_timeout(timeout).build().unwrap())
            }

            fn with_idle_timeout(timeout: std::time::Duration) -> std::sync::Arc<dyn $crate::HttpBackend> {
                std::sync::Arc::new(<$Backend>::builder().no_proxy().pool_idle_timeout(timeout).build().unwrap())
            }

            $crate::__cases! { with_connect_timeout connect_timeout {
                settings: the_connect_timeout_covers_tls_and_sends_nothing;
            } }
            $crate::__cases! { with_idle_timeout pool_idle_timeout {
                settings: an_idle_connection_is_closed_after_its_timeout;
            } }
        }

        mod defaults {
            #[test]
            fn the_defaults_are_enough() {
                let backend = <$Backend>::new().unwrap();
                $crate::assert_shareable(&backend);
                assert_eq!(format!("{backend:?}"), concat!($name, " { .. }"));
            }
        }
    };
}

/// A TLS configuration that the caller gives, which works in a build without a TLS provider too.
#[doc(hidden)]
#[macro_export]
macro_rules! __tls_config_suite {
    ($Backend:ty) => {
        mod tls_config {
            fn make(
                config: $crate::rustls::ClientConfig,
                added_roots: Option<&str>,
            ) -> Result<std::sync::Arc<dyn $crate::HttpBackend>, $crate::Error> {
                let mut builder = <$Backend>::builder().no_proxy().tls_config(config);
                if let Some(pem) = added_roots {
                    builder = builder.add_root_certificate_pem(pem.as_bytes())?;
                }
                Ok(std::sync::Arc::new(builder.build()?))
            }

            $crate::__cases! { make given {
                tls_config: its_roots_are_used_and_http_1_is_offered,
                    a_client_certificate_is_sent,
                    a_contradiction_is_an_error,
                    nothing_else_is_trusted;
            } }
        }
    };
}

/// What is said of the settings when the backend is built, in every build.
#[doc(hidden)]
#[macro_export]
macro_rules! __construction_suite {
    ($Backend:ty) => {
        mod construction {
            #[test]
            fn a_root_that_is_no_certificate_is_an_error_of_the_builder() {
                let builder = <$Backend>::builder().connect_timeout(std::time::Duration::from_secs(1));
                $crate::assert_shareable(&builder);
                let error = builder.add_root_certificate_pem(b"s3cret").unwrap_err();
                assert_eq!(error.kind(), $crate::ErrorKind::InvalidInput);
                assert!(!format!("{error} {error:?}").contains("s3cret"));
            }
        }
    };
}

/// The error of a build without a TLS provider.
#[doc(hidden)]
#[macro_export]
macro_rules! __no_provider_suite {
    ($Backend:ty) => {
        mod no_provider {
            #[test]
            fn without_a_provider_the_error_says_what_to_enable() {
                let error = <$Backend>::new().unwrap_err();
                assert_eq!(error.kind(), $crate::ErrorKind::Backend);
                let text = error.to_string();
                assert!(text.contains("enable the feature aws-lc-rs or ring") && text.contains("tls_config"), "{text}");
            }
        }
    };
}

/// Delays on the runtime's timer, for a test binary of their own: nothing else may start a timer thread there.
#[doc(hidden)]
#[macro_export]
macro_rules! __retry_delay_suite {
    ($Backend:ty) => {
        fn make() -> std::sync::Arc<dyn $crate::HttpBackend> {
            std::sync::Arc::new(<$Backend>::new().unwrap())
        }

        $crate::__cases! { make on_the_runtime {
            retry_delays: a_retry_starts_no_timer_thread,
                sleep_outside_of_a_runtime_is_none;
        } }
    };
}
