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
mod no_proxy;
mod proxies;
mod socks;
mod transport_error;
mod wire;

pub use backend::UreqBackend;
pub use builder::UreqBackendBuilder;
/// The version of rustls that [`UreqBackendBuilder::tls_config`] takes a configuration of.
pub use rustls;
