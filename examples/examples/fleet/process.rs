//! A child process that ends with this one, however this one ends: its standard input does.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::Sender;

use crate::outcome::Outcome;

/// What a process said, or that it has ended, which is `None`.
pub(crate) struct Report {
    pub(crate) process: u64,
    pub(crate) outcome: Option<Outcome>,
}

/// A worker's process.
pub(crate) struct Process {
    pub(crate) id: u64,
    child: Child,
    input: Option<ChildStdin>,
}

/// This program once more, in another mode. It is in a process group of its own, so that Ctrl-C in a terminal reaches the first one alone, which ends
/// the others in order.
pub(crate) fn this_program(mode: &str) -> Result<Command, String> {
    let program = std::env::current_exe().map_err(|error| format!("this program does not find itself: {error}"))?;
    let mut command = Command::new(program);
    command.arg(mode).stdin(Stdio::piped());
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(name);
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    Ok(command)
}

impl Process {
    /// Starts a worker with these settings, which reports to `reports`.
    pub(crate) fn start(id: u64, settings: &str, reports: Sender<Report>) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("worker {id} could not be started: {error}");
        let mut child = this_program("--worker")?.stdout(Stdio::piped()).spawn().map_err(failed)?;
        let mut input = child.stdin.take();
        if let Some(input) = &mut input {
            writeln!(input, "{settings}").map_err(failed)?;
        }
        if let Some(output) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    let outcome = Outcome::parse(&line).unwrap_or(Outcome::Failed(format!("it printed: {line}")));
                    if reports.send(Report { process: id, outcome: Some(outcome) }).is_err() {
                        return;
                    }
                }
                let _ = reports.send(Report { process: id, outcome: None });
            });
        }
        Ok(Self { id, child, input })
    }

    /// Lets a worker that has started send.
    pub(crate) fn begin(&mut self) {
        // If it is gone, its report says so.
        let _ = self.input.as_mut().map(|input| writeln!(input, "begin"));
    }

    /// Asks it to leave.
    pub(crate) fn dismiss(&mut self) {
        self.input = None;
    }

    /// Collects it if it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.input = None;
        if !self.has_ended() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
