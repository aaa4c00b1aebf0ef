//! What the benchmarks and the allocation test share.

pub mod by_hand;
pub mod chart;
pub mod measure;
pub mod report;
pub mod server;
pub mod signing;
pub mod transport;
