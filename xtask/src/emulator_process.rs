//! `line-channel-token emulator` as a process.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::run::{cargo, target};

const READY: &str = "line-channel-token emulator is ready at ";

/// Builds the binary, and returns its path.
pub(crate) fn build(release: bool) -> Result<PathBuf, String> {
    let target = target();
    let target_directory = crate::run::utf8(&target)?;
    // Otherwise as the tests build it, whose crates are compiled already: with the features of the whole workspace. Its own tests bring it along.
    let line: &[&str] = if release {
        &["build", "--release", "--package", "line-channel-token-cli"]
    } else {
        &["test", "--workspace", "--all-features", "--no-run", "--quiet", "--test", "cmd"]
    };
    cargo(&[line, &["--target-dir", target_directory]].concat())?;
    let profile = if release { "release" } else { "debug" };
    Ok(target.join(profile).join("line-channel-token"))
}

/// A running emulator, which ends with this value.
pub(crate) struct EmulatorProcess {
    child: Child,
    url: String,
    log: PathBuf,
}

impl EmulatorProcess {
    /// Starts it on a free port; what it prints to standard error goes to a file.
    pub(crate) fn start(
        program: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
        log: PathBuf,
    ) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", program.display());
        let mut command = Command::new(program);
        command.args(["emulator", "--port", "0"]).args(arguments).envs(variables.iter().copied());
        let errors = File::create(&log).map_err(failed)?;
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors).spawn().map_err(failed)?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.as_mut() {
            BufReader::new(stdout).read_line(&mut line).map_err(failed)?;
        }
        let url = line.trim_end().strip_prefix(READY).unwrap_or_default().to_owned();
        let emulator = Self { child, url, log };
        if emulator.url.is_empty() {
            Err(format!("the emulator did not start:\n{}", emulator.log()))
        } else {
            Ok(emulator)
        }
    }

    /// Such as `http://127.0.0.1:40123`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed to standard error.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for EmulatorProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
