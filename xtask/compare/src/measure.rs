//! Two ways to get a cached token, timed in turns.

use std::error::Error;
use std::hint::black_box;
use std::pin::Pin;
use std::time::Instant;

use line_channel_token_cache::TokenCache;
use tokio::task::unconstrained;

use crate::server::Server;

const BATCH: usize = 20_000;
const ROUNDS: usize = 201;

/// The medians of both, and the median of their ratios.
#[derive(Debug)]
pub(crate) struct Row {
    /// The library, and what of it.
    pub(crate) name: &'static str,
    /// Nanoseconds for one call of ours.
    pub(crate) ours: f64,
    /// Nanoseconds for one call of theirs.
    pub(crate) theirs: f64,
    /// Theirs over ours, the median over all rounds.
    pub(crate) ratio: f64,
}

/// Times a batch of each in turns, many times.
///
/// A round times both within milliseconds of each other and in alternating order, so that what else the machine does
/// falls on both alike; the median drops the rounds in which it did not. A call that asks the server is no cached one,
/// and fails the comparison.
pub(crate) async fn compare<T, E>(
    name: &'static str,
    server: &Server,
    ours: &TokenCache,
    theirs: impl AsyncFn() -> Result<T, E>,
) -> Result<Row, Box<dyn Error>>
where
    Box<dyn Error>: From<E>,
{
    let asked = server.asked();
    let mut samples = Vec::with_capacity(ROUNDS);
    time_ours(ours).await?;
    time(&theirs).await?;
    for round in 0..ROUNDS {
        samples.push(if round % 2 == 0 {
            let a = time_ours(ours).await?;
            (a, time(&theirs).await?)
        } else {
            let b = time(&theirs).await?;
            (time_ours(ours).await?, b)
        });
    }
    if server.asked() != asked {
        return Err(format!("{name} asked the server while it was timed").into());
    }
    Ok(Row {
        name,
        ours: median(samples.iter().map(|(a, _)| *a)),
        theirs: median(samples.iter().map(|(_, b)| *b)),
        ratio: median(samples.iter().map(|(a, b)| b / a)),
    })
}

/// A batch under way, which ends with the nanoseconds for one call.
type Batch<'a, E> = Pin<Box<dyn Future<Output = Result<f64, E>> + 'a>>;

/// Compiled once, so that the loop over ours is the same whoever it is compared with.
fn time_ours(cache: &TokenCache) -> Batch<'_, line_channel_token_core::Error> {
    time(async move || cache.token().await)
}

/// Nanoseconds for a call, what it hands out and the drop of that included.
///
/// Without Tokio's budget, which sends a task back to the scheduler after 128 reads of one of its locks. Nobody reads
/// so many in a row, so whoever has such a lock must not pay for it.
fn time<'a, T, E>(call: impl AsyncFn() -> Result<T, E> + 'a) -> Batch<'a, E> {
    Box::pin(unconstrained(async move {
        let started = now();
        for _ in 0..BATCH {
            black_box(call().await?);
        }
        Ok((now() - started).as_nanos() as f64 / BATCH as f64)
    }))
}

#[expect(clippy::disallowed_methods, reason = "it times the machine, not a token")]
fn now() -> Instant {
    Instant::now()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
