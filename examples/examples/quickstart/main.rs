//! The nine operations over real TCP, with both backends, against an emulator that this program starts.
//!
//! `cargo run --example quickstart` needs nothing but a Rust toolchain. With `-- --live` it makes the calls that
//! destroy nothing against LINE itself, for the channel that the environment names.

mod live;
mod offline;
mod steps;
mod table;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use line_channel_token::{Client, ClientBuilder, Error, HyperBackend, ReqwestBackend};

/// Issues, verifies and revokes channel access tokens, and shows each call as a line of a table.
#[derive(Parser)]
struct Arguments {
    /// Call LINE (or LINE_API_BASE_URL) for the channel in LINE_CHANNEL_ID, instead of an emulator.
    #[arg(long)]
    live: bool,
    /// Use this backend alone; without it the emulator is called by both, and LINE by reqwest.
    #[arg(long, value_enum)]
    backend: Option<Backend>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Backend {
    Reqwest,
    Hyper,
}

impl Backend {
    fn name(self) -> &'static str {
        match self {
            Self::Reqwest => "reqwest",
            Self::Hyper => "hyper",
        }
    }

    fn client(self) -> Result<ClientBuilder, Error> {
        Ok(match self {
            Self::Reqwest => Client::builder(ReqwestBackend::new()?),
            Self::Hyper => Client::builder(HyperBackend::new()?),
        })
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = if arguments.live {
        live::run(arguments.backend.unwrap_or(Backend::Reqwest)).await
    } else {
        offline::run(arguments.backend.map_or(vec![Backend::Reqwest, Backend::Hyper], |backend| vec![backend])).await
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("quickstart: {message}");
            ExitCode::FAILURE
        }
    }
}
