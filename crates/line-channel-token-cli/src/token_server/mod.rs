//! The server of `serve`, which hands out tokens to programs of this machine in any language.

mod address;
mod channels;
mod connections;
mod error_response;
mod events;
mod guard;
mod handlers;
mod listener;
mod routes;
mod run;
mod settings;
mod tls;
#[cfg(unix)]
mod unix_socket;

pub(crate) use channels::configured;
pub(crate) use run::{Served, run};
pub(crate) use settings::ServerArgs;
