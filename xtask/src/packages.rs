//! The packages as crates.io would get them, unpacked into a workspace of their own.

use std::path::{Path, PathBuf};

use crate::metadata::{self, Package};
use crate::run::{Outcome, cargo_output, program, root, utf8};

/// Unpacked packages, in a workspace in which they depend on each other instead of on a registry.
pub(crate) struct Unpacked {
    directory: PathBuf,
    pub(crate) members: Vec<PathBuf>,
}

impl Unpacked {
    /// Packs what this checkout has now, and unpacks it there; what was there goes.
    pub(crate) fn into(directory: &Path) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
        let packages = metadata::packages()?;
        let published = metadata::published(&packages);
        let arguments = ["package", "--quiet", "--allow-dirty", "--no-verify"];
        cargo_output(&[&arguments[..], &metadata::package_flags(&published)].concat())?;
        if directory.exists() {
            std::fs::remove_dir_all(directory).map_err(failed)?;
        }
        std::fs::create_dir_all(directory).map_err(failed)?;
        let mut members = Vec::new();
        for package in &published {
            let name = format!("{}-{}", package.name, package.version);
            let archive = root().join("target/package").join(format!("{name}.crate"));
            unpack(&archive, directory)?;
            members.push(directory.join(name));
        }
        std::fs::write(directory.join("Cargo.toml"), workspace(&published)).map_err(failed)?;
        Ok(Self { directory: directory.to_owned(), members })
    }

    /// Its `Cargo.toml`.
    pub(crate) fn manifest(&self) -> Result<String, String> {
        utf8(&self.directory.join("Cargo.toml")).map(str::to_owned)
    }
}

fn unpack(archive: &Path, directory: &Path) -> Outcome {
    let arguments = ["-xzf", utf8(archive)?, "-C", utf8(directory)?];
    program("tar", &arguments)
}

fn workspace(packages: &[&Package]) -> String {
    let name = |package: &&Package| format!("{}-{}", package.name, package.version);
    let members: Vec<String> = packages.iter().map(name).collect();
    let patch = packages.iter().map(|package| format!("{} = {{ path = {:?} }}\n", package.name, name(package)));
    format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n[patch.crates-io]\n{}", patch.collect::<String>())
}
