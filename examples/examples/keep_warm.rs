//! A service that keeps a token warm from its start to its end, with time moved by hand: an hour passes in a moment.

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use line_channel_token::cache::{Event, ShortLivedSource, Shutdown, TokenCache};
use line_channel_token::mock::{ManualClock, MockBackend, Reply};
use line_channel_token::{ChannelId, ChannelSecret, Clock, Operation};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // A LINE that is down while the service starts. Its tokens live for a quarter of an hour, so that there is something to see.
    let line = MockBackend::from_clock(ManualClock::new());
    let issued = AtomicUsize::new(0);
    let token = Reply::from_fn(move |_| {
        let nth = issued.fetch_add(1, Ordering::Relaxed);
        Reply::short_lived_token(&format!("token-{nth}")).expires_in(Duration::from_secs(900))
    });
    line.given(Operation::Issue).respond(Reply::server_error().then(token));
    line.given(Operation::Revoke).respond(Reply::revoked());

    let source = ShortLivedSource::new(line.client(), ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
    let (clock, events) = (line.clock().clone(), line.clock().clone());
    let start = clock.now();
    let seconds = move || events.now().since(start).as_secs();
    let tokens = TokenCache::builder(source)
        .on_event(move |event| match event {
            Event::Issued { .. } => println!("{:>5} s  issued", seconds()),
            Event::Refreshed { .. } => println!("{:>5} s  refreshed in the background", seconds()),
            Event::RefreshFailed { error, .. } => println!("{:>5} s  failed: {error}", seconds()),
            other => println!("{:>5} s  {other:?}", seconds()),
        })
        .build();

    // At the start: if the first attempt fails, log it and go on. The cache goes on too, until there is a token.
    if let Err(error) = tokens.warm_up().await {
        println!("not ready yet, try again in {:?}: {:?}", error.retry_after().unwrap_or_default(), error.kind());
    }
    // What a readiness probe responds with.
    while !tokens.status().is_ready() {
        advance(&clock, Duration::from_secs(1)).await;
    }
    println!("ready");

    // A request every ten seconds, for an hour; each finds a valid token without waiting.
    let mut requests = 0;
    while clock.now().since(start) < Duration::from_secs(3600) {
        let token = tokens.token().await?;
        assert!(!token.remaining(clock.now()).is_zero());
        requests += 1;
        advance(&clock, Duration::from_secs(10)).await;
    }
    println!("{requests} requests, each with a valid token");

    // At the end, within less than the orchestrator allows: a token that is revoked uses no slot of the channel any more.
    let report = tokens.shutdown(Shutdown::within(Duration::from_secs(20)).revoking_current()).await;
    println!("{} token revoked; everything done: {}", report.revoked, report.is_complete());
    Ok(())
}

async fn advance(clock: &ManualClock, time: Duration) {
    clock.advance(time);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}
