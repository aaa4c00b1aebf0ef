//! A build without a C compiler: TLS by graviola (Rust and assembly), signing by the pure-Rust crates.

use std::error::Error;
use std::sync::Arc;

use line_channel_token::{
    AssertionKid, AssertionSigner, BaseUrl, ChannelId, Client, HyperBackend, SigningKey, TokenLifetime,
};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Without it there is no TLS in this build, and the error says what to do.
    let refusal = HyperBackend::new().err().ok_or("a backend without TLS was built")?;
    assert!(refusal.to_string().contains("tls_config"), "{refusal}");

    let tls = ClientConfig::builder_with_provider(Arc::new(rustls_graviola::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    let backend = HyperBackend::builder().tls_config(tls).build()?;

    let key = SigningKey::from_pem(std::fs::read(std::env::var("EMULATOR_KEY_FILE")?)?)?;
    let kid = AssertionKid::new(std::env::var("EMULATOR_KID")?)?;
    let signer = AssertionSigner::new(ChannelId::new("1234567890")?, kid, key)?;
    let base = BaseUrl::new(std::env::var("EMULATOR_URL")?)?;
    let client = Client::builder(backend).base_url(base).build();
    let token = client.issue_jwt(&signer.sign_for(TokenLifetime::from_days(1)?)?).await?;
    client.verify_jwt(token.access_token()).await?;
    Ok(())
}
