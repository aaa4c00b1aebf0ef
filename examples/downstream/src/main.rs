//! The bot as a program. `LINE_CHANNEL_ID`, `LINE_CHANNEL_SECRET` and the other variables of `ChannelConfig` say which channel it is for,
//! `LISTEN` where it listens.

use std::error::Error;
use std::process::ExitCode;

use downstream::service;
use downstream::settings::Settings;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("downstream: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    service::run(Settings::from_env()?).await
}
