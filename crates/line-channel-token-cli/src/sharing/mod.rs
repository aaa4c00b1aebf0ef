//! A token that processes share: its source is set up only if one has to be issued.

mod lazy_source;
mod notes;

pub(crate) use lazy_source::LazySource;
pub(crate) use notes::{has_no_store, misconfigured, tell, warn};
