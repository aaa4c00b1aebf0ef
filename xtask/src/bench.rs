//! The benchmarks, in a release build of their own package.

use crate::run::{Outcome, cargo};

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let mut line = vec!["run", "--release", "--quiet", "--package", "bench", "--"];
    line.extend(arguments.iter().map(String::as_str));
    cargo(&line)
}
