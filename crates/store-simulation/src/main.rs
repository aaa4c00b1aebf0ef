//! `store-simulation SEEDS [FIRST]`: simulates seeds until one fails.

use std::process::ExitCode;

use store_simulation::{simulate, simulate_all};

fn main() -> ExitCode {
    let arguments: Option<Vec<u64>> = std::env::args().skip(1).map(|argument| argument.parse().ok()).collect();
    let (count, first) = match arguments.as_deref() {
        Some([count]) => (*count, fastrand::u64(..u64::MAX / 2)),
        Some([count, first]) => (*count, *first),
        _ => {
            eprintln!("store-simulation SEEDS [FIRST]: numbers");
            return ExitCode::FAILURE;
        }
    };
    if count == 1 {
        let report = simulate(first, None);
        println!("{report}");
        return if report.violation.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let summary = simulate_all(first, count);
    match summary.failed {
        Some(report) => {
            println!("{report}");
            ExitCode::FAILURE
        }
        None => {
            println!(
                "{} seeds from {first} on, {} tokens, {} steps, {} of them in seed {}: every invariant holds",
                summary.seeds, summary.issued, summary.steps.0, summary.steps.1, summary.longest
            );
            ExitCode::SUCCESS
        }
    }
}
