//! The features of each published library, by cargo-hack: none, each, and each two together.
//!
//! Features only add, so what breaks a combination breaks a pair. All together is what everything else here is built with.

use crate::metadata;
use crate::run::Outcome;
use crate::tools;

pub(crate) fn run() -> Outcome {
    let packages = metadata::packages()?;
    let libraries = metadata::libraries(&packages);
    let mut arguments = metadata::package_flags(&libraries);
    // `default` only names other features, so leaving it out loses no combination.
    arguments.extend(["--feature-powerset", "--depth", "2", "--exclude-features", "default"]);
    // clippy, because it denies our warnings without a second build of what we depend on.
    let line = [&["clippy", "--quiet", "--lib"], &arguments[..], &["--", "-D", "warnings"]].concat();
    tools::HACK.run(&line)
}
