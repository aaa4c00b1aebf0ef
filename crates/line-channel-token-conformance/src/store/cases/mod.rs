//! The cases, by what they check.

pub mod cancellation;
pub mod contention;
pub mod damage;
pub mod debug;
pub mod keys;
pub mod lifetimes;
pub mod revisions;
pub mod runtimes;
pub mod set_aside;
pub mod sizes;
pub mod time;
pub mod values;
