//! Which crate may depend on which, and what core must never pull in.

use std::collections::{BTreeMap, BTreeSet};

use crate::metadata::{self, Package};
use crate::run::{Outcome, section};

const CORE: &str = "line-channel-token-core";
const PEM: &str = "line-channel-token-pem";
const TRANSPORT: &str = "line-channel-token-transport";

/// What each crate may depend on, of ours: those below it, and no sibling.
const LAYERS: [(&str, &[&str]); 11] = [
    (CORE, &[]),
    ("line-channel-token-cache", &[CORE]),
    (PEM, &[CORE]),
    ("line-channel-token-assertion", &[CORE, PEM]),
    (TRANSPORT, &[CORE, PEM]),
    ("line-channel-token-reqwest", &[CORE, TRANSPORT]),
    ("line-channel-token-hyper", &[CORE, TRANSPORT]),
    ("line-channel-token-emulator", &[CORE]),
    ("line-channel-token-mock", &[CORE]),
    ("line-channel-token-conformance", &[CORE]),
    (
        "line-channel-token",
        &[
            CORE,
            "line-channel-token-assertion",
            "line-channel-token-cache",
            "line-channel-token-emulator",
            "line-channel-token-hyper",
            "line-channel-token-mock",
            "line-channel-token-reqwest",
        ],
    ),
];

/// Everything that core may run with: no HTTP client or server, no cryptography, no runtime, and nothing unseen. cargo counts
/// all platforms: errno, libc and the two of Windows are of rustix, which core has on Linux, Android and Apple's platforms alone.
const BELOW_CORE: [&str; 28] = [
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
    "percent-encoding",
    "proc-macro2",
    "quote",
    "rustix",
    "secrecy",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "syn",
    "unicode-ident",
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
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        for below in package.runs_with.iter().filter_map(|id| packages.get(id)).filter(|below| below.in_workspace) {
            if !allowed.contains(below.name.as_str()) {
                faults.push(format!("{name} must not depend on {}", below.name));
            }
        }
    }
    let known: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    for package in packages.values().filter(|package| package.in_workspace) {
        if package.name.starts_with("line-channel-token") && !known.contains(package.name.as_str()) {
            faults.push(format!("{} has no layer: add it to xtask/src/layering.rs", package.name));
        }
    }
    let below = everything_below(&packages, CORE)?;
    let unseen = below.iter().filter(|name| !BELOW_CORE.contains(name));
    faults.extend(unseen.map(|name| format!("{CORE} pulls in {name}: core has no client, no crypto and no runtime")));
    if faults.is_empty() {
        println!("{} crates depend downwards only; core runs with {}", LAYERS.len(), Vec::from_iter(below).join(", "));
        Ok(())
    } else {
        Err(faults.join("\n"))
    }
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
