//! The load of `wrk`, and what came of it.

use std::process::Command;

use crate::run::{root, utf8};

/// Connections, all of one thread: the server has the rest of the machine.
const CONNECTIONS: &str = "16";

/// One form for one address.
pub(super) struct Load {
    name: &'static str,
    url: String,
    form: String,
}

/// Responses with a status below 400, and how many of them a second.
#[derive(Debug, PartialEq)]
pub(super) struct Count {
    pub(super) requests: u64,
    pub(super) rate: f64,
}

impl Load {
    pub(super) fn new(name: &'static str, url: &str, form: &str) -> Self {
        Self { name, url: url.to_owned(), form: form.to_owned() }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// An error if one request does not get a token: a server that refuses is fast.
    pub(super) fn responds_with_a_token(&self) -> Result<(), String> {
        let mut command = Command::new("curl");
        command.args(["--silent", "--fail", "--max-time", "10", "--data", &self.form, &self.url]);
        let output = command.output().map_err(|error| format!("curl: {error}"))?;
        let body = String::from_utf8_lossy(&output.stdout);
        let has_token = body.contains("\"access_token\":\"");
        if output.status.success() && has_token { Ok(()) } else { Err(format!("{}: no token: {body}", self.name)) }
    }

    /// Requests for so many seconds. An error if one of them failed.
    pub(super) fn run(&self, seconds: u32) -> Result<Count, String> {
        let script = root().join("xtask/bench-emulator/post.lua");
        let mut command = Command::new("wrk");
        command.args(["--threads", "1", "--connections", CONNECTIONS, "--duration", &format!("{seconds}s")]);
        command.args(["--script", utf8(&script)?, &self.url]).env("FORM", &self.form);
        let output = command.output().map_err(|error| format!("wrk: {error}"))?;
        successes(&String::from_utf8_lossy(&output.stdout)).map_err(|error| format!("{}: {error}", self.name))
    }
}

/// What `wrk` printed, if all requests succeeded.
fn successes(printed: &str) -> Result<Count, String> {
    let failures = ["Non-2xx or 3xx responses:", "Socket errors:"];
    if let Some(line) = printed.lines().find(|line| failures.iter().any(|failure| line.contains(failure))) {
        return Err(format!("not all requests succeeded: {}", line.trim()));
    }
    let requests = printed.lines().find_map(|line| line.trim().split_once(" requests in ")?.0.parse().ok());
    let rate = printed.lines().find_map(|line| line.strip_prefix("Requests/sec:")?.trim().parse().ok());
    requests
        .zip(rate)
        .map(|(requests, rate)| Count { requests, rate })
        .ok_or_else(|| format!("wrk printed:\n{printed}"))
}

#[cfg(test)]
mod tests {
    use super::{Count, successes};

    const PRINTED: &str =
        "  1 threads and 16 connections\n  20549 requests in 4.03s, 6.59MB read\nRequests/sec:   5099.73\n";

    #[test]
    fn successes_alone_count() {
        assert_eq!(successes(PRINTED).unwrap(), Count { requests: 20_549, rate: 5_099.73 });
        for line in ["  Non-2xx or 3xx responses: 1\n", "  Socket errors: connect 0, read 1, write 0, timeout 0\n"] {
            assert!(successes(&PRINTED.replace("Requests/sec", &format!("{line}Requests/sec"))).is_err());
        }
        assert!(successes("unable to connect").is_err());
    }
}
