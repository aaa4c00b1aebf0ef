//! A LINE bot with axum that repeats what its users say: webhooks in, messages out, health, and an end without loose ends.
//!
//! ```sh
//! LINE_CHANNEL_ID=… LINE_CHANNEL_SECRET=… LINE_TOKEN_FAMILY=short-lived cargo run --example axum_bot
//! ```
//!
//! | variable | |
//! |---|---|
//! | `LINE_CHANNEL_ID`, `LINE_CHANNEL_SECRET`, … | the channel: all that [`ChannelConfig`](line_channel_token::configuration::ChannelConfig) reads |
//! | `LINE_API_BASE_URL` | where messages go and tokens come from, unless it is LINE: an emulator, a gateway |
//! | `LISTEN` | the address to listen on, `127.0.0.1:8080` unless set; in a container `0.0.0.0:8080` |
//!
//! Its modules are those of `examples/downstream`, where it is a package of its own with tests: copy that.

#![allow(unreachable_pub, reason = "in examples/downstream these modules are a library")]

#[path = "../downstream/src/bot.rs"]
mod bot;
#[path = "../downstream/src/health.rs"]
mod health;
#[path = "../downstream/src/service.rs"]
mod service;
#[path = "../downstream/src/settings.rs"]
mod settings;
#[path = "../downstream/src/signature.rs"]
mod signature;
#[path = "../downstream/src/webhook.rs"]
mod webhook;

use std::error::Error;
use std::process::ExitCode;

use settings::Settings;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("axum_bot: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    service::run(Settings::from_env()?).await
}
