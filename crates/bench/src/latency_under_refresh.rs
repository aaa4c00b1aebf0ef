//! The slowest reads of a cache while a refresh is under way, against those while none is.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use line_channel_token::cache::{IssueRequest, Issued, NewToken, SourcePolicy, TokenCache, TokenSource, async_trait};
use line_channel_token::{AccessToken, Clock, Moment, Sleep, SystemClock};
use tokio::runtime::Runtime;

use crate::fixtures::TOKEN;
use crate::measure::{alternate, now};
use crate::report::Row;

const TASKS: usize = 64;
const REFRESH: Duration = Duration::from_millis(200);
const LIFETIME: Duration = Duration::from_secs(900);
const ROUNDS: usize = 15;
/// Of each task in a round; as many as fit into one refresh.
const READS: usize = 4_000;

/// Issues tokens that are due to be replaced at once, and takes its time; or fresh ones.
#[derive(Debug)]
struct Source {
    ages: Duration,
    calls: AtomicUsize,
}

#[async_trait]
impl TokenSource for Source {
    fn policy(&self) -> SourcePolicy {
        SourcePolicy::new().with_min_interval(Duration::ZERO)
    }

    async fn issue(&self, _request: IssueRequest<'_>) -> Result<Issued, line_channel_token::Error> {
        if self.calls.fetch_add(1, Ordering::Relaxed) > 0 {
            tokio::time::sleep(REFRESH).await;
        }
        let Moment { monotonic, unix } = HourLater.now();
        let sent_at = Moment { monotonic: monotonic - self.ages, unix: unix - self.ages };
        Ok(NewToken::new(AccessToken::new(TOKEN)?, sent_at, LIFETIME).into())
    }
}

/// The machine's clock, whose origin is an hour ago, so that a token can be older than the process.
#[derive(Debug)]
struct HourLater;

const HOUR: Duration = Duration::from_secs(3600);

impl Clock for HourLater {
    fn now(&self) -> Moment {
        let now = SystemClock.now();
        Moment { monotonic: now.monotonic + HOUR, ..now }
    }

    fn now_coarse(&self) -> Moment {
        let coarse = SystemClock.now_coarse();
        Moment { monotonic: coarse.monotonic + HOUR, ..coarse }
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        SystemClock.sleep(duration)
    }
}

/// The 99.9th percentile of 64 tasks' reads.
///
/// # Errors
///
/// If there is no runtime.
pub fn rows() -> Result<Vec<Row>, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build()?;
    let figures = alternate(ROUNDS, || round_of(&runtime, true), || round_of(&runtime, false))?;
    Ok(vec![Row::new("p99.9 of 64 tasks, refreshing / at rest", figures, 3.0)])
}

fn round_of(runtime: &Runtime, refreshing: bool) -> Result<f64, Box<dyn Error>> {
    // 14 of 15 minutes are over, or none.
    let ages = if refreshing { Duration::from_secs(800) } else { Duration::ZERO };
    let source = Arc::new(Source { ages, calls: AtomicUsize::new(0) });
    let cache = TokenCache::builder(source.clone()).clock(Arc::new(HourLater)).build();
    runtime.block_on(async {
        cache.warm_up().await?;
        let tasks: Vec<_> = (0..TASKS).map(|_| tokio::spawn(read_often(cache.clone()))).collect();
        let mut times = Vec::with_capacity(TASKS * READS);
        for task in tasks {
            times.extend(task.await?);
        }
        if refreshing != (source.calls.load(Ordering::Relaxed) > 1) {
            return Err("a refresh was under way although none should have been, or none although one should".into());
        }
        times.sort_unstable();
        Ok(f64::from(times[times.len() * 999 / 1000]))
    })
}

async fn read_often(cache: TokenCache) -> Vec<u32> {
    let mut times = Vec::with_capacity(READS);
    for nth in 0..READS {
        let started = now();
        let token = black_box(cache.token().await);
        let took = started.elapsed().as_nanos();
        assert!(token.is_ok());
        times.push(u32::try_from(took).unwrap_or(u32::MAX));
        if nth % 16 == 0 {
            tokio::task::yield_now().await;
        }
    }
    times
}
