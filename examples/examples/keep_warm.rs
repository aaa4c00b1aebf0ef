//! One process that keeps a stateless token warm, with time moved by hand: an hour passes in a moment.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use line_channel_token::cache::{Event, StatelessSource, TokenCache};
use line_channel_token::emulator::{EmulatedChannel, Emulator};
use line_channel_token::mock::ManualClock;
use line_channel_token::{ChannelId, ChannelSecret, Client, Clock};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let clock = Arc::new(ManualClock::new());
    let channel = EmulatedChannel::new("1234567890", "s3cret")?;
    let emulator = Emulator::builder().channel(channel).clock(clock.clone()).build()?;
    let client = Client::builder(emulator.backend()).clock(clock.clone()).build();

    let source = StatelessSource::with_secret(client, ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
    let (start, events) = (clock.now(), clock.clone());
    let tokens = TokenCache::builder(source)
        .clock(clock.clone())
        .on_event(move |event| match event {
            Event::Issued { .. } => println!("{:>5} s  issued", events.now().since(start).as_secs()),
            Event::Refreshed { .. } => {
                println!("{:>5} s  refreshed in the background", events.now().since(start).as_secs())
            }
            other => println!("{:>5} s  {other:?}", events.now().since(start).as_secs()),
        })
        .build();

    // A request every ten seconds, for an hour; each finds a valid token without waiting, but for the first.
    let mut requests = 0;
    while clock.now().since(start) < Duration::from_secs(3600) {
        let token = tokens.token().await?;
        assert!(!token.remaining(clock.now()).is_zero());
        requests += 1;
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(10));
    }
    println!("{requests} requests, each with a valid token");
    tokens.shutdown().await;
    Ok(())
}
