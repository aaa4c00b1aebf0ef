//! ureq with aws-lc-rs and the signer: a program without an async runtime.

use std::error::Error;

use line_channel_token::blocking::{Client, TokenCache};
use line_channel_token::{
    AssertionKid, AssertionSigner, BaseUrl, ChannelId, ChannelSecret, SigningKey, TokenLifetime, UreqBackend,
};

fn main() -> Result<(), Box<dyn Error>> {
    let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new(std::env::var("EMULATOR_SECRET")?)?);
    let base = BaseUrl::new(std::env::var("EMULATOR_URL")?)?;
    let client = line_channel_token::Client::builder(UreqBackend::new()?).base_url(base).build();
    let client = Client::from(client);
    let tokens = TokenCache::stateless(&client, id.clone(), secret.clone());
    assert_eq!(tokens.token()?.expires_in().as_secs(), 900);

    let key = SigningKey::parse(std::fs::read(std::env::var("EMULATOR_KEY_FILE")?)?)?;
    let signer = AssertionSigner::new(id.clone(), AssertionKid::new(std::env::var("EMULATOR_KID")?)?, key)?;
    let tokens = TokenCache::jwt(&client, signer, TokenLifetime::from_days(1)?);
    let token = tokens.token()?;
    assert_eq!(client.verify_jwt(token.access_token())?.channel_id(), &id);
    client.revoke_jwt(&id, &secret, token.access_token())?;
    Ok(())
}
