//! A platform that sends for many channels: each has its token, made on demand and kept warm. An hour passes in a moment.

use std::collections::HashMap;
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use line_channel_token::cache::{Event, LookupSource, Shutdown, TokenPool};
use line_channel_token::emulator::{EmulatedChannel, Emulator};
use line_channel_token::mock::ManualClock;
use line_channel_token::{ChannelId, ChannelSecret, Error as TokenError};

const CUSTOMERS: usize = 500;

/// The customers' channels and their secrets, which change at times.
#[derive(Clone, Default)]
struct Database(Arc<Mutex<HashMap<ChannelId, ChannelSecret>>>);

impl Database {
    fn save(&self, channel: ChannelId, secret: ChannelSecret) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(channel, secret);
    }

    /// A real one would do I/O here, and return [`TokenError::transient`] if it cannot be reached.
    async fn secret(&self, channel: &ChannelId) -> Result<ChannelSecret, TokenError> {
        let secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.get(channel).cloned().ok_or_else(|| TokenError::invalid_input("it is not one of our customers'"))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let database = Database::default();
    let mut customers = Vec::new();
    let clock = ManualClock::new();
    let mut emulator = Emulator::builder().clock(Arc::new(clock.clone()));
    for customer in 0..CUSTOMERS {
        let (id, secret) = ((2_000_000_000 + customer).to_string(), format!("s3cret-{customer}"));
        emulator = emulator.channel(EmulatedChannel::new(&id, &secret)?);
        customers.push(ChannelId::new(id)?);
        database.save(customers[customer].clone(), ChannelSecret::new(secret)?);
    }
    // One of them has changed its secret, and has not told us yet.
    database.save(customers[7].clone(), ChannelSecret::new("the-former-s3cret")?);
    let client = emulator.build()?.client();

    let (issued, refreshed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count_issued, count_refreshed) = (issued.clone(), refreshed.clone());
    let lookups = database.clone();
    let lookup = move |channel: ChannelId| {
        let database = lookups.clone();
        async move { database.secret(&channel).await }
    };
    let pool =
        TokenPool::builder(move |channel| Ok(LookupSource::stateless(client.clone(), channel.clone(), lookup.clone())))
            .clock(Arc::new(clock.clone()))
            .max_capacity(10_000)
            .max_concurrent_issues(16)
            .on_event(move |channel, event| match event {
                Event::Issued { .. } => drop(count_issued.fetch_add(1, Ordering::Relaxed)),
                Event::Refreshed { .. } => drop(count_refreshed.fetch_add(1, Ordering::Relaxed)),
                Event::RefreshFailed { error, .. } => println!("channel {channel}: {error}"),
                other => eprintln!("channel {channel}: {other:?}"),
            })
            .build();

    // The new secret is saved. Without the reload the pool would find it too, some half a minute later.
    let changed = &customers[7];
    assert!(pool.token(changed).await.is_err());
    database.save(changed.clone(), ChannelSecret::new("s3cret-7")?);
    assert!(pool.reload_source(changed)?);
    pool.token(changed).await?;

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
    println!("{} channels after one left", pool.len());
    assert!(pool.token(&ChannelId::new("999")?).await.is_err());
    pool.shutdown(Shutdown::default()).await;
    Ok(())
}
