//! Plain functions in place of async ones, for programs without a runtime: the nine operations, and a small cache.

mod block_on;
mod client;
mod response_status;
mod schedule;
mod token_cache;

pub use block_on::block_on;
pub use client::Client;
pub use response_status::ResponseStatus;
pub use token_cache::TokenCache;
