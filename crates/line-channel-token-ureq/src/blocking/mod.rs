//! Plain functions in place of async ones, for programs without a runtime.

mod block_on;
mod client;

pub use block_on::block_on;
pub use client::Client;
