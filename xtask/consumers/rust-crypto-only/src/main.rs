//! The pure-Rust signer alone; TLS by ring.

use std::error::Error;

use line_channel_token::{
    AssertionKid, AssertionSigner, BaseUrl, ChannelId, Client, HyperBackend, SigningKey, TokenLifetime,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let key = SigningKey::from_pem(std::fs::read(std::env::var("EMULATOR_KEY_FILE")?)?)?;
    let kid = AssertionKid::new(std::env::var("EMULATOR_KID")?)?;
    let signer = AssertionSigner::new(ChannelId::new("1234567890")?, kid, key)?;
    let base = BaseUrl::new(std::env::var("EMULATOR_URL")?)?;
    let client = Client::builder(HyperBackend::new()?).base_url(base).build();
    let token = client.issue_jwt(&signer.sign_for(TokenLifetime::from_days(1)?)?).await?;
    client.verify_jwt(token.access_token()).await?;
    assert!(SigningKey::generate_ec()?.public_jwk().to_json().contains("P-256"));
    Ok(())
}
