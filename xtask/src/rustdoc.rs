//! The stable rustdoc with what is unstable in it.
//!
//! `RUSTC_BOOTSTRAP` for a whole build would build everything differently. So cargo is told to take this program for rustdoc, and it
//! calls rustdoc with the variable set for it alone.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::run::utf8;

const AS_RUSTDOC: &str = "XTASK_AS_RUSTDOC";

/// The variables that make cargo use such a rustdoc.
pub(crate) struct Unstable {
    program: String,
}

impl Unstable {
    pub(crate) fn new() -> Result<Self, String> {
        let program: PathBuf = std::env::current_exe().map_err(|error| error.to_string())?;
        Ok(Self { program: utf8(&program)?.to_owned() })
    }

    pub(crate) fn variables(&self) -> [(&str, &str); 2] {
        [("RUSTDOC", &self.program), (AS_RUSTDOC, "1")]
    }
}

/// Runs as rustdoc, if cargo was told to take us for it.
pub(crate) fn as_rustdoc() -> Option<ExitCode> {
    std::env::var_os(AS_RUSTDOC)?;
    let status = Command::new("rustdoc").args(std::env::args_os().skip(1)).env("RUSTC_BOOTSTRAP", "1").status();
    Some(if status.is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
