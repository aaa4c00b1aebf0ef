//! Programs that are packages of Debian and Ubuntu.

use crate::run::{Outcome, program, section, succeeds};

/// Whether a program of this package is there; it is installed if `apt-get` can do it.
pub(crate) fn has(package: &str, name: &str, arguments: &[&str]) -> bool {
    succeeds(name, arguments) || (install(package).is_ok() && succeeds(name, arguments))
}

fn install(package: &str) -> Outcome {
    if !cfg!(target_os = "linux") || !succeeds("apt-get", &["--version"]) {
        return Err("there is no apt-get".to_owned());
    }
    section(&format!("{package} is missing; it is installed with apt-get"));
    program("apt-get", &["update"])?;
    program("apt-get", &["install", "--yes", package])
}
