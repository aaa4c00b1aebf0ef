#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attempt;
mod builder_methods;
#[cfg(feature = "hyper")]
mod causes;
mod client_settings;
#[cfg(feature = "hyper")]
mod error_chain;
#[cfg(feature = "hyper")]
mod error_kinds;
pub mod io_errors;
#[cfg(feature = "hyper")]
mod limited_body;
mod own_errors;
#[cfg(feature = "hyper")]
mod per_runtime;
mod pools;
#[cfg(feature = "hyper")]
mod proxies;
#[cfg(feature = "hyper")]
mod proxy_errors;
mod proxy_settings;
mod proxy_url;
mod roots;
pub mod tls;
pub mod tls_errors;
#[cfg(feature = "hyper")]
mod tracked_body;
#[cfg(feature = "hyper")]
mod transport_errors;

pub use attempt::Attempt;
pub use client_settings::{ClientSettings, ResolvedSettings};
#[cfg(feature = "hyper")]
#[cfg_attr(docsrs, doc(cfg(feature = "hyper")))]
pub use error_chain::chain;
#[cfg(feature = "hyper")]
#[cfg_attr(docsrs, doc(cfg(feature = "hyper")))]
pub use limited_body::{Chunks, read_body};
pub use own_errors::{UNKNOWN, connect_timeout_error, timeout_error, unsendable};
#[cfg(feature = "hyper")]
#[cfg_attr(docsrs, doc(cfg(feature = "hyper")))]
pub use per_runtime::PerRuntime;
pub use pools::Pools;
#[cfg(feature = "hyper")]
#[cfg_attr(docsrs, doc(cfg(feature = "hyper")))]
pub use proxies::Proxies;
pub use proxy_settings::ProxySettings;
pub use proxy_url::{Protocol, ProxyUrl};
pub use roots::roots_from_pem;
#[cfg(feature = "hyper")]
#[cfg_attr(docsrs, doc(cfg(feature = "hyper")))]
pub use tracked_body::{Abandoned, Progress, TrackedBody};
#[cfg(feature = "hyper")]
#[cfg_attr(docsrs, doc(cfg(feature = "hyper")))]
pub use transport_errors::{connect_error, exchange_error};
