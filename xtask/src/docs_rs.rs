//! The documentation of each published library as docs.rs builds it: with `cfg(docsrs)`, which asks for features of rustdoc that are unstable.
//!
//! The workflow on GitHub does the same with a nightly toolchain and `cargo docs-rs`.

use serde_json::json;

use crate::metadata;
use crate::run::{Outcome, cargo_with};
use crate::rustdoc;

pub(crate) fn run() -> Outcome {
    let packages = metadata::packages()?;
    // A package with nothing but a binary has no page there.
    let libraries = metadata::libraries(&packages);
    for package in &libraries {
        let wanted = &package.manifest["metadata"]["docs"]["rs"];
        if *wanted != json!({ "all-features": true }) {
            let name = &package.name;
            return Err(format!(
                "{name}: package.metadata.docs.rs is {wanted}; let xtask/src/docs_rs.rs build that too"
            ));
        }
    }
    let rustdoc = rustdoc::Unstable::new()?;
    let mut variables = vec![("RUSTDOCFLAGS", "--cfg docsrs -D warnings")];
    variables.extend(rustdoc.variables());
    let arguments = metadata::package_flags(&libraries);
    cargo_with(&[&["doc", "--no-deps", "--lib", "--all-features"], &arguments[..]].concat(), &variables)
}
