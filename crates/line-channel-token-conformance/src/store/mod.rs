//! The suite for stores of shared tokens.

mod contenders;
mod environment;
mod suite;
mod values;

// For the macro alone, which names each case.
#[doc(hidden)]
pub mod cases;

#[doc(hidden)]
pub use environment::{Environment, EnvironmentBuilder};
#[doc(hidden)]
pub use line_channel_token_cache::store::{StoreKey, TokenStore};
