//! A platform that sends for many channels: each has its token, made on demand and kept warm. An hour passes in a moment.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use line_channel_token::cache::{Event, StatelessSource, TokenPool};
use line_channel_token::emulator::{EmulatedChannel, Emulator};
use line_channel_token::mock::ManualClock;
use line_channel_token::{ChannelId, ChannelSecret, Client};

const CUSTOMERS: usize = 500;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // The customers' channels, as a database has them.
    let mut secrets = HashMap::new();
    let clock = ManualClock::new();
    let mut emulator = Emulator::builder().clock(Arc::new(clock.clone()));
    for customer in 0..CUSTOMERS {
        let (id, secret) = ((2_000_000_000 + customer).to_string(), format!("s3cret-{customer}"));
        emulator = emulator.channel(EmulatedChannel::new(&id, &secret)?);
        secrets.insert(ChannelId::new(id)?, ChannelSecret::new(secret)?);
    }
    let customers: Vec<ChannelId> = secrets.keys().cloned().collect();
    let client = Client::builder(emulator.build()?.backend()).clock(Arc::new(clock.clone())).build();

    let (issued, refreshed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count_issued, count_refreshed) = (issued.clone(), refreshed.clone());
    let pool = TokenPool::builder(move |channel| {
        let secret = secrets.get(channel).ok_or_else(|| {
            line_channel_token::Error::invalid_input(format!("channel {channel} is not one of our customers'"))
        })?;
        Ok(StatelessSource::with_secret(client.clone(), channel.clone(), secret.clone()))
    })
    .clock(Arc::new(clock.clone()))
    .max_channels(10_000)
    .max_calls(16)
    .on_event(move |channel, event| match event {
        Event::Issued { .. } => drop(count_issued.fetch_add(1, Ordering::Relaxed)),
        Event::Refreshed { .. } => drop(count_refreshed.fetch_add(1, Ordering::Relaxed)),
        other => eprintln!("channel {channel}: {other:?}"),
    })
    .build();

    // Four messages a second, each for a customer in turn.
    let mut messages = 0;
    for second in 0..3600 {
        for nth in 0..4 {
            let customer = &customers[(second * 4 + nth) % customers.len()];
            let token = pool.token(customer).await?;
            // The message would be sent with `token.header_value()` here.
            assert!(token.expires_in().is_some());
            messages += 1;
        }
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(1));
    }
    println!("{messages} messages for {} channels", pool.len());
    let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
    println!("{} first tokens issued, {} refreshed in the background", count(&issued), count(&refreshed));

    // A customer who left, and one who never was.
    assert!(pool.remove(&customers[0]));
    let stranger = ChannelId::new("999")?;
    if let Err(error) = pool.token(&stranger).await {
        println!("{} channels after one left; and: {error}", pool.len());
    }
    pool.shutdown().await;
    Ok(())
}
