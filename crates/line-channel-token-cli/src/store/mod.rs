//! Where tokens are kept, so that processes share them and a restart finds them again.

mod args;
mod choice;
mod failure;
mod key_file;
mod open;
mod outage;

pub(crate) use args::StoreArgs;
pub(crate) use failure::{error as store_error, failure as store_failure};
pub(crate) use outage::{Outage, OutageArgs};
