//! Whether our `rust-version` is honest, as far as one toolchain can tell.
//!
//! No dependency may declare a newer Rust than we do; clippy's `incompatible_msrv` sees to our own code.

use crate::metadata;
use crate::run::{Outcome, say};

pub(crate) fn run() -> Outcome {
    say("rust-version against the dependencies' own");
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
            format!(
                "{} {} needs Rust {}",
                package.name,
                package.version,
                package.rust_version.as_deref().unwrap_or("?")
            )
        })
        .collect();
    if newer.is_empty() {
        println!("none of {} packages needs more than Rust {ours}", packages.len());
        Ok(())
    } else {
        Err(format!("rust-version is {ours}, but\n{}", newer.join("\n")))
    }
}

fn version(text: &str) -> Vec<u32> {
    let mut parts: Vec<u32> = text.split('.').map(|part| part.parse().unwrap_or(0)).collect();
    parts.resize(3, 0);
    parts
}
