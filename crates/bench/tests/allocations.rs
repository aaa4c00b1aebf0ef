//! How many allocations we add to a call by hand. These counts do not depend on the machine, so they are a hard gate.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::OnceLock;

use allocation_counter::measure;
use bench::transport::Scene;
use futures_util::FutureExt;
use line_channel_token::cache::{StaticSource, TokenCache};

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
fn a_call_over_hyper_costs_at_most_ten_allocations_more_than_by_hand() {
    let scene = scene();
    let (ours, by_hand) = (allocations(|| scene.ours_over_hyper()), allocations(|| scene.hyper_by_hand()));
    println!("over hyper: {ours} allocations, {by_hand} by hand");
    assert!(by_hand > 5, "the count counts");
    assert!(ours <= by_hand + 10, "{ours} allocations, {by_hand} by hand");
}

#[test]
fn a_call_over_reqwest_costs_at_most_ten_allocations_more_than_by_hand() {
    let scene = scene();
    let (ours, by_hand) = (allocations(|| scene.ours_over_reqwest()), allocations(|| scene.reqwest_by_hand()));
    println!("over reqwest: {ours} allocations, {by_hand} by hand");
    assert!(by_hand > 5, "the count counts");
    assert!(ours <= by_hand + 10, "{ours} allocations, {by_hand} by hand");
}

#[test]
fn reading_a_fresh_token_from_the_cache_allocates_nothing() {
    let token = line_channel_token::AccessToken::new("long-lived").expect("it is visible ASCII");
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
