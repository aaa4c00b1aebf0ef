//! The simulation of fleets that share a token, for more seeds than among the tests.

use crate::run::{Outcome, cargo};

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let ([seeds] | [seeds, _]) = arguments else {
        return Err("simulate takes one or two arguments: how many seeds, and the first of them".to_owned());
    };
    for number in arguments {
        number.parse::<u64>().map_err(|_| format!("not a number: {number}"))?;
    }
    let mut simulate = vec!["run", "--quiet", "--package", "store-simulation", "--", seeds];
    simulate.extend(arguments.get(1).map(String::as_str));
    cargo(&simulate)
}
