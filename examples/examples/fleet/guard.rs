//! A process between this program and a server that it started: it ends the server when its standard input ends.
//!
//! A server such as Redis does not look at its standard input, and would be left if this program were killed.

use std::io::Read;
use std::process::Stdio;

use crate::redis_server::server_command;

/// Runs `command` until standard input ends.
pub(crate) fn run(command: &[String]) -> Result<(), String> {
    let (program, arguments) = command.split_first().ok_or("--guard is for this program itself")?;
    let mut child = server_command(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("{program} could not be started: {error}"))?;
    let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
    let _ = child.kill();
    child.wait().map(drop).map_err(|error| format!("{program}: {error}"))
}
