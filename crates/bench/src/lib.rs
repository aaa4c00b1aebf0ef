//! What the benchmarks and the allocation test share.

pub mod authorized_call;
pub mod by_hand;
pub mod cached_read;
pub mod chart;
pub mod curve;
pub mod dead_channels;
pub mod expiry_burst;
pub mod fixtures;
pub mod insertion;
pub mod latency_under_refresh;
pub mod measure;
#[allow(dead_code, reason = "the example that it belongs to uses more of it")]
#[path = "../../../examples/examples/fleet/panels.rs"]
mod panels;
pub mod pooled_read;
pub mod replicas;
pub mod report;
pub mod server;
pub mod signing;
pub mod transport;
