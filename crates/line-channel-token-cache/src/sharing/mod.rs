//! One token for many processes and many lives.

mod event;
mod shared_source;

pub use event::StoreEvent;
pub use shared_source::{SharedSource, StoreOutage};
