#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod capped_body;
mod causes;
mod io_errors;
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

pub use capped_body::{Chunks, read_body};
pub use causes::chain;
pub use per_runtime::PerRuntime;
pub use pools::Pools;
pub use proxies::Proxies;
pub use proxy_url::ProxyUrl;
pub use roots::roots_from_pem;
pub use tracked_body::{Abandoned, Progress, TrackedBody};
pub use transport_errors::{Attempt, connect_timed_out, failed_connect, failed_exchange, timed_out, unsendable};
