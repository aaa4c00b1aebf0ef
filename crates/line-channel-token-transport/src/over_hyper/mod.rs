//! What the backends over hyper share beside: all of an async runtime is here.

mod causes;
mod error_chain;
mod error_kinds;
mod limited_body;
mod per_runtime;
mod proxies;
mod proxy_errors;
mod tracked_body;
mod transport_errors;

pub use error_chain::chain;
pub use limited_body::{Chunks, read_body};
pub use per_runtime::PerRuntime;
pub use proxies::Proxies;
pub use tracked_body::{Abandoned, Progress, TrackedBody};
pub use transport_errors::{connect_error, exchange_error};
