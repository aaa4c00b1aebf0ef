//! Seeds that must pass. More of them: `cargo xtask simulate SEEDS [FIRST]`.

use store_simulation::{simulate, simulate_all};

/// How many seeds are simulated, unless `SIMULATION_SEEDS` says otherwise.
const SEEDS: u64 = 600;

#[test]
fn every_invariant_holds() {
    let seeds = std::env::var("SIMULATION_SEEDS").ok().map_or(SEEDS, |seeds| seeds.parse().unwrap());
    let summary = simulate_all(1, seeds);
    if let Some(report) = summary.failed {
        panic!("{report}");
    }
    assert_eq!(summary.seeds, seeds);
}

#[test]
fn a_seed_replays_exactly_and_another_differs() {
    for seed in 0..20 {
        let report = simulate(seed, None);
        assert_eq!(simulate(seed, None), report);
        assert_ne!(simulate(seed + 1, None).trace_hash, report.trace_hash);
    }
}
