//! The comparison with other token libraries, in a release build of a package outside of the workspace.
//!
//! It has a lock file of its own, so that what the others depend on never mixes with what we do.

use crate::run::{Outcome, cargo, root};

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let (manifest, target) = (root().join("xtask/compare/Cargo.toml"), root().join("target/compare"));
    let not_utf8 = "the path of this checkout is not valid UTF-8";
    let manifest = manifest.to_str().ok_or(not_utf8)?;
    let target = target.to_str().ok_or(not_utf8)?;
    let mut line = vec!["run", "--release", "--quiet", "--manifest-path", manifest, "--target-dir", target, "--"];
    line.extend(arguments.iter().map(String::as_str));
    cargo(&line)
}
