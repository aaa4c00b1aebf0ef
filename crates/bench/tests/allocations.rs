//! How many allocations we add to a call by hand. These counts do not depend on the machine, so they are a hard gate.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::OnceLock;

use allocation_counter::measure;
use bench::authorized_call::Calls;
use bench::fixtures::TOKEN;
use bench::transport::Scene;
use bytes::Bytes;
use futures_util::FutureExt;
use http::Request;
use http_body_util::Full;
use line_channel_token::cache::{StatelessSource, StaticSource, TokenCache, TokenPool};
use line_channel_token::mock::{MockBackend, Reply};
use line_channel_token::{AccessToken, ChannelId, ChannelSecret, Operation};

fn scene() -> Scene {
    static SERVER: OnceLock<std::net::SocketAddr> = OnceLock::new();
    let server = SERVER.get_or_init(|| bench::server::start().expect("a loopback port"));
    Scene::new(*server).expect("both clients can be built")
}

/// The fewest of many: now and then a buffer grows or a timer's slab does.
fn allocations(call: impl Fn()) -> u64 {
    for _ in 0..20 {
        call();
    }
    (0..50).map(|_| measure(&call).count_total).min().unwrap_or(u64::MAX)
}

#[test]
fn hyper_adds_at_most_ten_allocations() {
    let scene = scene();
    let (ours, by_hand) = (allocations(|| scene.ours_over_hyper()), allocations(|| scene.hyper_by_hand()));
    println!("over hyper: {ours} allocations, {by_hand} by hand");
    assert!(by_hand > 5, "the count counts");
    assert!(ours <= by_hand + 10, "{ours} allocations, {by_hand} by hand");
}

#[test]
fn reqwest_adds_at_most_ten_allocations() {
    let scene = scene();
    let (ours, by_hand) = (allocations(|| scene.ours_over_reqwest()), allocations(|| scene.reqwest_by_hand()));
    println!("over reqwest: {ours} allocations, {by_hand} by hand");
    assert!(by_hand > 5, "the count counts");
    assert!(ours <= by_hand + 10, "{ours} allocations, {by_hand} by hand");
}

#[test]
fn reading_a_cache_allocates_nothing() {
    let token = AccessToken::new("long-lived").expect("it is visible ASCII");
    let cache = TokenCache::new(StaticSource::new(token));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        cache.warm_up().await.expect("a static source issues");
        // Measured inside: `block_on` itself may allocate.
        let read = measure(|| assert!(cache.token().now_or_never().is_some_and(|token| token.is_ok())));
        let borrowed = measure(|| assert!(cache.with_token(|token| token.header_value()).is_some()));
        let issued = measure(|| drop(cache.token()));
        assert_eq!((read.count_total, borrowed.count_total, issued.count_total), (0, 0, 0));
        assert!(measure(|| drop(String::from("counted"))).count_total > 0, "the count counts");
    });
}

#[test]
fn reading_a_pool_allocates_nothing() {
    let pool = TokenPool::builder(|_: &ChannelId| Ok(StaticSource::new(AccessToken::new("long-lived")?))).build();
    let channel = ChannelId::new("1234567890").expect("it is decimal");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        pool.warm_up(&channel).await.expect("a static source issues");
        let read = || assert!(pool.token(&channel).now_or_never().is_some_and(|token| token.is_ok()));
        read();
        assert_eq!(measure(read).count_total, 0);
        assert_eq!(measure(|| drop(pool.with_token(&channel, |token| token.header_value()))).count_total, 0);
    });
}

#[test]
fn a_pooled_channel_takes_one_kib() {
    const CHANNELS: usize = 10_000;
    let line = MockBackend::new();
    line.given(Operation::IssueStateless).respond(Reply::stateless_token(TOKEN));
    let client = line.client();
    let pool = TokenPool::builder(move |channel: &ChannelId| {
        let secret = ChannelSecret::new("0f1e2d3c4b5a69788796a5b4c3d2e1f0")?;
        Ok(StatelessSource::from_secret(client.clone(), channel.clone(), secret))
    });
    let pool = pool.clock(std::sync::Arc::new(line.clock().clone())).build();
    let channel = |id: usize| ChannelId::new((1_000_000_000 + id).to_string()).expect("it is decimal");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let warm = |channels: std::ops::Range<usize>| {
        runtime.block_on(async {
            for id in channels {
                pool.warm_up(&channel(id)).await.expect("the mock issues");
            }
            // The tasks of the refreshes end.
            for _ in 0..CHANNELS {
                tokio::task::yield_now().await;
            }
        });
        // What the mock keeps of each request is not the pool's.
        line.reset();
        line.given(Operation::IssueStateless).respond(Reply::stateless_token(TOKEN));
    };
    // What is there once is not counted.
    warm(0..1000);
    let grown = measure(|| warm(1000..CHANNELS + 1000)).bytes_current;
    let each = usize::try_from(grown).expect("it grew") / CHANNELS - TOKEN.len();
    println!("{each} bytes a channel beyond its token of {} bytes", TOKEN.len());
    assert!((256..=1024).contains(&each), "{each} bytes");
}

#[test]
fn a_layered_call_allocates_nothing_of_its_own() {
    let mut calls = Calls::new().expect("a runtime");
    let mut count = |call: fn(&mut Calls, Request<Full<Bytes>>)| {
        let request = calls.request();
        measure(|| call(&mut calls, request)).count_total
    };
    let by_hand = count(|calls, request| calls.repeatable_by_hand(request));
    let once_by_hand = count(|calls, request| calls.once_by_hand(request));
    let counts = (count(Calls::repeatable), count(Calls::repeatable_of_pool), count(Calls::once));
    println!(
        "repeatable: {} allocations, {by_hand} by hand; sent once: {}, {once_by_hand} by hand",
        counts.0, counts.2
    );
    assert!(by_hand > once_by_hand, "the count counts: {by_hand} with a copy of the request, {once_by_hand} without");
    assert_eq!(counts, (by_hand, by_hand, once_by_hand));
}
