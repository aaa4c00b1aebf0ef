//! Signals that this process gets while a command runs.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

use rustix::process::{Pid, getpgrp, kill_process};
use rustix::termios::tcgetpgrp;
use signal_hook::consts::{SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What is passed on. SIGTSTP and SIGCONT are not caught: they stop and continue this process together with the command.
const PASSED_ON: [i32; 8] = [SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH];
/// What ends a process that does nothing about it, and is meant to.
const ENDING: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];
/// What a terminal sends to each process in its foreground.
const OF_TERMINAL: [i32; 3] = [SIGINT, SIGQUIT, SIGWINCH];

/// The signals of this process. From now on none of them ends it. What it ignores, as under `nohup`, it does not listen for: the command is to
/// ignore it as well.
pub(super) struct Signals(Vec<(i32, Signal)>);

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        let listen = |number| Ok((number, signal(SignalKind::from_raw(number))?));
        let ignored = ignored();
        PASSED_ON.into_iter().filter(|number| !is_in(ignored, *number)).map(listen).collect::<io::Result<_>>().map(Self)
    }

    /// The next signal.
    pub(super) async fn next(&mut self) -> i32 {
        poll_fn(|context| {
            for (number, signals) in &mut self.0 {
                if let Poll::Ready(Some(())) = signals.poll_recv(context) {
                    return Poll::Ready(*number);
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Whether the signal asks to end.
    pub(super) fn is_ending(&self, signal: i32) -> bool {
        ENDING.contains(&signal)
    }

    /// Whether a terminal has surely sent it to the command as well: it is one of a terminal's, and this process is in the foreground.
    /// Twice, Ctrl-C would mean to many programs to give up at once.
    pub(super) fn is_of_terminal(&self, signal: i32) -> bool {
        OF_TERMINAL.contains(&signal) && is_in_foreground()
    }

    /// Sends the signal to a process. If it has just ended, nothing happens.
    pub(super) fn send(&self, signal: i32, process: u32) {
        let process = i32::try_from(process).ok().and_then(Pid::from_raw);
        if let (Some(process), Some(signal)) = (process, rustix::process::Signal::from_named_raw(signal)) {
            let _ = kill_process(process, signal);
        }
    }
}

/// The signals that this process ignores, as a bit for each; none if the system does not tell.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

fn is_in(mask: u64, signal: i32) -> bool {
    u32::try_from(signal - 1).is_ok_and(|bit| mask.checked_shr(bit).is_some_and(|mask| mask & 1 == 1))
}

/// Whether this process is in the foreground of a terminal.
fn is_in_foreground() -> bool {
    let terminal = std::fs::File::open("/dev/tty");
    terminal.is_ok_and(|terminal| tcgetpgrp(&terminal).is_ok_and(|group| group == getpgrp()))
}

#[cfg(test)]
mod tests {
    use super::is_in;

    #[test]
    fn each_signal_has_a_bit() {
        // SIGHUP is 1, and SIGTERM is 15.
        assert!(is_in(0x1, 1) && is_in(0x4000, 15) && is_in(u64::MAX, 64));
        assert!(!is_in(0x1, 2) && !is_in(0, 1) && !is_in(u64::MAX, 65) && !is_in(u64::MAX, 0));
    }
}
