#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod agents;
mod backend;
pub mod blocking;
mod builder;
mod call;
mod channel;
mod connector;
mod deadline;
mod dial;
mod failure;
mod http_tunnel;
mod io_errors;
mod no_proxy;
mod proxies;
mod proxy_url;
mod socks;
mod tls;
mod tls_errors;
mod transport_error;
mod wire;

pub use backend::UreqBackend;
pub use builder::UreqBackendBuilder;
/// The version of rustls that [`UreqBackendBuilder::tls_config`] takes a configuration of.
pub use rustls;
