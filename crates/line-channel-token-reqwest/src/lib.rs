#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backend;
mod builder;
mod exchange;
mod own_clients;
mod transport_error;

pub use backend::ReqwestBackend;
pub use builder::ReqwestBackendBuilder;
/// The version of rustls that [`ReqwestBackendBuilder::tls_config`] takes a configuration of.
pub use rustls;
