//! Both signers and the emulator in one build, beside a jsonwebtoken with both of its providers, which panics when it is asked to
//! sign here.

use std::error::Error;

use line_channel_token::emulator::{EmulatedChannel, Emulator};
use line_channel_token::{
    AssertionKid, AssertionSigner, BaseUrl, ChannelId, Client, ReqwestBackend, SigningKey, TokenLifetime,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let key = SigningKey::from_pem(std::fs::read(std::env::var("EMULATOR_KEY_FILE")?)?)?;
    let kid = AssertionKid::new(std::env::var("EMULATOR_KID")?)?;
    let channel = EmulatedChannel::new("1234567890", "s3cret")?.with_key(kid.as_str(), key.public_jwk().to_json())?;
    let signer = AssertionSigner::new(ChannelId::new("1234567890")?, kid, key)?;
    let base = BaseUrl::new(std::env::var("EMULATOR_URL")?)?;
    let client = Client::builder(ReqwestBackend::new()?).base_url(base).build();
    let token = client.issue_jwt(&signer.sign_for(TokenLifetime::from_days(1)?)?).await?;
    client.verify_jwt(token.access_token()).await?;
    // The signer beside us reads a process-wide provider, and finds two; ours reads nothing of the process.
    std::panic::set_hook(Box::new(|_| {}));
    let theirs = std::panic::catch_unwind(|| {
        let key = jsonwebtoken::EncodingKey::from_secret(b"secret");
        jsonwebtoken::encode(&jsonwebtoken::Header::default(), &["claims"], &key)
    });
    assert!(theirs.is_err(), "jsonwebtoken signs with two providers now: say so in docs and design");
    assert!(signer.sign().is_ok());
    // The emulator verifies with jsonwebtoken too, and names the provider itself.
    let emulator = Emulator::builder().channel(channel).build()?;
    emulator.client().issue_stateless_with_jwt(&signer.sign()?).await?;
    assert!(SigningKey::generate_ec()?.public_jwk().to_json().contains("P-256"));
    Ok(())
}
