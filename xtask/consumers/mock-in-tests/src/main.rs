//! The default features in the program, and the mock in its tests alone.

use std::error::Error;

use line_channel_token::{ChannelId, ChannelSecret, Client};

async fn life(client: &Client, id: &ChannelId, secret: &ChannelSecret) -> Result<u64, Box<dyn Error>> {
    Ok(client.issue_stateless(id, secret).await?.expires_in().as_secs())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    use line_channel_token::{BaseUrl, ReqwestBackend};
    let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new(std::env::var("EMULATOR_SECRET")?)?);
    let base = BaseUrl::new(std::env::var("EMULATOR_URL")?)?;
    let client = Client::builder(ReqwestBackend::new()?).base_url(base).build();
    assert_eq!(life(&client, &id, &secret).await?, 900);
    Ok(())
}

#[tokio::test]
async fn the_life_of_a_token_is_told() {
    use line_channel_token::Operation;
    use line_channel_token::mock::{MockBackend, Reply};
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).expect(1).respond(Reply::stateless_token("t"));
    let (id, secret) = (ChannelId::new("1").unwrap(), ChannelSecret::new("s").unwrap());
    assert_eq!(life(&line.client(), &id, &secret).await.unwrap(), 900);
    line.verify();
}
