//! The emulator as a service: its settings, its life as a process, its control API and its page.

pub(crate) mod announcement;
pub(crate) mod build;
pub(crate) mod check;
mod clock;
mod control;
mod generated;
pub(crate) mod health;
mod journal;
mod output_files;
mod page;
pub(crate) mod serve;
pub(crate) mod settings;
