//! All tests, in every feature set whose tests differ from those of the whole.

use crate::run::{Outcome, cargo, cargo_with, section, succeeds};
use crate::{redis, softhsm};

pub(crate) fn run() -> Outcome {
    let required = [softhsm::required(), redis::required()].concat();
    cargo_with(&["test", "--workspace", "--all-features"], &required)?;
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
    // Without TLS; what needs a server does not differ.
    cargo(&["test", "--package", "line-channel-token-redis", "--lib"])?;
    alone("line-channel-token-mock", "")?;
    alone("line-channel-token", "")?;
    model()?;
    under_nextest()
}

/// The token cache under shuttle, which is another build of it: in a target directory of its own, so that the two do not rebuild
/// each other.
fn model() -> Outcome {
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    let flags = format!("{flags} --cfg shuttle");
    cargo_with(&["test", "--package", "cache-model", "--target-dir", "target/model"], &[("RUSTFLAGS", flags.trim())])
}

/// The mock under nextest, which runs each test in a process of its own; if nextest is missing, that is said.
fn under_nextest() -> Outcome {
    if succeeds(env!("CARGO"), &["nextest", "--version"]) {
        return cargo(&["nextest", "run", "--package", "line-channel-token-mock"]);
    }
    section("SKIPPED: cargo-nextest is missing; the mock's tests ran under cargo test alone");
    Ok(())
}

fn alone(package: &str, features: &str) -> Outcome {
    cargo(&["test", "--package", package, "--no-default-features", "--features", features])
}
