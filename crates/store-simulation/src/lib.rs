//! Fleets that share a token by a store, simulated.
//!
//! The real `SharedSource` runs on an executor of our own, with virtual time, over a network that loses, delays and repeats messages, a store that
//! fails in every way that a store can, and a LINE with its limits. A seed decides all of it, and replays exactly. After each step the [`Invariant`]s are
//! judged; [`Breakage`]s show that each of them is.

mod breakage;
mod cache;
mod checks;
mod clock;
mod executor;
mod faults;
mod fleet;
mod invariant;
mod line;
mod line_source;
mod network;
mod node;
mod notify;
mod process_facts;
mod record;
mod scenario;
mod seeds;
mod simulation;
mod store;
mod store_client;
mod trace;
mod traps;
mod world;

pub use breakage::Breakage;
pub use invariant::{Invariant, Violation};
pub use seeds::{Summary, simulate_all};
pub use simulation::{Report, simulate};
