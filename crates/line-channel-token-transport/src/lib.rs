#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attempt;
mod builder_methods;
mod client_settings;
pub mod io_errors;
#[cfg(feature = "hyper")]
mod over_hyper;
mod own_errors;
mod pools;
mod proxy_settings;
mod proxy_url;
mod roots;
pub mod tls;
pub mod tls_errors;

pub use attempt::Attempt;
pub use client_settings::{ClientSettings, ResolvedSettings};
#[cfg(feature = "hyper")]
#[cfg_attr(docsrs, doc(cfg(feature = "hyper")))]
pub use over_hyper::{
    Abandoned, Chunks, PerRuntime, Progress, Proxies, TrackedBody, chain, connect_error, exchange_error, read_body,
};
pub use own_errors::{UNKNOWN, connect_timeout_error, timeout_error, unsendable};
pub use pools::Pools;
pub use proxy_settings::ProxySettings;
pub use proxy_url::{Protocol, ProxyUrl};
pub use roots::roots_from_pem;
