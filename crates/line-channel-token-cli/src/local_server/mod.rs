//! What the servers of this process share: who may use them from this machine, where their port is told, and what ends them.

mod access_key;
mod host;
mod port_file;
mod signals;
mod site_guard;

pub(crate) use access_key::AccessKey;
pub(crate) use port_file::{PortFile, replace_file};
pub(crate) use signals::Signals;
pub(crate) use site_guard::{Foreign, bearer, check_site};
