//! What the program is told.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::settings::Family;

/// Worker processes that share one channel's tokens, beside as many that do not, against an emulated LINE with its limits.
///
/// Time is sped up, so that tokens expire while you watch. Stateless tokens need none of this: they have no limit.
#[derive(Parser)]
pub(crate) struct Arguments {
    /// What the workers share their tokens by; with none, only the run without a store is made.
    #[arg(long, value_enum, default_value_t = Store::File)]
    pub(crate) store: Store,
    /// How many workers there are, each a process.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) workers: u16,
    /// The family of the tokens.
    #[arg(long, value_enum, default_value_t = Family::Jwt)]
    pub(crate) family: Family,
    /// For how many lifetimes of a token each run lasts; 0 ends it when each worker has sent, or failed to send, its first message.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub(crate) lives: u16,
    /// How many seconds a token lives on your wall.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(4..=3600))]
    pub(crate) life: u16,
    /// How many rolling deploys replace all workers in the course of each run; one fewer than lives unless given.
    #[arg(long)]
    pub(crate) deploys: Option<u16>,
    /// How many milliseconds lie between two messages of a worker.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub(crate) send_every: u64,
    /// Leave out the run without a store.
    #[arg(long)]
    pub(crate) shared_only: bool,
    /// Where the chart is drawn.
    #[arg(long, value_name = "FILE", default_value = "target/fleet.svg")]
    pub(crate) chart: PathBuf,
    /// Write what happened here, as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// This process is a worker.
    #[arg(long, hide = true)]
    pub(crate) worker: bool,
    /// This process runs a command until its standard input ends.
    #[arg(long, hide = true, num_args = 1.., allow_hyphen_values = true, value_name = "COMMAND")]
    pub(crate) guard: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    None,
    File,
    Redis,
}

impl Store {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::None => "no store",
            Self::File => "file store",
            Self::Redis => "Redis",
        }
    }
}
