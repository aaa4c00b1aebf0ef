//! What the benchmarks and the allocation test share.

pub mod by_hand;
pub mod cached_read;
pub mod chart;
pub mod curve;
pub mod measure;
pub mod pooled_read;
pub mod report;
pub mod same_minute;
pub mod server;
pub mod signing;
pub mod tail;
pub mod transport;
