//! The full powerset of features of each published crate, by `cargo check`, without a warning.

use crate::metadata;
use crate::run::{self, Outcome, say};

pub(crate) fn run() -> Outcome {
    say("every combination of features");
    for package in metadata::packages()?.values() {
        if !package.in_workspace || !package.name.starts_with("line-channel-token") {
            continue;
        }
        let features: Vec<&str> =
            package.features.iter().map(String::as_str).filter(|name| *name != "default").collect();
        // `default` only names other features, so leaving it off loses no combination.
        let combinations = 1_u32 << features.len();
        for combination in 0..combinations {
            let chosen = features.iter().enumerate().filter(|(bit, _)| combination & (1 << bit) != 0);
            check(&package.name, &chosen.map(|(_, name)| *name).collect::<Vec<_>>().join(","))?;
        }
        println!("{}: {combinations} combinations of {} features", package.name, features.len());
    }
    Ok(())
}

fn check(package: &str, features: &str) -> Outcome {
    let arguments =
        ["check", "--quiet", "--lib", "--package", package, "--no-default-features", "--features", features];
    let (_, err) = run::cargo_output(&arguments)?;
    if err.trim().is_empty() { Ok(()) } else { Err(format!("{package} with features [{features}]:\n{err}")) }
}
