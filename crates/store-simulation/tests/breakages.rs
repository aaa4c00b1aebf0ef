//! Each invariant is judged: what is broken on purpose is found, and the seed that finds it replays exactly.

use store_simulation::{Breakage, Invariant, simulate};

/// How many seeds may pass until a breakage is found.
const SEEDS: u64 = 60;

#[test]
fn each_breakage_is_found_and_replays() {
    for breakage in Breakage::ALL.iter().copied() {
        let found = (0..SEEDS).map(|seed| simulate(seed, Some(breakage))).find(|report| report.violation.is_some());
        let report = found.unwrap_or_else(|| panic!("{breakage:?} was not found"));
        assert_eq!(report.violation.as_ref().unwrap().invariant, breakage.breaks(), "{report}");
        assert_eq!(simulate(report.seed, Some(breakage)), report, "the seed replays");
        let text = report.to_string();
        assert!(
            text.contains(&format!("seed {}", report.seed)) && text.contains(&breakage.breaks().to_string()),
            "{text}"
        );
    }
}

#[test]
fn each_invariant_is_broken_once() {
    for invariant in Invariant::ALL {
        assert!(Breakage::ALL.iter().any(|breakage| breakage.breaks() == *invariant), "{invariant}");
    }
}
