#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attempt;
mod builder_methods;
mod client_settings;
mod error_chain;
mod error_kinds;
mod io_errors;
mod limited_body;
mod per_runtime;
mod pools;
mod proxies;
mod proxy_errors;
mod proxy_url;
mod roots;
pub mod tls;
mod tls_errors;
mod tracked_body;
mod transport_errors;

pub use attempt::Attempt;
pub use client_settings::{ClientSettings, ResolvedSettings};
pub use error_chain::chain;
pub use limited_body::{Chunks, read_body};
pub use per_runtime::PerRuntime;
pub use pools::Pools;
pub use proxies::Proxies;
pub use proxy_url::ProxyUrl;
pub use roots::roots_from_pem;
pub use tracked_body::{Abandoned, Progress, TrackedBody};
pub use transport_errors::{connect_error, connect_timeout_error, exchange_error, timeout_error, unsendable};
