#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod channel_tokens;
mod error;
mod future;
mod http_service;
mod layer;
#[cfg(feature = "reqwest-middleware")]
mod middleware;
mod origins;
#[cfg(feature = "reqwest")]
mod reqwest_service;
mod send_once;
mod service;

pub use error::BoxError;
pub use future::ResponseFuture;
pub use layer::AuthorizationLayer;
pub use send_once::SendOnce;
pub use service::Authorization;
