//! Licences, sources and duplicates, by cargo-deny with deny.toml.

use crate::run::{Outcome, cargo, say, succeeds};

const VERSION: &str = "0.20.2";

pub(crate) fn run() -> Outcome {
    if !succeeds(env!("CARGO"), &["deny", "--version"]) {
        say("cargo-deny is missing; it is built once, which takes some minutes");
        cargo(&["install", "--locked", "--version", VERSION, "cargo-deny"])?;
    }
    cargo(&["deny", "--all-features", "check", "bans", "licenses", "sources"])
}
