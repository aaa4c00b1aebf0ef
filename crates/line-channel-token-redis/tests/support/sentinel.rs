//! A Redis Sentinel of a test's own.

use std::path::PathBuf;
use std::process::Child;

use tempfile::TempDir;

use super::redis_server::{RedisServer, free_port, server_program, spawn_guarded};
use super::resp::{Reply, RespConnection};
use super::wait_until;

/// A Sentinel that watches one master, and fails it over to a replica after two seconds.
pub struct Sentinel {
    directory: TempDir,
    port: u16,
    processes: Option<(Child, Child)>,
}

impl Sentinel {
    /// Watches this server under this name, of which there is a replica; it knows both when this returns.
    pub fn watching(name: &str, master: &RedisServer) -> Self {
        let directory = tempfile::Builder::new().prefix("line-sentinel-").tempdir().unwrap();
        let mut sentinel = Self { directory, port: 0, processes: None };
        for _ in 0..20 {
            sentinel.port = free_port();
            if sentinel.launch(name, master) {
                // Else it asks each server every ten seconds; Redis before 7 does not know this.
                for setting in ["INFO-PERIOD", "PUBLISH-PERIOD"] {
                    sentinel.command(&["SENTINEL", "DEBUG", setting, "200"]);
                }
                wait_until(
                    "Sentinel knows the replica",
                    || matches!(sentinel.command(&["SENTINEL", "REPLICAS", name]), Reply::Array(replicas) if !replicas.is_empty()),
                );
                return sentinel;
            }
        }
        panic!("Sentinel does not start");
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn command(&self, command: &[&str]) -> Reply {
        RespConnection::open(&self.socket()).unwrap().call(command).unwrap()
    }

    /// The port of the server that is the master by its account.
    pub fn master_port(&self, name: &str) -> u16 {
        let reply = self.command(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", name]);
        reply.text().lines().nth(1).unwrap().parse().unwrap()
    }

    /// Makes the replica the master, without waiting until that is done.
    pub fn fail_over(&self, name: &str) {
        // At first the replica may not have told it all that it needs.
        wait_until("a failover begins", || self.command(&["SENTINEL", "FAILOVER", name]).text() == "OK");
    }

    fn launch(&mut self, name: &str, master: &RedisServer) -> bool {
        let config = self.directory.path().join("sentinel.conf");
        let text = format!(
            "bind 127.0.0.1\nport {}\nunixsocket {}\ndir {}\nlogfile {}\nsentinel monitor {name} 127.0.0.1 {} 1\n\
             sentinel down-after-milliseconds {name} 2000\nsentinel failover-timeout {name} 2000\n",
            self.port,
            self.socket().display(),
            self.directory.path().display(),
            self.directory.path().join("log").display(),
            master.port(),
        );
        std::fs::write(&config, text).unwrap();
        let _ = std::fs::remove_file(self.socket());
        self.processes = spawn_guarded(server_program().arg(&config).arg("--sentinel"));
        let mut is_alive = true;
        wait_until("Sentinel responds", || {
            is_alive = self.processes.as_mut().is_some_and(|(server, _)| server.try_wait().unwrap().is_none());
            !is_alive
                || RespConnection::open(&self.socket()).and_then(|mut connection| connection.call(&["PING"])).is_ok()
        });
        is_alive
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("sentinel.sock")
    }

    fn kill(&mut self) {
        if let Some((mut server, mut guard)) = self.processes.take() {
            let _ = guard.kill();
            let _ = guard.wait();
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        self.kill();
    }
}
