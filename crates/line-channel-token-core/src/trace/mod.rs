//! Spans of calls and of exchanges. Without the feature `tracing` they are empty, and nothing else changes.

#[cfg_attr(feature = "tracing", path = "call_on.rs")]
#[cfg_attr(not(feature = "tracing"), path = "call_off.rs")]
mod call;
mod call_start;
mod exchange;
#[cfg(feature = "tracing")]
mod exchange_on;
#[cfg(feature = "tracing")]
mod fields;

pub(crate) use call::CallSpan;
pub(crate) use call_start::CallStart;
pub use exchange::ExchangeSpan;
