//! The default features and hyper: two backends in one build.

use std::error::Error;

use line_channel_token::{BaseUrl, ChannelId, ChannelSecret, Client, HyperBackend, ReqwestBackend};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new(std::env::var("EMULATOR_SECRET")?)?);
    let base = BaseUrl::new(std::env::var("EMULATOR_URL")?)?;
    let over_reqwest = Client::builder(ReqwestBackend::new()?).base_url(base.clone()).build();
    let over_hyper = Client::builder(HyperBackend::new()?).base_url(base).build();
    let token = over_reqwest.issue(&id, &secret).await?;
    over_hyper.revoke(token.access_token()).await?;
    Ok(())
}
