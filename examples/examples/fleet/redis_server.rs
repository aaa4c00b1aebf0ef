//! A Redis server of this program's own: on a unix socket, without a port, and gone when this program is.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use crate::process::this_program;

/// Names of the server's program. `redis-tools` of Debian has it under the last, and no service of the system's.
pub(crate) const NAMES: [&str; 3] = ["redis-server", "valkey-server", "redis-check-rdb"];
const HOW_TO_INSTALL: &str = "no redis-server is installed: install it (Debian and Ubuntu: apt-get install redis-tools, which starts no service; \
    macOS: brew install redis; Fedora: dnf install valkey), or take --store file";

pub(crate) struct RedisServer {
    socket: PathBuf,
    guard: Child,
}

impl RedisServer {
    /// Starts it in this directory.
    pub(crate) fn start(directory: &Path) -> Result<Self, String> {
        let name = NAMES.into_iter().find(|name| is_installed(name)).ok_or(HOW_TO_INSTALL)?;
        let socket = directory.join("redis.sock");
        let mut command = this_program("--guard")?;
        command.args([name, "--port", "0", "--save", "", "--appendonly", "no", "--loglevel", "warning", "--dir"]);
        command.arg(directory).arg("--unixsocket").arg(&socket).args(["--unixsocketperm", "700"]);
        let guard = command.spawn().map_err(|error| format!("{name} could not be started: {error}"))?;
        let server = Self { socket, guard };
        for _ in 0..200 {
            if server.command("PING").is_ok_and(|response| response == "+PONG") {
                return Ok(server);
            }
            pause(Duration::from_millis(50));
        }
        Err(format!("{name} does not respond at {}: does it run if you start it yourself?", server.socket.display()))
    }

    /// Its address, as a store takes it.
    pub(crate) fn url(&self) -> String {
        format!("unix:{}", self.socket.display())
    }

    /// How many commands clients have sent so far: what scripts call does not count.
    pub(crate) fn round_trips(&self) -> Option<u64> {
        let stats = self.command("INFO commandstats").ok()?;
        // A server that has not seen a script says so, once for each, and is sent it then: that call failed.
        let calls = |name: &str| -> u64 {
            let line = stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{name}:")));
            let figure = |name: &str| -> u64 {
                let figures = line.into_iter().flat_map(|line| line.trim().split(','));
                figures.filter_map(|figure| figure.strip_prefix(name)?.parse::<u64>().ok()).sum()
            };
            figure("calls=").saturating_sub(figure("failed_calls="))
        };
        Some(["eval", "evalsha", "eval_ro", "evalsha_ro"].map(calls).iter().sum())
    }

    /// The response to a command without arguments that have spaces.
    fn command(&self, command: &str) -> std::io::Result<String> {
        let mut stream = BufReader::new(UnixStream::connect(&self.socket)?);
        stream.get_ref().set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.get_mut().write_all(format!("{command}\r\n").as_bytes())?;
        let mut head = String::new();
        stream.read_line(&mut head)?;
        let Some(length) = head.trim().strip_prefix('$').and_then(|length| length.parse().ok()) else {
            return Ok(head.trim().to_owned());
        };
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // The guard ends the server when its standard input ends, and then itself.
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// A command that is this program; a Redis server that has another name finds out by it what it is.
pub(crate) fn server_command(name: &str) -> Command {
    let mut command = Command::new(name);
    if NAMES.contains(&name) {
        command.arg0("redis-server");
    }
    command
}

fn is_installed(name: &str) -> bool {
    let mut command = server_command(name);
    let output = command.arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output();
    output.is_ok_and(|output| output.status.success() && String::from_utf8_lossy(&output.stdout).contains("server"))
}

/// A server starts in real time, and nothing else is to be done meanwhile.
fn pause(duration: Duration) {
    let (_held, never) = sync_channel::<()>(0);
    let _ = never.recv_timeout(duration);
}
