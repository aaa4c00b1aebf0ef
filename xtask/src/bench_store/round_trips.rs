//! How often the command calls Redis, as the server itself counts.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The server's names; Debian's `redis-tools` has it under the last.
const NAMES: [&str; 3] = ["redis-server", "valkey-server", "redis-check-rdb"];

/// A server on a unix socket, which ends with this value.
pub(super) struct Redis {
    child: Child,
    socket: PathBuf,
}

impl Redis {
    /// `None` if none is installed.
    pub(super) fn start(directory: &Path) -> Result<Option<Self>, String> {
        let socket = directory.join("redis.sock");
        let _ = std::fs::remove_file(&socket);
        for name in NAMES {
            let mut command = Command::new(name);
            command.arg0("redis-server").args(["--port", "0", "--save", "", "--appendonly", "no", "--dir"]);
            command.arg(directory).arg("--unixsocket").arg(&socket).stdin(Stdio::null()).stdout(Stdio::null());
            let Ok(child) = command.spawn() else { continue };
            let redis = Self { child, socket };
            return redis.wait_until_ready(name).map(Some);
        }
        Ok(None)
    }

    #[expect(clippy::disallowed_methods, reason = "another process starts in real time")]
    fn wait_until_ready(self, name: &str) -> Result<Self, String> {
        for _ in 0..100 {
            if self.calls().is_ok() {
                return Ok(self);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(format!("{name} did not respond within ten seconds"))
    }

    /// Its address, as a store takes it.
    pub(super) fn url(&self) -> String {
        format!("unix:{}", self.socket.display())
    }

    /// How often scripts were called so far; what they call themselves does not count.
    pub(super) fn calls(&self) -> Result<u64, String> {
        let stats = self.stats().map_err(|error| format!("redis: {error}"))?;
        let calls = |name: &str| calls_of(&stats, name);
        Ok(["eval", "evalsha", "eval_ro", "evalsha_ro"].map(calls).iter().sum())
    }

    fn stats(&self) -> std::io::Result<String> {
        let mut stream = BufReader::new(UnixStream::connect(&self.socket)?);
        stream.get_mut().write_all(b"INFO commandstats\r\n")?;
        let mut head = String::new();
        stream.read_line(&mut head)?;
        let length = head.trim().strip_prefix('$').and_then(|length| length.parse().ok()).unwrap_or_default();
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Without those that failed: a server that has not seen a script says so, once for each, and is sent it then.
fn calls_of(stats: &str, name: &str) -> u64 {
    let line = stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{name}:")));
    let figure = |name: &str| -> u64 {
        let figures = line.into_iter().flat_map(|line| line.trim().split(','));
        figures.filter_map(|figure| figure.strip_prefix(name)?.parse::<u64>().ok()).sum()
    };
    figure("calls=").saturating_sub(figure("failed_calls="))
}

#[cfg(test)]
mod tests {
    use super::calls_of;

    #[test]
    fn calls_are_those_of_the_command_alone() {
        let stats = "# Commandstats\r\ncmdstat_evalsha:calls=14,usec=3,rejected_calls=0,failed_calls=2\r\ncmdstat_evalsha_ro:calls=7,usec=3\r\n";
        assert_eq!([calls_of(stats, "evalsha"), calls_of(stats, "evalsha_ro"), calls_of(stats, "eval")], [12, 7, 0]);
    }
}
