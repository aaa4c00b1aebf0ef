//! Random calls of the token cache from several runtimes, for longer than among the other tests.

use crate::run::{Outcome, cargo_with};

/// As `cargo xtask test` runs it among the others.
const SECONDS: u32 = 10;

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let seconds = match arguments {
        [] => SECONDS,
        [seconds] => seconds.parse().map_err(|_| format!("not a number of seconds: {seconds}"))?,
        _ => return Err("stress takes one argument: for how many seconds it runs".to_owned()),
    };
    let test = ["test", "--package", "line-channel-token-cache", "--test", "stress", "--", "--nocapture"];
    cargo_with(&test, &[("STRESS_SECONDS", &seconds.to_string())])
}
