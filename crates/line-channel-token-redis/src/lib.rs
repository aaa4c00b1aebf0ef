#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod call;
mod connect;
mod connection;
mod credentials;
mod dial;
mod errors;
mod redis_store;
mod scripts;
mod sentinel;
mod settings;
mod store_url;
mod stored_form;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "no_tls.rs"]
mod tls;
mod worker;

pub use builder::RedisStoreBuilder;
pub use redis_store::RedisStore;
/// The TLS library, for [`RedisStoreBuilder::tls_config`].
#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub use rustls;
