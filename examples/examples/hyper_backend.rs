//! The hyper backend in a few lines: a stateless token from an emulator on a loopback port.

use std::error::Error;

use line_channel_token::emulator::{EmulatedChannel, Emulator};
use line_channel_token::{ChannelId, ChannelSecret, Client, HyperBackend};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    let server = emulator.serve(([127, 0, 0, 1], 0).into()).await?;

    let client = Client::builder(HyperBackend::new()?).base_url(server.base_url()).build();
    let token = client.issue_stateless(&ChannelId::new("1234567890")?, &ChannelSecret::new("s3cret")?).await?;

    println!("issued a stateless token that lives {} seconds", token.expires_in().as_secs());
    server.shutdown().await;
    Ok(())
}
