//! Issues a token for the channel that the command line and the environment name, and says how long it is valid.
//!
//! `LINE_CHANNEL_SECRET=… cargo run --example issue_token --features clap -- --channel-id 1234567890`

use std::error::Error;

use clap::Parser;
use line_channel_token_config::{ChannelArgs, ChannelConfig};
use line_channel_token_hyper::HyperBackend;

/// Issues a channel access token.
#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    channel: ChannelArgs,
    /// Waits for the end of the standard input before it ends.
    #[arg(long)]
    stay: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let Cli { channel, stay } = Cli::parse();
    let config: ChannelConfig = channel.into_config()?;
    let channel = config.build(HyperBackend::new()?)?;
    let token = channel.tokens.token().await?;
    let lifetime = token.expires_in().map_or(0, |lifetime| lifetime.as_secs());
    println!("channel {} has a {} token for {lifetime} s", config.channel_id(), config.token_family());
    if stay {
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    }
    Ok(())
}
