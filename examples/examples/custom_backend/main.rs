//! A backend of one's own, against an emulator on a loopback port.

mod plain_tcp;

use std::error::Error;

use line_channel_token::emulator::{EmulatedChannel, Emulator};
use line_channel_token::{ChannelId, ChannelSecret, Client};

use crate::plain_tcp::PlainTcp;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    let server = emulator.serve(([127, 0, 0, 1], 0).into()).await?;
    let client = Client::builder(PlainTcp).base_url(server.base_url()).build();
    let id = ChannelId::new("1234567890")?;

    let token = client.issue(&id, &ChannelSecret::new("s3cret")?).await?;
    let verified = client.verify(token.access_token()).await?;
    println!("issued a token for channel {}, {} seconds left", verified.channel_id(), verified.expires_in().as_secs());
    let error = client.issue(&id, &ChannelSecret::new("wrong")?).await.err().ok_or("a wrong secret was accepted")?;
    println!("and a wrong secret is refused: {error}");
    server.shutdown().await;
    Ok(())
}
