//! Which crate may depend on which, and what core must never pull in.

use std::collections::{BTreeMap, BTreeSet};

use crate::metadata::{self, Package};
use crate::run::{Outcome, section};

const CORE: &str = "line-channel-token-core";
const PEM: &str = "line-channel-token-pem";
const TRANSPORT: &str = "line-channel-token-transport";

/// What each crate may depend on, of ours: those below it, and no sibling.
const LAYERS: [(&str, &[&str]); 17] = [
    (CORE, &[]),
    ("line-channel-token-cache", &[CORE]),
    (PEM, &[CORE]),
    ("line-channel-token-assertion", &[CORE, PEM]),
    (TRANSPORT, &[CORE, PEM]),
    ("line-channel-token-reqwest", &[CORE, TRANSPORT]),
    ("line-channel-token-hyper", &[CORE, TRANSPORT]),
    ("line-channel-token-ureq", &[CORE, TRANSPORT]),
    ("line-channel-token-tower", &[CORE, "line-channel-token-cache"]),
    ("line-channel-token-redis", &[CORE, TRANSPORT, "line-channel-token-cache"]),
    ("line-channel-token-config", &[CORE, "line-channel-token-assertion", "line-channel-token-cache"]),
    ("line-channel-token-pkcs11", &[CORE, "line-channel-token-assertion"]),
    ("line-channel-token-emulator", &[CORE]),
    ("line-channel-token-mock", &[CORE]),
    ("line-channel-token-conformance", &[CORE, "line-channel-token-cache"]),
    (
        "line-channel-token",
        &[
            CORE,
            "line-channel-token-assertion",
            "line-channel-token-cache",
            "line-channel-token-config",
            "line-channel-token-emulator",
            "line-channel-token-hyper",
            "line-channel-token-mock",
            "line-channel-token-pkcs11",
            "line-channel-token-redis",
            "line-channel-token-reqwest",
            "line-channel-token-tower",
            "line-channel-token-ureq",
        ],
    ),
    ("line-channel-token-cli", &["line-channel-token"]),
];

/// Everything that core may run with: no HTTP client or server, no cryptography, no runtime, and nothing unseen. cargo counts
/// all platforms: errno, libc and the two of Windows are of rustix, which core has on Linux, Android and Apple's platforms alone. And
/// it counts all features: tracing, tracing-core, once_cell and pin-project-lite come with core's feature `tracing`, and valuable not
/// even then, but only with a cfg of tracing's that nobody sets.
const BELOW_CORE: [&str; 33] = [
    "async-trait",
    "bitflags",
    "bytes",
    "errno",
    "fastrand",
    "form_urlencoded",
    "http",
    "httpdate",
    "itoa",
    "libc",
    "linux-raw-sys",
    "memchr",
    "once_cell",
    "percent-encoding",
    "pin-project-lite",
    "proc-macro2",
    "quote",
    "rustix",
    "secrecy",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "syn",
    "tracing",
    "tracing-core",
    "unicode-ident",
    "valuable",
    "windows-link",
    "windows-sys",
    "zeroize",
    "zeroize_derive",
    "zmij",
];

pub(crate) fn run() -> Outcome {
    section("which crate depends on which");
    let packages = metadata::packages()?;
    let mut faults = Vec::new();
    for (name, allowed) in LAYERS {
        let package = find(&packages, name)?;
        let below = package.runs_with.iter().filter_map(|id| packages.get(id)).filter(|below| below.in_workspace);
        let below: BTreeSet<&str> = below.map(|below| below.name.as_str()).collect();
        let (unseen, gone) = differences(&below, allowed);
        faults.extend(unseen.iter().map(|found| format!("{name} must not depend on {found}")));
        faults
            .extend(gone.iter().map(|gone| format!("{name} does not depend on {gone}: correct xtask/src/layering.rs")));
    }
    let known: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    for package in packages.values().filter(|package| package.in_workspace) {
        if package.name.starts_with("line-channel-token") && !known.contains(package.name.as_str()) {
            faults.push(format!("{} has no layer: add it to xtask/src/layering.rs", package.name));
        }
    }
    let below = everything_below(&packages, CORE)?;
    let (unseen, gone) = differences(&below, &BELOW_CORE);
    faults.extend(
        unseen.iter().map(|name| format!("{CORE} pulls in {name}: core has no client, no crypto and no runtime")),
    );
    faults.extend(gone.iter().map(|name| format!("{CORE} does not run with {name}: correct xtask/src/layering.rs")));
    if faults.is_empty() {
        println!("{} crates depend downwards only; core runs with {}", LAYERS.len(), Vec::from_iter(below).join(", "));
        Ok(())
    } else {
        Err(faults.join("\n"))
    }
}

/// What is there and not allowed, and what is allowed and not there: that name is old, or has a typing error.
pub(crate) fn differences<'a>(there: &BTreeSet<&'a str>, allowed: &[&'a str]) -> (Vec<&'a str>, Vec<&'a str>) {
    let unseen = there.iter().copied().filter(|name| !allowed.contains(name)).collect();
    let gone = allowed.iter().copied().filter(|name| !there.contains(name)).collect();
    (unseen, gone)
}

fn find<'a>(packages: &'a BTreeMap<String, Package>, name: &str) -> Result<&'a Package, String> {
    let found = packages.values().find(|package| package.in_workspace && package.name == name);
    found.ok_or_else(|| format!("there is no crate {name}: correct xtask/src/layering.rs"))
}

fn everything_below<'a>(packages: &'a BTreeMap<String, Package>, name: &str) -> Result<BTreeSet<&'a str>, String> {
    let mut seen = BTreeSet::new();
    let mut open = vec![find(packages, name)?];
    while let Some(package) = open.pop() {
        for below in package.runs_with.iter().filter_map(|id| packages.get(id)) {
            if seen.insert(below.name.as_str()) {
                open.push(below);
            }
        }
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::differences;

    #[test]
    fn a_crate_too_many_and_one_that_is_gone_are_found() {
        let there = BTreeSet::from(["bytes", "http", "tokio"]);
        let (unseen, gone) = differences(&there, &["bytes", "htpt", "http", "rand"]);
        assert_eq!((unseen, gone), (vec!["tokio"], vec!["htpt", "rand"]));
    }
}
