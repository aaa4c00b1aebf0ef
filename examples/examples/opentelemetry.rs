//! The spans of calls and of a cache, through `tracing` to OpenTelemetry. An exporter keeps them in memory, and at the end they are
//! printed as trees; a service takes `opentelemetry-otlp` in its place.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use line_channel_token::cache::{StatelessSource, TokenCache};
use line_channel_token::emulator::{EmulatedChannel, Emulator};
use line_channel_token::{ChannelId, ChannelSecret, Client, ReqwestBackend};
use opentelemetry::trace::{SpanId, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tracing::{Instrument, Level, info_span};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let finished = Finished::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(finished.clone()).build();
    // At level info there is a span for each refresh and for each call; debug adds exchanges and waits.
    let ours = Targets::new().with_target("line_channel_token", Level::DEBUG).with_default(Level::INFO);
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bot")).with_filter(ours);
    tracing_subscriber::registry().with(layer).init();

    let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    let server = emulator.serve(([127, 0, 0, 1], 0).into()).await?;
    let client = Client::builder(ReqwestBackend::new()?).base_url(server.base_url()).build();
    let id = ChannelId::new("1234567890")?;

    // Two requests that need the first token at once: two waits, one call, which is below neither.
    let tokens =
        TokenCache::new(StatelessSource::from_secret(client.clone(), id.clone(), ChannelSecret::new("s3cret")?));
    let request = |name| async { tokens.token().await.map(drop) }.instrument(info_span!("webhook", name));
    tokio::try_join!(request("the first"), request("the second"))?;

    // And one call that LINE refuses.
    let wrong = ChannelSecret::new("wr0ng-s3cret")?;
    let refused = client.issue(&id, &wrong).instrument(info_span!("setup")).await;
    assert!(refused.is_err(), "the secret is wrong");

    drop(tokens);
    server.shutdown().await;
    provider.shutdown()?;
    finished.print();
    Ok(())
}

/// The spans that have ended.
#[derive(Clone, Debug, Default)]
struct Finished(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Finished {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        self.lock().append(&mut batch);
        Ok(())
    }
}

impl Finished {
    fn lock(&self) -> MutexGuard<'_, Vec<SpanData>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn print(&self) {
        let mut spans = std::mem::take(&mut *self.lock());
        spans.sort_by_key(|span| span.start_time);
        print_below(&spans, SpanId::INVALID, 0);
    }
}

/// The spans below this one, each with what is below it.
fn print_below(spans: &[SpanData], parent: SpanId, depth: usize) {
    for span in spans.iter().filter(|span| span.parent_span_id == parent) {
        let indent = "  ".repeat(depth);
        println!("{indent}{} ({:?}, {:?})", span.name, span.span_kind, span.status);
        for attribute in &span.attributes {
            let internal = ["code.", "thread.", "target", "busy_ns", "idle_ns"];
            if !internal.iter().any(|prefix| attribute.key.as_str().starts_with(prefix)) {
                println!("{indent}    {} = {}", attribute.key, attribute.value);
            }
        }
        for link in span.links.iter() {
            let linked = spans.iter().find(|span| span.span_context == link.span_context);
            println!("{indent}    follows from {}", linked.map_or("a span that was not exported", |span| &span.name));
        }
        for event in span.events.iter() {
            println!("{indent}    event: {}", event.name);
        }
        print_below(spans, span.span_context.span_id(), depth + 1);
    }
}
