//! What the feature `tracing` costs while nobody listens: no allocation. Alone in its process, because the crate `tracing` remembers for
//! all threads whether any of them has a subscriber.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use allocation_counter::measure;
use bytes::Bytes;
use http::{Request, Response};
use line_channel_token::{
    AccessToken, BaseUrl, Client, ExchangeSpan, HttpBackend, Limits, Moment, Timing, TransportError, async_trait,
    request, response,
};

#[derive(Debug)]
struct Immediate;

#[async_trait]
impl HttpBackend for Immediate {
    async fn send(&self, request: Request<Bytes>, _: Limits) -> Result<Response<Bytes>, TransportError> {
        let span = ExchangeSpan::new("immediate", &request);
        span.record_proxy("http://proxy.example:3128");
        span.record_peer(([127, 0, 0, 1], 443).into());
        span.record_connection_reused(true);
        span.run(async { Ok(Response::new(Bytes::from_static(br#"{"client_id":"1","expires_in":900}"#))) }).await
    }
}

#[test]
fn without_a_subscriber_spans_allocate_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (client, token) = (Client::new(Immediate), AccessToken::new("a-token").unwrap());
        let now = Moment { monotonic: std::time::Duration::ZERO, unix: std::time::Duration::ZERO };
        let by_hand = || {
            let request = request::verify(&BaseUrl::line(), &token).unwrap();
            let sent = poll(Immediate.send(request, Limits::default()));
            response::verify(&sent.unwrap(), Timing { sent_at: now, received_at: now }).unwrap();
        };
        let call = || drop(poll(client.verify(&token)).unwrap());
        call();
        by_hand();
        let (call, by_hand) = (measure(call).count_total, measure(by_hand).count_total);
        println!("a call: {call} allocations, {by_hand} by hand");
        assert!(by_hand > 3 && call <= by_hand, "{call} allocations, {by_hand} by hand");
        let request = request::verify(&BaseUrl::line(), &token).unwrap();
        let exchange = || {
            let span = ExchangeSpan::new("immediate", &request);
            span.record_proxy("http://proxy.example:3128");
            drop(span.run_blocking(|| Ok(Response::new(Bytes::new()))));
        };
        assert_eq!(measure(exchange).count_total, 0);
        let _guard = tracing::subscriber::set_default(tracing_subscriber::registry());
        assert!(measure(exchange).count_total > 0, "the count counts");
    });
}

fn poll<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("it waits for nothing"),
    }
}
