//! Programs of others that are built from crates.io, each in the one version that is known to work here.

use std::path::PathBuf;
use std::process::Command;

use crate::run::{self, Outcome, root, section};

/// Combinations of features, and manifests without dev-dependencies.
pub(crate) const HACK: Tool = Tool { name: "cargo-hack", subcommand: "hack", version: "0.6.46" };
/// Licences, sources, duplicates and advisories.
pub(crate) const DENY: Tool = Tool { name: "cargo-deny", subcommand: "deny", version: "0.20.2" };
/// Breaking changes against a release.
pub(crate) const SEMVER_CHECKS: Tool =
    Tool { name: "cargo-semver-checks", subcommand: "semver-checks", version: "0.51.0" };
/// The documentation as docs.rs builds it. Only the workflow on GitHub uses it, because it needs a nightly toolchain.
pub(crate) const DOCS_RS: Tool = Tool { name: "cargo-docs-rs", subcommand: "docs-rs", version: "1.0.4" };
/// Each test in a process of its own. What is installed is used in any version; the workflow on GitHub installs this one.
pub(crate) const NEXTEST: Tool = Tool { name: "cargo-nextest", subcommand: "nextest", version: "0.9.143" };

pub(crate) const ALL: [Tool; 5] = [HACK, DENY, SEMVER_CHECKS, DOCS_RS, NEXTEST];

/// A subcommand of cargo.
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) subcommand: &'static str,
    pub(crate) version: &'static str,
}

impl Tool {
    /// Runs it; builds it first if it is not there in this version.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, &[])
    }

    /// The same with these environment variables.
    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
        let program = match self.installed() {
            Some(program) => program,
            None => self.install()?,
        };
        let program = run::utf8(&program)?;
        run::program_with(program, &[&[self.subcommand], arguments].concat(), variables)
    }

    /// The program in this version: below `target/tools`, or else the one that cargo itself would find.
    pub(crate) fn installed(&self) -> Option<PathBuf> {
        let ours = directory().join("bin").join(self.name);
        [ours, PathBuf::from(self.name)].into_iter().find(|program| {
            let output = Command::new(program).args([self.subcommand, "--version"]).output();
            output.is_ok_and(|output| is_version(&String::from_utf8_lossy(&output.stdout), self.version))
        })
    }

    fn install(&self) -> Result<PathBuf, String> {
        section(&format!("{} {} is not installed: it is built below target/tools, once", self.name, self.version));
        let directory = directory();
        let place = run::utf8(&directory)?;
        // Not optimised: compiling that takes longer than it ever saves.
        run::cargo(&[
            "install",
            "--quiet",
            "--locked",
            "--debug",
            "--root",
            place,
            "--version",
            self.version,
            self.name,
        ])?;
        Ok(directory.join("bin").join(self.name))
    }
}

fn directory() -> PathBuf {
    root().join("target/tools")
}

/// Whether what a program says of its version is this one.
fn is_version(output: &str, version: &str) -> bool {
    output.lines().next().is_some_and(|line| line.split(' ').nth(1) == Some(version))
}

#[cfg(test)]
mod tests {
    use super::is_version;

    #[test]
    fn another_version_is_not_taken() {
        assert!(is_version("cargo-hack 0.6.46\n", "0.6.46"));
        assert!(!is_version("cargo-hack 0.6.460\n", "0.6.46"));
        assert!(!is_version("cargo-hack 0.6.4\n", "0.6.46"));
        assert!(!is_version("", "0.6.46"));
    }
}
