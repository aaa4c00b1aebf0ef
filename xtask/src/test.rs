//! All tests, in every feature set whose tests differ from those of the whole.

use crate::run::{Outcome, cargo};

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
    alone("line-channel-token", "")
}

fn alone(package: &str, features: &str) -> Outcome {
    cargo(&["test", "--package", package, "--no-default-features", "--features", features])
}
