//! A program without an async runtime: a push through ureq, with a token that is replaced when the server refuses it.
//!
//! It talks to an emulator, which a thread of its own drives; with `Client::new(UreqBackend::new()?)` it would talk to LINE.

use std::error::Error;
use std::sync::mpsc;

use line_channel_token::blocking::{Client, TokenCache};
use line_channel_token::emulator::{EmulatedChannel, Emulator};
use line_channel_token::{BaseUrl, ChannelId, ChannelSecret, UreqBackend};

const MESSAGE: &str = r#"{"to":"U4af4980629","messages":[{"type":"text","text":"Hello"}]}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    let base_url = serve(emulator.clone())?;

    let client = line_channel_token::Client::builder(UreqBackend::new()?).base_url(base_url.clone()).build();
    let client = Client::from(client);
    let channel_id = ChannelId::new("1234567890")?;
    let tokens = TokenCache::stateless(&client, channel_id.clone(), ChannelSecret::new("s3cret")?);

    let url = format!("{base_url}/v2/bot/message/push");
    let push = || {
        tokens.authorized(|token| {
            ureq::post(&url)
                .header("authorization", token.access_token().header_value())
                .header("content-type", "application/json")
                .send(MESSAGE)
        })
    };
    let response = push()??; // the first `?` is for the lack of a token, the second one for the push
    println!(
        "pushed: {}, with a token that lives {} seconds",
        response.status(),
        tokens.token()?.expires_in().as_secs()
    );

    println!("LINE takes that token back");
    emulator.revoke_all(&channel_id);
    println!("pushed: {}, with the next token", push()??.status());
    Ok(())
}

/// Drives the emulator's server on a thread of its own, up to the end of the program.
fn serve(emulator: Emulator) -> Result<BaseUrl, Box<dyn Error>> {
    let (ready, is_ready) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let server = emulator.serve(([127, 0, 0, 1], 0).into()).await?;
            let _ = ready.send(server.base_url());
            std::future::pending::<std::io::Result<()>>().await
        })
    });
    Ok(is_ready.recv()?)
}
