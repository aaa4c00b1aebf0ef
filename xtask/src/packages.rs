//! The packages as crates.io would get them, unpacked into a workspace of their own.

use std::path::{Path, PathBuf};

use crate::metadata::{self, Package};
use crate::run::{Outcome, cargo, root, succeeds, utf8};

/// Unpacked packages, in a workspace in which they depend on each other instead of on a registry.
pub(crate) struct Unpacked {
    directory: PathBuf,
    pub(crate) members: Vec<PathBuf>,
}

impl Unpacked {
    /// Packs these packages as they are in this checkout now, and unpacks them there; what was there goes. If asked to verify, cargo builds
    /// each package with its default features from what is packed.
    pub(crate) fn into(directory: &Path, packages: &[&Package], verify: bool) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
        let arguments = ["package", "--allow-dirty"];
        let verification: &[&str] = if verify { &[] } else { &["--quiet", "--no-verify"] };
        cargo(&[&arguments, verification, &metadata::package_flags(packages)].concat())?;
        if directory.exists() {
            std::fs::remove_dir_all(directory).map_err(failed)?;
        }
        std::fs::create_dir_all(directory).map_err(failed)?;
        let mut members = Vec::new();
        for package in packages {
            let name = format!("{}-{}", package.name, package.version);
            let archive = root().join("target/package").join(format!("{name}.crate"));
            unpack(&archive, directory)?;
            members.push(directory.join(name));
        }
        let ours = std::fs::read_to_string(root().join("Cargo.toml")).map_err(failed)?;
        std::fs::write(directory.join("Cargo.toml"), workspace(packages) + &profiles(&ours)).map_err(failed)?;
        Ok(Self { directory: directory.to_owned(), members })
    }

    /// Its `Cargo.toml`.
    pub(crate) fn manifest(&self) -> Result<String, String> {
        utf8(&self.directory.join("Cargo.toml")).map(str::to_owned)
    }
}

fn unpack(archive: &Path, directory: &Path) -> Outcome {
    let arguments = ["-xzf", utf8(archive)?, "-C", utf8(directory)?];
    if succeeds("tar", &arguments) { Ok(()) } else { Err(format!("tar {} failed", arguments.join(" "))) }
}

fn workspace(packages: &[&Package]) -> String {
    let name = |package: &&Package| format!("{}-{}", package.name, package.version);
    let members: Vec<String> = packages.iter().map(name).collect();
    let patch = packages.iter().map(|package| format!("{} = {{ path = {:?} }}\n", package.name, name(package)));
    format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n[patch.crates-io]\n{}", patch.collect::<String>())
}

/// The profiles of this checkout as a file for `cargo --config`.
pub(crate) fn profiles_file() -> Result<String, String> {
    let file = root().join("target/profiles.toml");
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    let ours = std::fs::read_to_string(root().join("Cargo.toml")).map_err(failed)?;
    std::fs::create_dir_all(root().join("target")).map_err(failed)?;
    std::fs::write(&file, profiles(&ours)).map_err(failed)?;
    utf8(&file).map(str::to_owned)
}

/// The profiles of a manifest: with the same ones, what was compiled for this checkout need not be compiled again.
fn profiles(manifest: &str) -> String {
    let mut inside = false;
    let mut lines = String::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.starts_with("[profile.");
        }
        if inside {
            lines += line;
            lines.push('\n');
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::profiles;

    #[test]
    fn profiles_are_taken_and_nothing_else() {
        let manifest = "[workspace]\nmembers = []\n\n[profile.dev]\ndebug = 1\n[profile.dev.package.\"*\"]\nopt-level = 1\n[lints]\n";
        assert_eq!(profiles(manifest), "[profile.dev]\ndebug = 1\n[profile.dev.package.\"*\"]\nopt-level = 1\n");
    }
}
