//! One token for many processes and many lives.
//!
//! `decide.rs` says what to do, as plain functions of what the store holds (`record.rs`); `issue_call.rs` and `lease_holder.rs` do it, by calls of the store
//! (`store_access.rs`) and of the source. `local.rs` is what one process remembers by itself.

mod decide;
mod event;
mod issue_call;
mod lease_holder;
mod local;
mod outage;
mod record;
mod record_form;
mod shared_source;
mod store_access;

pub use event::StoreEvent;
pub use outage::StoreOutage;
pub use shared_source::SharedSource;
