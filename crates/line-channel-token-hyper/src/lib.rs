#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backend;
mod builder;
mod connection_use;
mod connector;
mod exchange;
mod own_clients;
mod route;
mod stream;
mod transport_error;

pub use backend::HyperBackend;
pub use builder::HyperBackendBuilder;
/// The version of rustls that [`HyperBackendBuilder::tls_config`] takes a configuration of.
pub use rustls;
