//! An emulator as a process, and requests by hand, so that a test sends what no client would.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

/// Longer than anything takes here, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A command that does not see the variables of whoever runs the tests.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_line-channel-token"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().to_ascii_uppercase().starts_with("LINE_") {
            command.env_remove(name);
        }
    }
    command.arg("emulator").args(arguments);
    command
}

/// Runs it to its end.
pub(crate) fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

/// What was written to standard error, and the exit code.
pub(crate) fn failed(command: &mut Command) -> (String, Option<i32>) {
    let output = output(command);
    (String::from_utf8(output.stderr).unwrap(), output.status.code())
}

/// A directory of the test's own.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("line-emulator-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file, and returns its path as text.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        std::fs::write(self.path(name), content).unwrap();
        self.text(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An emulator that runs; it is killed at the end of the test.
pub(crate) struct Emulator {
    pub(crate) child: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) ready: String,
    pub(crate) port: u16,
}

impl Emulator {
    /// On a free port, with a channel whose id and secret are known.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = command(&[&["--port", "0"], arguments].concat());
        command.env("LINE_EMULATOR_SECRET_1234567890", "s3cret");
        Self::spawn(&mut command)
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        stdout.read_line(&mut ready).unwrap();
        let port = ready.split("127.0.0.1:").nth(1).and_then(|rest| rest.split(['"', '\n']).next()?.parse().ok());
        Self { child, stdout, port: port.unwrap_or_else(|| panic!("it is not ready: {ready}")), ready }
    }

    /// Sends a signal by its name.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// The exit code, and what else it wrote to standard output.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }

    /// The same, if it ends in this time.
    pub(crate) fn end_within(self, limit: Duration) -> Option<Option<i32>> {
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || sender.send(self.end().0));
        receiver.recv_timeout(limit).ok()
    }

    pub(crate) fn raw(&self, request: &str) -> Response {
        raw(self.port, request.as_bytes())
    }

    /// A request as curl would send it.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Response {
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let port = self.port;
        self.raw(&format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{length}{headers}Connection: close\r\n\r\n{body}"
        ))
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.send("GET", path, &[], "")
    }

    /// A request to the control API with a JSON body.
    pub(crate) fn json(&self, method: &str, path: &str, body: &str) -> Response {
        self.send(method, path, &["Content-Type: application/json"], body)
    }

    /// A form, as a client of LINE sends it.
    pub(crate) fn form(&self, path: &str, body: &str) -> Response {
        self.send("POST", path, &["Content-Type: application/x-www-form-urlencoded"], body)
    }

    pub(crate) fn issue(&self, id: &str, secret: &str) -> Response {
        self.form(
            "/v2/oauth/accessToken",
            &format!("grant_type=client_credentials&client_id={id}&client_secret={secret}"),
        )
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A response that has ended.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The message of an error of the control API.
    pub(crate) fn message(&self) -> String {
        self.value()["error"]["message"].as_str().unwrap_or_else(|| panic!("no error: {self:?}")).to_owned()
    }
}

/// Sends these bytes and reads until the server closes.
pub(crate) fn raw(port: u16, request: &[u8]) -> Response {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request).unwrap();
    let mut bytes = Vec::new();
    // A server that refuses a large body may reset the connection behind its response.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Response { status, head: head.to_owned(), body: body.to_owned() }
}

/// The mode of a file that others must not read.
#[cfg(unix)]
pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}
