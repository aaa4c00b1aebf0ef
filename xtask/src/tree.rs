//! How many crates a program builds with each set of the facade's features, against a budget for each.
//!
//! Counted are the facade, everything that it runs with, and the build scripts' crates, for one target: that is what a user compiles.

use std::collections::{BTreeMap, BTreeSet};

use crate::run::{Outcome, cargo_output, section};

const FACADE: &str = "line-channel-token";
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// A set of features, and how many crates it may have: exactly as many as it has, so that each further one is a decision.
const BUDGETS: [(Features, usize); 29] = [
    (Features::Default, 116),
    (Features::Only(""), 25),
    (Features::Only("reqwest,aws-lc-rs"), 105),
    (Features::Only("hyper,aws-lc-rs"), 73),
    (Features::Only("assertion"), 28),
    (Features::Only("assertion,aws-lc-rs"), 45),
    (Features::Only("assertion,rust-crypto"), 63),
    (Features::Only("cache"), 35),
    (Features::Only("mock"), 27),
    (Features::Only("emulator"), 58),
    (Features::Only("config"), 39),
    (Features::Only("config,clap,serde"), 43),
    (Features::Only("tower"), 38),
    (Features::Only("tower,reqwest,aws-lc-rs"), 110),
    (Features::Only("reqwest-middleware,aws-lc-rs"), 91),
    (Features::Only("ureq,aws-lc-rs"), 54),
    (Features::Only("pkcs11"), 43),
    (Features::Only("cache,tracing"), 38),
    (Features::Only("redis"), 79),
    (Features::Only("sealed-store"), 47),
    // What each adds to the default; the README says it too.
    (Features::Only("default,config"), 117),
    (Features::Only("default,config,clap"), 121),
    (Features::Only("default,tower"), 117),
    (Features::Only("default,reqwest-middleware"), 121),
    (Features::Only("default,ureq"), 120),
    (Features::Only("default,pkcs11"), 128),
    (Features::Only("default,redis"), 130),
    (Features::Only("default,sealed-store"), 116),
    (Features::Only("default,tracing"), 116),
];

/// What no set without `rust-crypto` may have: users have these crates themselves, often of another generation. Not `crypto-bigint`,
/// which checks RSA keys with each provider. `pkcs11` has some of them: it makes its digests with `sha2`, whatever else is on.
const OF_RUST_CRYPTO: [&str; 8] =
    ["block-buffer", "const-oid", "crypto-common", "der", "digest", "hybrid-array", "sha2", "typenum"];

/// What no program without an async runtime wants, and no set of `ureq` may have.
const OF_ASYNC_RUNTIMES: [&str; 4] = ["hyper", "hyper-util", "mio", "tokio"];

/// What is there in two versions, and may be: jsonwebtoken brings an older one along, to the emulator alone.
const TWICE: [(&str, &[&str]); 1] = [("emulator", &["base64", "syn"])];

#[derive(Clone, Copy)]
enum Features {
    Default,
    /// These alone, without the default ones.
    Only(&'static str),
}

impl Features {
    fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Only("") => "none",
            Self::Only(features) => features,
        }
    }

    /// The crates, each as its name and version.
    fn crates(self, target: &str, kinds: &str) -> Result<BTreeSet<(String, String)>, String> {
        let mut line = vec!["tree", "--locked", "--package", FACADE, "--edges", kinds, "--target", target];
        line.extend(["--prefix", "none", "--format", "{p}"]);
        if let Self::Only(features) = self {
            line.extend(["--no-default-features", "--features", features]);
        }
        let (tree, _) = cargo_output(&line)?;
        let named = |line: &str| {
            let mut words = line.split_whitespace().map(str::to_owned);
            Some((words.next()?, words.next()?))
        };
        Ok(tree.lines().filter_map(named).collect())
    }
}

pub(crate) fn run() -> Outcome {
    section("the crates of each set of features");
    println!("{:<28} {:>6} {:>6} {:>11} {:>12}", "features", "crates", "budget", "no scripts", "all targets");
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for (features, budget) in BUDGETS {
        let crates = features.crates(TARGET, "normal,build")?;
        let (count, name) = (crates.len(), features.name());
        let without_scripts = features.crates(TARGET, "normal")?.len();
        let of_all_targets = features.crates("all", "normal,build")?.len();
        println!("{name:<28} {count:>6} {budget:>6} {without_scripts:>11} {of_all_targets:>12}");
        if count > budget {
            faults
                .push(format!("{name} has {count} crates, and may have {budget}: see which is new with `cargo tree`"));
        } else if count < budget {
            faults.push(format!("{name} has {count} crates: lower its budget of {budget} in xtask/src/tree.rs"));
        }
        seen.extend(crates.iter().map(|(name, _)| name.clone()));
        let allowed = TWICE.iter().find(|(set, _)| *set == name).map_or(&[][..], |(_, allowed)| allowed);
        faults.extend(twice(&crates, allowed).into_iter().map(|fault| format!("{name} {fault}")));
        let having = |unwanted: &'static [&str], why: &'static str| {
            let found = crates.iter().filter(move |(found, _)| unwanted.contains(&found.as_str()));
            found.map(move |(found, _)| format!("{name} has {found}, which {why}"))
        };
        if !name.contains("rust-crypto") && !name.contains("pkcs11") {
            faults.extend(having(&OF_RUST_CRYPTO, "belongs to rust-crypto alone"));
        }
        if name.starts_with("ureq") {
            faults.extend(having(&OF_ASYNC_RUNTIMES, "is of an async runtime"));
        }
    }
    let gone = OF_RUST_CRYPTO.iter().chain(&OF_ASYNC_RUNTIMES).filter(|name| !seen.contains(**name));
    faults.extend(gone.map(|name| format!("no set of features has {name}: correct its list in xtask/src/tree.rs")));
    let sets: Vec<_> = BUDGETS.iter().map(|(features, _)| features.name()).collect();
    let gone = TWICE.iter().filter(|(set, _)| !sets.contains(set));
    faults.extend(gone.map(|(set, _)| format!("{set} is no set of features: correct TWICE in xtask/src/tree.rs")));
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// What is there in several versions and may not be, and what may be and is not.
fn twice(crates: &BTreeSet<(String, String)>, allowed: &[&str]) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, version) in crates {
        versions.entry(name).or_default().push(version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    let gone = allowed.iter().filter(|name| !versions.contains_key(**name));
    let gone = gone.map(|name| format!("has {name} in one version at most: correct TWICE in xtask/src/tree.rs"));
    let several = versions.iter().filter(|(name, _)| !allowed.contains(name));
    let several = several.map(|(name, versions)| format!("has {name} in several versions: {}", versions.join(", ")));
    several.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::twice;

    #[test]
    fn copies_are_named_and_so_is_a_permission_that_nobody_needs() {
        let crates = [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2"), ("c", "1")];
        let crates = crates.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect();
        let faults = twice(&crates, &["b", "c", "d"]);
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert_eq!(faults[0], "has a in several versions: 1, 2");
        assert!(faults[1].contains("has c in one version") && faults[2].contains("has d in one version"), "{faults:?}");
    }
}
