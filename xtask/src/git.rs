//! What git knows of this checkout.

use std::path::Path;
use std::process::Command;

/// What git prints, run in this directory.
pub(crate) fn output(directory: &Path, arguments: &[&str]) -> Result<String, String> {
    let line = format!("git {}", arguments.join(" "));
    let output = Command::new("git").arg("-C").arg(directory).args(arguments).output();
    let output = output.map_err(|error| format!("{line}: {error}"))?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    if output.status.success() {
        Ok(text(output.stdout))
    } else {
        Err(format!("{line} failed:\n{}", text(output.stderr)))
    }
}
