//! The servers of others as processes, and the memory of a process.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::npm::Project;
use crate::run::utf8;

/// How often a server is asked whether it listens, and the pause between.
const ATTEMPTS: u32 = 300;
const PAUSE: Duration = Duration::from_millis(200);

/// A server on Node.js, which ends with this value.
pub(super) struct NodeServer {
    child: Child,
    url: String,
}

impl NodeServer {
    /// Prism in its production mode, in which its server logs nothing to a terminal.
    pub(super) fn prism(project: &Project) -> Result<Self, String> {
        let description = project.directory().join("openapi.yml");
        let arguments = ["mock", "--host", "127.0.0.1", "--verboseLevel", "silent", "--multiprocess", "false"];
        Self::start(&project.program("prism"), &arguments, &[utf8(&description)?])
    }

    pub(super) fn oauth2_mock_server(project: &Project) -> Result<Self, String> {
        Self::start(&project.program("oauth2-mock-server"), &["-a", "127.0.0.1"], &[])
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    #[expect(clippy::disallowed_methods, reason = "another process starts in real time")]
    fn start(program: &Path, arguments: &[&str], last: &[&str]) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", program.display());
        let port = free_port().map_err(failed)?;
        let mut command = Command::new(program);
        command.args(arguments).args(["-p", &port.to_string()]).args(last).env("NODE_ENV", "production");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().map_err(failed)?;
        let server = Self { child, url: format!("http://127.0.0.1:{port}") };
        for _ in 0..ATTEMPTS {
            if TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).is_ok() {
                return Ok(server);
            }
            std::thread::sleep(PAUSE);
        }
        Err(format!("{} did not listen within a minute", program.display()))
    }
}

impl Drop for NodeServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The memory that a process has now, in KiB.
pub(super) fn resident_kib(process: u32) -> Result<u64, String> {
    let file = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    number.ok_or_else(|| format!("{file} has no VmRSS"))
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
