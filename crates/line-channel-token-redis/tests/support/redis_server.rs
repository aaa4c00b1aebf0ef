//! A redis-server of a test's own.

use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::resp::{Reply, RespConnection};
use super::wait_until;

/// `required` if a test must not be skipped: `cargo xtask test` sets it once the server is installed.
const REQUIRED: &str = "LINE_TEST_REDIS";
/// Another program than the one in the path.
const PROGRAM: &str = "LINE_TEST_REDIS_SERVER";
/// The package `redis-tools` of Debian has the server's program under its second name, and starts no service.
const NAMES: [&str; 3] = ["redis-server", "valkey-server", "redis-check-rdb"];

/// How a server is started beside the defaults.
#[derive(Clone, Copy, Default)]
pub struct ServerOptions<'a> {
    /// Arguments such as `--maxmemory 1mb`, each word alone.
    pub arguments: &'a [&'a str],
}

/// A redis-server of a test's own, which is killed with its handle. It saves nothing, so a restart is one without values.
pub struct RedisServer {
    directory: TempDir,
    port: u16,
    arguments: Vec<String>,
    processes: Option<(Child, Child)>,
}

impl RedisServer {
    /// A running server; `None`, and said so, if it is not installed.
    pub fn start(test: &str) -> Option<Self> {
        Self::start_with(test, ServerOptions::default())
    }

    /// The same with arguments of the test's own.
    pub fn start_with(test: &str, options: ServerOptions<'_>) -> Option<Self> {
        if program().is_none() {
            assert_ne!(
                std::env::var(REQUIRED).as_deref(),
                Ok("required"),
                "redis-server is required and not installed"
            );
            // Past the capture of output, so that it is seen.
            let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: redis-server is not installed (Debian: redis-tools)");
            return None;
        }
        let directory = tempfile::Builder::new().prefix("line-redis-").tempdir().unwrap();
        let arguments = options.arguments.iter().map(ToString::to_string).collect();
        let mut server = Self { directory, port: 0, arguments, processes: None };
        // Somebody else may take the free port before the server does.
        for _ in 0..20 {
            server.port = free_port();
            if server.launch() {
                return Some(server);
            }
        }
        panic!("redis-server does not start: {}", server.log());
    }

    /// A replica of this server, which has caught up.
    pub fn replica(&self) -> Self {
        let port = self.port.to_string();
        let arguments = ["--replicaof", "127.0.0.1", &port];
        let replica = Self::start_with("a replica", ServerOptions { arguments: &arguments }).unwrap();
        wait_until("the replica has caught up", || {
            replica.command(&["INFO", "replication"]).text().contains("master_link_status:up")
        });
        replica
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `redis://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// `unix:PATH`, as a store takes it.
    pub fn unix_url(&self) -> String {
        format!("unix:{}", self.socket().display())
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("redis.sock")
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Calls the server over its unix socket, past whatever is between it and the store.
    pub fn command<A: AsRef<[u8]>>(&self, command: &[A]) -> Reply {
        // Sentinel ends the connections of clients when it makes a server another's replica.
        let again = |_| RespConnection::open(&self.socket())?.call(command);
        self.connection().call(command).or_else(again).unwrap()
    }

    /// A connection of its own over the unix socket.
    pub fn connection(&self) -> RespConnection {
        RespConnection::open(&self.socket()).unwrap()
    }

    pub fn config_set(&self, name: &str, value: &str) {
        assert_eq!(self.command(&["CONFIG", "SET", name, value]), Reply::Status("OK".to_owned()));
    }

    /// How often the server was called with this command, as `INFO commandstats` has it. Calls from scripts count too.
    pub fn calls(&self, command: &str) -> u64 {
        let stats = self.command(&["INFO", "commandstats"]).text();
        let line = stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
        line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
    }

    /// Kills it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        if let Some((mut server, mut guard)) = self.processes.take() {
            let _ = guard.kill();
            let _ = guard.wait();
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// Starts it again at the same port and socket, without any value.
    pub fn restart(&mut self) {
        self.kill();
        wait_until("the server starts again", || self.launch());
    }

    /// Stops it in the middle of whatever it does (SIGSTOP): connections stay open, and nothing responds.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on (SIGCONT).
    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let pid = self.processes.as_ref().unwrap().0.id();
        assert!(Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().unwrap().success());
    }

    fn launch(&mut self) -> bool {
        let path = self.directory.path();
        let _ = std::fs::remove_file(self.socket());
        let mut command = server_program();
        command.args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--unixsocket"]).arg(self.socket());
        command.arg("--dir").arg(path).arg("--logfile").arg(path.join("log"));
        // A replica need not wait for others that may want a copy too.
        command
            .args(["--repl-diskless-sync-delay", "0", "--save", "", "--appendonly", "no", "--daemonize", "no"])
            .args(&self.arguments);
        let Some(processes) = spawn_guarded(&mut command) else { return false };
        self.processes = Some(processes);
        let mut is_alive = true;
        wait_until("the server responds", || {
            is_alive = self.processes.as_mut().is_some_and(|(server, _)| server.try_wait().unwrap().is_none());
            // A server with a password responds too.
            !is_alive
                || RespConnection::open(&self.socket()).and_then(|mut connection| connection.call(&["PING"])).is_ok()
        });
        if !is_alive {
            self.kill();
        }
        is_alive
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program of the server, under its first name, because it looks at that.
pub(super) fn server_program() -> Command {
    let mut command = Command::new(program().unwrap());
    command.arg0("redis-server").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Starts a program, and beside it one that kills it if this process ends without doing so.
pub(super) fn spawn_guarded(command: &mut Command) -> Option<(Child, Child)> {
    let child = command.spawn().ok()?;
    let script = format!("read _; kill -9 {}", child.id());
    let guard = Command::new("sh").args(["-c", &script]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    Some((child, guard))
}

pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn program() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(PROGRAM) {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH")?;
    NAMES
        .iter()
        .find_map(|name| std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file()))
}
