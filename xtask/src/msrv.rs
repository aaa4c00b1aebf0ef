//! Whether our `rust-version` is honest.
//!
//! No dependency may declare a newer Rust than we do; clippy's `incompatible_msrv` sees to our own code; and if rustup has that toolchain,
//! everything is checked with it.

use crate::metadata;
use crate::run::{Outcome, program, section, succeeds};

pub(crate) fn run() -> Outcome {
    section("rust-version against the dependencies' own");
    let packages = metadata::packages()?;
    let ours = packages
        .values()
        .find(|package| package.name == "line-channel-token-core")
        .and_then(|core| core.rust_version.clone())
        .ok_or("line-channel-token-core declares no rust-version")?;
    let newer: Vec<_> = packages
        .values()
        .filter(|package| package.rust_version.as_deref().is_some_and(|theirs| version(theirs) > version(&ours)))
        .map(|package| {
            let needed = package.rust_version.as_deref().unwrap_or("?");
            format!("{} {} needs Rust {needed}", package.name, package.version)
        })
        .collect();
    if !newer.is_empty() {
        return Err(format!("rust-version is {ours}, but\n{}", newer.join("\n")));
    }
    println!("none of {} packages needs more than Rust {ours}", packages.len());
    if !succeeds("rustup", &["run", &ours, "rustc", "--version"]) {
        section(&format!("SKIPPED: the build with Rust {ours}; `rustup toolchain install {ours}` first"));
        return Ok(());
    }
    let check = ["check", "--workspace", "--all-targets", "--all-features", "--locked", "--target-dir", "target/msrv"];
    program("rustup", &[&["run", ours.as_str(), "cargo"], &check[..]].concat())
}

fn version(text: &str) -> Vec<u32> {
    let mut parts: Vec<u32> = text.split('.').map(|part| part.parse().unwrap_or(0)).collect();
    parts.resize(3, 0);
    parts
}
