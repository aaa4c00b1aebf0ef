//! A program named `gcloud` that prints the token, first on the `PATH` of this one.
//!
//! A program cannot safely change its own environment, so this one starts anew with the changed one. On Unix only.

use std::convert::Infallible;
use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs, io};

use crate::server::TOKEN;

/// Holds the directory with the program, once this one has been started anew.
const DIRECTORY: &str = "PEERS_GCLOUD";

/// The program is on the `PATH` until this is dropped.
#[derive(Debug)]
pub(crate) struct OnPath(PathBuf);

/// Writes the program where this one runs with the changed environment; `None` where it does not.
pub(crate) fn on_path() -> io::Result<Option<OnPath>> {
    let Some(directory) = env::var_os(DIRECTORY).map(PathBuf::from) else { return Ok(None) };
    fs::create_dir_all(&directory)?;
    let program = OnPath(directory);
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o700).open(program.0.join("gcloud"))?;
    // Whatever else is asked of it fails, which is what an unset project looks like.
    writeln!(file, "#!/bin/sh\n[ \"$1\" = auth ] && echo {TOKEN}")?;
    Ok(Some(program))
}

/// Becomes this program with the changed environment; returns only where that fails.
pub(crate) fn restart() -> Result<Infallible, Box<dyn Error>> {
    let this = env::current_exe()?;
    // Next to this program, where programs can surely be run.
    let directory = this.with_file_name(format!("gcloud-{}", std::process::id()));
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([directory.clone()].into_iter().chain(env::split_paths(&path)))?;
    let mut command = Command::new(this);
    // A proxy for the world is none for a loopback address.
    command.args(env::args_os().skip(1)).env(DIRECTORY, directory).env("PATH", path).env("NO_PROXY", "127.0.0.1");
    Err(command.exec().into())
}

impl Drop for OnPath {
    fn drop(&mut self) {
        // What is left behind is a script in a directory of build output.
        let _ = fs::remove_dir_all(&self.0);
    }
}
