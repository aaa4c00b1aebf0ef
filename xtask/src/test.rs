//! All tests, in every feature set whose tests differ from those of the whole.

use crate::run::{Outcome, cargo, say, succeeds};

pub(crate) fn run() -> Outcome {
    cargo(&["test", "--workspace", "--all-features"])?;
    // The workspace build turns every feature on; these show each provider alone, and none.
    for features in ["aws-lc-rs", "rust-crypto", ""] {
        alone("line-channel-token-assertion", features)?;
    }
    for package in ["line-channel-token-hyper", "line-channel-token-reqwest"] {
        for features in ["ring", ""] {
            alone(package, features)?;
        }
    }
    alone("line-channel-token-emulator", "")?;
    alone("line-channel-token-mock", "")?;
    alone("line-channel-token", "")?;
    under_nextest()
}

/// The mock under nextest, which runs each test in a process of its own; where nextest is missing, that is said.
fn under_nextest() -> Outcome {
    if succeeds(env!("CARGO"), &["nextest", "--version"]) {
        return cargo(&["nextest", "run", "--package", "line-channel-token-mock"]);
    }
    say("SKIPPED: cargo-nextest is missing; the mock's tests ran under cargo test alone");
    Ok(())
}

fn alone(package: &str, features: &str) -> Outcome {
    cargo(&["test", "--package", package, "--no-default-features", "--features", features])
}
