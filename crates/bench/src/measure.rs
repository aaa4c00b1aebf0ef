//! Two ways to do the same, timed in turns.

use std::convert::Infallible;
use std::time::Instant;

use line_channel_token::{Clock, SystemClock};

/// The medians of both, and the median of their ratios.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    /// Nanoseconds for one of ours.
    pub ours: f64,
    /// Nanoseconds for one of the reference.
    pub reference: f64,
    /// Ours over the reference, the median over all rounds.
    pub ratio: f64,
}

/// Times `batch` calls of each in turns, `rounds` times.
///
/// A round times both within milliseconds of each other and in alternating order, so that what else the machine does
/// falls on both alike; the median drops the rounds in which it did not.
pub fn compare(rounds: usize, batch: usize, mut ours: impl FnMut(), mut reference: impl FnMut()) -> Comparison {
    for _ in 0..batch {
        ours();
        reference();
    }
    let ours = || Ok::<_, Infallible>(time(batch, &mut ours));
    let Ok(comparison) = alternate(rounds, ours, || Ok(time(batch, &mut reference)));
    comparison
}

/// Takes a figure of each in turns, `rounds` times, in alternating order.
///
/// # Errors
///
/// The first error of either.
pub fn alternate<E>(
    rounds: usize,
    mut ours: impl FnMut() -> Result<f64, E>,
    mut reference: impl FnMut() -> Result<f64, E>,
) -> Result<Comparison, E> {
    let mut samples = Vec::with_capacity(rounds);
    for round in 0..rounds {
        if round % 2 == 0 {
            let ours = ours()?;
            samples.push((ours, reference()?));
        } else {
            let reference = reference()?;
            samples.push((ours()?, reference));
        }
    }
    Ok(Comparison {
        ours: median(samples.iter().map(|(ours, _)| *ours)),
        reference: median(samples.iter().map(|(_, reference)| *reference)),
        ratio: median(samples.iter().map(|(ours, reference)| ours / reference)),
    })
}

fn time(batch: usize, call: &mut impl FnMut()) -> f64 {
    let started = SystemClock.now().monotonic;
    for _ in 0..batch {
        call();
    }
    (SystemClock.now().monotonic - started).as_nanos() as f64 / batch as f64
}

/// What code that is measured, or measures each of its own calls, reads: a precise clock and no other.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures true time")]
pub fn now() -> Instant {
    Instant::now()
}

/// The middle one of all values.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
