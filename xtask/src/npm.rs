//! Packages of the npm registry below `target`, in the versions of a lock file.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{finish, root, section, succeeds};

/// Files of `xtask` beside the packages that they import.
pub(crate) struct Project {
    directory: PathBuf,
}

impl Project {
    /// A copy of a directory of ours with its packages installed; they are installed again if its lock file has changed since.
    pub(crate) fn of(name: &str, source: &Path) -> Result<Self, String> {
        let directory = root().join("target/node").join(name);
        copy(source, &directory).map_err(|error| format!("{}: {error}", source.display()))?;
        let lock = directory.join("package-lock.json");
        let wanted = std::fs::read_to_string(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
        // Written last, so that an installation that was not finished is made anew.
        let made_from = directory.join("made-from.json");
        let project = Self { directory };
        if std::fs::read_to_string(&made_from).ok().as_deref() != Some(wanted.as_str()) {
            // Without it, npm tries for minutes.
            if !is_in_reach() {
                return Err("the registry does not respond".to_owned());
            }
            let line = "npm ci";
            section(&format!("{line} in {}", project.directory.display()));
            finish(Command::new("npm").args(["ci", "--loglevel", "error"]).current_dir(&project.directory), line)?;
            std::fs::write(&made_from, wanted).map_err(|error| format!("{}: {error}", made_from.display()))?;
        }
        Ok(project)
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// A command that a package brings, such as `prism`.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.directory.join("node_modules/.bin").join(name)
    }
}

/// Whether Node.js is there, and npm.
pub(crate) fn is_installed() -> bool {
    succeeds("node", &["--version"]) && succeeds("npm", &["--version"])
}

/// Whether the registry responds at all: if it does, a failed installation is a fault of ours.
pub(crate) fn is_in_reach() -> bool {
    succeeds("npm", &["view", "jose", "version", "--fetch-retries", "0", "--fetch-timeout", "10000"])
}

fn copy(source: &Path, directory: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    for entry in std::fs::read_dir(source)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), directory.join(entry.file_name()))?;
        }
    }
    Ok(())
}
