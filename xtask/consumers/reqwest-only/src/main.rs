//! reqwest with aws-lc-rs, and no signer.

use std::error::Error;

use line_channel_token::{BaseUrl, ChannelId, ChannelSecret, Client, ReqwestBackend};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new(std::env::var("EMULATOR_SECRET")?)?);
    let base = BaseUrl::new(std::env::var("EMULATOR_URL")?)?;
    let client = Client::builder(ReqwestBackend::new()?).base_url(base).build();
    let token = client.issue(&id, &secret).await?;
    assert_eq!(client.verify(token.access_token()).await?.channel_id(), &id);
    client.revoke(token.access_token()).await?;
    Ok(())
}
