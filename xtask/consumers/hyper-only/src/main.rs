//! hyper with ring, and no signer.

use std::error::Error;

use line_channel_token::{BaseUrl, ChannelId, ChannelSecret, Client, HyperBackend};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new(std::env::var("EMULATOR_SECRET")?)?);
    let base = BaseUrl::new(std::env::var("EMULATOR_URL")?)?;
    let client = Client::builder(HyperBackend::new()?).base_url(base).build();
    let token = client.issue(&id, &secret).await?;
    assert_eq!(client.verify(token.access_token()).await?.channel_id(), &id);
    client.revoke(token.access_token()).await?;
    Ok(())
}
