//! The control API below `/_emulator/`, and the page.

mod app;
mod channels;
mod clock;
mod error;
mod events;
mod extract;
mod faults;
mod guard;
mod inspect;
mod keys;
mod openapi;
mod routes;
mod state;
mod tokens;

pub(super) use app::App;
pub(super) use routes::router;
