//! Whether the lowest versions that we say we work with are enough.
//!
//! Users who depend on something old get old versions of what we share with it. A lower bound that is too low then breaks their build, and
//! our lock file hides it from us.

use crate::metadata;
use crate::packages::Unpacked;
use crate::run::{Outcome, cargo, cargo_with, root};
use crate::tools;

pub(crate) fn run() -> Outcome {
    // The packages instead of this checkout: its Cargo.lock stays as it is, and unpublished crates bind no user. Neither does the binary, which
    // shares nothing with a program of theirs.
    let packages = metadata::packages()?;
    let libraries = metadata::libraries(&packages);
    let unpacked = Unpacked::into(&root().join("target/minimal-versions/packages"), &libraries, false)?;
    let manifest = unpacked.manifest()?;
    let manifest = ["--manifest-path", manifest.as_str()];
    tools::HACK.run(&[&["--remove-dev-deps", "--workspace"], &manifest[..]].concat())?;
    // Only the choice of versions is unstable; what is compiled then is compiled as always.
    let update = ["update", "--quiet", "-Zdirect-minimal-versions"];
    cargo_with(&[&update[..], &manifest].concat(), &[("RUSTC_BOOTSTRAP", "1")])?;
    // In the target directory of this checkout: what has the same version in both is checked already.
    let check = ["check", "--workspace", "--lib", "--all-features", "--locked", "--target-dir", "target"];
    cargo(&[&check[..], &manifest].concat())
}
