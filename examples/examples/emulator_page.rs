//! The Rust program that the emulator's page shows, for an emulator with this channel at its usual port.
//!
//! `LINE_EMULATOR_SECRET_1234567890=0123456789abcdef0123456789abcdef line-channel-token emulator` starts one.

// cargo add line-channel-token
// cargo add tokio --features macros,rt-multi-thread
use line_channel_token::{BaseUrl, ChannelId, ChannelSecret, Client, ReqwestBackend};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::builder(ReqwestBackend::new()?).base_url(BaseUrl::new("http://127.0.0.1:8787")?).build();
    let id = ChannelId::new("1234567890")?;
    let secret = ChannelSecret::new("0123456789abcdef0123456789abcdef")?;
    let token = client.issue_stateless(&id, &secret).await?;
    println!("valid for {} s", token.expires_in().as_secs());
    Ok(())
}
