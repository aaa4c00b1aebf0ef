//! Many seeds, on all processors.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::simulation::{Report, simulate};

/// What became of many seeds.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// How many were simulated.
    pub seeds: u64,
    /// How many tokens LINE issued in all of them.
    pub issued: usize,
    /// How often a task ran in all of them, and in the longest.
    pub steps: (u64, u64),
    /// The seed that took most steps.
    pub longest: u64,
    /// The first seed of those that failed.
    pub failed: Option<Report>,
}

/// Simulates `count` seeds from `first` on, on all processors, until one fails.
#[must_use]
pub fn simulate_all(first: u64, count: u64) -> Summary {
    let next = AtomicU64::new(0);
    let has_failed = AtomicBool::new(false);
    let summary = Mutex::new(Summary::default());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while !has_failed.load(Ordering::Relaxed) {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    if nth >= count {
                        return;
                    }
                    let report = simulate(first.wrapping_add(nth), None);
                    let mut summary = summary.lock().unwrap_or_else(PoisonError::into_inner);
                    summary.seeds += 1;
                    summary.issued += report.issued.0;
                    summary.steps.0 += report.steps;
                    if report.steps > summary.steps.1 {
                        summary.steps.1 = report.steps;
                        summary.longest = report.seed;
                    }
                    if report.violation.is_some() {
                        has_failed.store(true, Ordering::Relaxed);
                        if summary.failed.as_ref().is_none_or(|failed| failed.seed > report.seed) {
                            summary.failed = Some(report);
                        }
                    }
                }
            });
        }
    });
    summary.into_inner().unwrap_or_else(PoisonError::into_inner)
}
