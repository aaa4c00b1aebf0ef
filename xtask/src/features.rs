//! The features of each published crate: none, each, each two together, and all, by `cargo check`, without a warning.
//!
//! Features only add, so what breaks a combination breaks a pair.

use crate::metadata;
use crate::run::{self, Outcome, say};

pub(crate) fn run() -> Outcome {
    say("features: none, each, each two together, and all");
    for package in metadata::packages()?.values() {
        if !package.in_workspace || !package.name.starts_with("line-channel-token") {
            continue;
        }
        let features: Vec<&str> =
            package.features.iter().map(String::as_str).filter(|name| *name != "default").collect();
        // `default` only names other features, so leaving it off loses no combination.
        let mut combinations = vec![Vec::new(), features.clone()];
        for (at, one) in features.iter().enumerate() {
            combinations.push(vec![*one]);
            combinations.extend(features[at + 1..].iter().map(|other| vec![*one, *other]));
        }
        combinations.sort();
        combinations.dedup();
        for combination in &combinations {
            check(&package.name, &combination.join(","))?;
        }
        println!("{}: {} combinations of {} features", package.name, combinations.len(), features.len());
    }
    Ok(())
}

fn check(package: &str, features: &str) -> Outcome {
    let arguments =
        ["check", "--quiet", "--lib", "--package", package, "--no-default-features", "--features", features];
    let (_, err) = run::cargo_output(&arguments)?;
    if err.trim().is_empty() { Ok(()) } else { Err(format!("{package} with features [{features}]:\n{err}")) }
}
