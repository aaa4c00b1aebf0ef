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
    // Both in one build, because they are joined by nothing but crates that otherwise were compiled for each.
    backends("ring")?;
    backends("")?;
    alone("line-channel-token-emulator", "")?;
    alone("line-channel-token-mock", "")?;
    alone("line-channel-token", "")?;
    model()?;
    under_nextest()
}

/// The token cache under shuttle, which is another build of it: in a target directory of its own, so that the two do not rebuild
/// each other. It is optimised, because it computes for ten times as long otherwise, and for longer than compiling takes.
fn model() -> Outcome {
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    let flags = format!("{flags} --cfg shuttle");
    let variables = [("RUSTFLAGS", flags.trim()), ("CARGO_PROFILE_DEV_OPT_LEVEL", "1")];
    cargo_with(&["test", "--package", "cache-model", "--target-dir", "target/model"], &variables)
}

/// The mock under nextest, which runs each test in a process of its own; if nextest is missing, that is said.
fn under_nextest() -> Outcome {
    if succeeds(env!("CARGO"), &["nextest", "--version"]) {
        return cargo(&["nextest", "run", "--package", "line-channel-token-mock"]);
    }
    section("SKIPPED: cargo-nextest is missing; the mock's tests ran under cargo test alone");
    Ok(())
}

/// The asynchronous backends with this provider of TLS.
fn backends(provider: &str) -> Outcome {
    let packages = ["line-channel-token-hyper", "line-channel-token-reqwest"];
    let mut arguments = vec!["test", "--no-default-features"];
    arguments.extend(packages.iter().flat_map(|package| ["--package", *package]));
    let features = packages.map(|package| format!("{package}/{provider}"));
    if !provider.is_empty() {
        arguments.extend(features.iter().flat_map(|feature| ["--features", feature.as_str()]));
    }
    // Most of what they do is to wait for a server that is slow on purpose.
    arguments.extend(["--", "--test-threads", "8"]);
    cargo(&arguments)
}

fn alone(package: &str, features: &str) -> Outcome {
    cargo(&["test", "--package", package, "--no-default-features", "--features", features])
}
