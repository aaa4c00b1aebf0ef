//! What a cache reports, as metrics: its events go to the `metrics` facade, and a page for Prometheus comes out.

use std::error::Error;
use std::time::Duration;

use line_channel_token::cache::{Event, ShortLivedSource, Shutdown, TokenCache};
use line_channel_token::mock::{ManualClock, MockBackend, Reply};
use line_channel_token::{ChannelId, ChannelSecret, Operation};
use metrics::{counter, gauge};
use metrics_exporter_prometheus::PrometheusBuilder;

/// Counts what happens. In a service this is all there is to write.
fn record(event: &Event) {
    match event {
        Event::Issued { expires_in } | Event::Refreshed { expires_in } => {
            let how = if matches!(event, Event::Issued { .. }) { "first" } else { "refresh" };
            counter!("line_tokens_issued_total", "how" => how).increment(1);
            if let Some(lifetime) = expires_in {
                gauge!("line_token_lifetime_seconds").set(lifetime.as_secs_f64());
            }
            gauge!("line_token_retry_seconds").set(0.0);
        }
        Event::RefreshFailed { error, retry_in } => {
            counter!("line_token_refreshes_failed_total", "kind" => error.kind().as_str()).increment(1);
            gauge!("line_token_retry_seconds").set(retry_in.as_secs_f64());
        }
        Event::ServedStale => counter!("line_tokens_served_stale_total").increment(1),
        Event::Invalidated => counter!("line_tokens_invalidated_total").increment(1),
        Event::Revoked { .. } => counter!("line_tokens_revoked_total").increment(1),
        Event::RevocationFailed { .. } => counter!("line_token_revocations_failed_total").increment(1),
        Event::BudgetExhausted { .. } => counter!("line_token_budget_exhausted_total").increment(1),
        Event::TokenLimitReached { .. } => counter!("line_token_limit_reached_total").increment(1),
        Event::FallbackSignerUsed { .. } => counter!("line_assertion_key_unknown_total").increment(1),
        // Events may be added; a service that does not know them goes on.
        _ => {}
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let prometheus = PrometheusBuilder::new().install_recorder()?;

    // A LINE that issues, fails twice, recovers, and revokes what it is told to.
    let line = MockBackend::from_clock(ManualClock::new());
    let issues = Reply::short_lived_token("the-first")
        .then(Reply::server_error())
        .then(Reply::server_error())
        .then(Reply::short_lived_token("the-second"));
    line.given(Operation::Issue).respond(issues);
    line.given(Operation::Revoke).respond(Reply::revoked());
    let source = ShortLivedSource::new(line.client(), ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?)
        .revoke_previous_after(Duration::from_secs(600));
    let tokens = TokenCache::builder(source).on_event(record).build();

    // A month, with a request every hour.
    for _ in 0..30 * 24 {
        tokens.token().await?;
        line.clock().advance(Duration::from_secs(3600));
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }
    let refused = tokens.token().await?;
    tokens.invalidate(&refused);
    tokens.shutdown(Shutdown::default()).await;

    print!("{}", prometheus.render());
    Ok(())
}
