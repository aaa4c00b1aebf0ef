//! Reading a fresh token from a cache, against a baseline: what any cache must do that knows when a token ends.

use std::error::Error;
use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use line_channel_token::AccessToken;
use line_channel_token::cache::{StaticSource, TokenCache};

use crate::fixtures::TOKEN;
use crate::measure::{Comparison, compare, now};
use crate::report::Row;

/// Reads in a round, of each thread.
pub const READS: usize = 100_000;

/// A warm cache of one token.
///
/// # Errors
///
/// If there is no runtime.
pub fn warm_cache() -> Result<TokenCache, Box<dyn Error>> {
    let cache = TokenCache::new(StaticSource::new(AccessToken::new(TOKEN)?));
    tokio::runtime::Builder::new_current_thread().build()?.block_on(cache.warm_up())?;
    Ok(cache)
}

struct Baseline {
    current: ArcSwap<(Instant, String)>,
}

impl Baseline {
    fn new() -> Self {
        Self { current: ArcSwap::from_pointee((now() + Duration::from_secs(86_400), TOKEN.to_owned())) }
    }

    fn read(&self) {
        let current = self.current.load();
        assert!(now() < current.0);
        black_box(Arc::clone(&current));
    }
}

/// One task, two threads, and with the header.
///
/// # Errors
///
/// If there is no runtime.
pub fn rows() -> Result<Vec<Row>, Box<dyn Error>> {
    let (cache, baseline) = (warm_cache()?, Baseline::new());
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let token = compare(61, 1, || runtime.block_on(read_often(&cache)), || (0..READS).for_each(|_| baseline.read()));
    let header = compare(
        61,
        1,
        || {
            runtime.block_on(async {
                for _ in 0..READS {
                    let token = black_box(cache.token().await);
                    assert!(token.is_ok_and(|token| black_box(token.header_value()).is_sensitive()));
                }
            });
        },
        || (0..READS).for_each(|_| baseline.read()),
    );
    let lend = || assert!(cache.with_token(|token| black_box(token.access_token()).expose_secret().len()) > Some(0));
    let lent = compare(61, 1, || two_threads(lend), || two_threads(|| baseline.read()));
    Ok(vec![
        Row::new("cached token() / baseline", per_read(token), 1.25),
        Row::new("cached token() and its header / baseline", per_read(header), 1.60),
        Row::new("with_token / baseline, each on 2 threads", per_read(lent), 0.70),
    ])
}

/// As many reads of the token as a round has, as a task makes them.
pub async fn read_often(cache: &TokenCache) {
    for _ in 0..READS {
        assert!(black_box(cache.token().await).is_ok());
    }
}

fn two_threads(read: impl Fn() + Sync) {
    let start = Barrier::new(2);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                start.wait();
                (0..READS).for_each(|_| read());
            });
        }
    });
}

/// The figures of a round as those of a read.
pub fn per_read(figures: Comparison) -> Comparison {
    let reads = READS as f64;
    Comparison { ours: figures.ours / reads, reference: figures.reference / reads, ..figures }
}
