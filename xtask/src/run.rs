//! Running other programs, saying first what is run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The outcome of everything here: the text says what failed.
pub(crate) type Outcome = Result<(), String>;

/// Runs `cargo` with these arguments; its output goes where ours goes.
pub(crate) fn cargo(arguments: &[&str]) -> Outcome {
    cargo_with(arguments, &[])
}

/// The same with these environment variables.
pub(crate) fn cargo_with(arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    section(&format!("cargo {}", arguments.join(" ")));
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).envs(variables.iter().copied());
    finish(&mut command, &format!("cargo {}", arguments.join(" ")))
}

/// Runs any program.
pub(crate) fn program(name: &str, arguments: &[&str]) -> Outcome {
    program_with(name, arguments, &[])
}

/// The same with these environment variables.
pub(crate) fn program_with(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let line = format!("{name} {}", arguments.join(" "));
    section(&line);
    finish(Command::new(name).args(arguments).envs(variables.iter().copied()).current_dir(root()), &line)
}

/// Whether a program is there and says so with success.
pub(crate) fn succeeds(name: &str, arguments: &[&str]) -> bool {
    let status = Command::new(name).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Runs `cargo` and returns what it printed: standard output, then standard error.
pub(crate) fn cargo_output(arguments: &[&str]) -> Result<(String, String), String> {
    cargo_output_with(arguments, &[])
}

/// The same with these environment variables.
pub(crate) fn cargo_output_with(arguments: &[&str], variables: &[(&str, &str)]) -> Result<(String, String), String> {
    let line = format!("cargo {}", arguments.join(" "));
    let mut command = Command::new(env!("CARGO"));
    let output = command.args(arguments).envs(variables.iter().copied()).output();
    let output = output.map_err(|error| format!("{line}: {error}"))?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let (out, err) = (text(output.stdout), text(output.stderr));
    if output.status.success() { Ok((out, err)) } else { Err(format!("{line} failed:\n{err}")) }
}

/// The top of this checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |target| root().join(target))
}

/// A path as text, which is what arguments and variables are here.
pub(crate) fn utf8(path: &Path) -> Result<&str, String> {
    path.to_str().ok_or_else(|| format!("this path is not valid UTF-8: {}", path.display()))
}

/// A line that stands out between the output of others.
pub(crate) fn section(text: &str) {
    println!("\n==> {text}");
}

/// Runs a command to its end; the text is what an error calls it.
pub(crate) fn finish(command: &mut Command, line: &str) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{line}: {status}")),
        Err(error) => Err(format!("{line}: {error}")),
    }
}
