//! Python environments below `target`, each with the packages of one file of requirements.

use std::path::{Path, PathBuf};

use crate::run::{Outcome, program, root, section, succeeds, utf8};

/// Programs and modules from PyPI, in the versions that a file of requirements names.
pub(crate) struct Environment {
    directory: PathBuf,
}

impl Environment {
    /// That of `xtask/python/NAME.txt`; it is made if it is not there, or if the file has changed since.
    pub(crate) fn of(name: &str) -> Result<Self, String> {
        Self::from_file(name, &root().join("xtask/python").join(format!("{name}.txt")))
    }

    /// The same, or none if PyPI is out of reach; it is said then that `what` is skipped.
    pub(crate) fn or_skipped(name: &str, what: &str) -> Result<Option<Self>, String> {
        unless_out_of_reach(Self::of(name), what)
    }

    /// The same, of any file of requirements.
    pub(crate) fn from_file(name: &str, requirements: &Path) -> Result<Self, String> {
        let directory = root().join("target/python").join(name);
        let wanted =
            std::fs::read_to_string(requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
        // Written last, so that an environment that was not finished is made anew.
        let made_from = directory.join("made-from.txt");
        if std::fs::read_to_string(&made_from).ok().as_deref() != Some(wanted.as_str()) {
            let environment = Self { directory: directory.clone() };
            environment.make(utf8(requirements)?)?;
            std::fs::write(&made_from, wanted).map_err(|error| format!("{}: {error}", made_from.display()))?;
        }
        Ok(Self { directory })
    }

    /// A program of this environment.
    pub(crate) fn program(&self, name: &str) -> Result<String, String> {
        utf8(&self.directory.join("bin").join(name)).map(str::to_owned)
    }

    fn make(&self, requirements: &str) -> Outcome {
        if !succeeds("python3", &["-c", "import venv, ensurepip"]) {
            section("python3 with venv is missing; it is installed with apt-get");
            program("apt-get", &["update"])?;
            program("apt-get", &["install", "--yes", "python3-venv"])?;
        }
        program("python3", &["-m", "venv", "--clear", utf8(&self.directory)?])?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements];
        program(&self.program("python")?, &install)
    }
}

/// An environment that could not be made because PyPI is out of reach is no fault of ours: it is said that `what` is skipped.
pub(crate) fn unless_out_of_reach(
    made: Result<Environment, String>,
    what: &str,
) -> Result<Option<Environment>, String> {
    match made {
        Err(error) if !is_in_reach() => {
            section(&format!("SKIPPED: {what}, because PyPI is out of reach: {error}"));
            Ok(None)
        }
        made => made.map(Some),
    }
}

/// Whether PyPI responds at all.
fn is_in_reach() -> bool {
    succeeds("python3", &["-m", "pip", "index", "versions", "PyJWT", "--retries", "0", "--timeout", "10"])
}
