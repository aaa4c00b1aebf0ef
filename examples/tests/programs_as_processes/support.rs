//! Running the examples as a user does: as processes.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) const CHANNEL_ID: &str = "1234567890";
pub(crate) const CHANNEL_SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const KID: &str = "6b2f-test";

/// An example as it was built last, without any variable in its environment that it would read.
pub(crate) fn example(name: &str) -> Command {
    let test = std::env::current_exe().expect("a test knows its own path");
    let target = test.parent().and_then(Path::parent).expect("tests are in target/PROFILE/deps");
    let mut command = Command::new(target.join("examples").join(name));
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy().to_ascii_uppercase();
        if name.starts_with("LINE_") || name.ends_with("_PROXY") || name == "LISTEN" {
            command.env_remove(variable);
        }
    }
    command
}

pub(crate) fn run(command: &mut Command) -> (bool, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("cargo has built the example");
    let text = |bytes| String::from_utf8(bytes).expect("examples print UTF-8");
    (status.success(), text(stdout), text(stderr))
}

/// A new directory below the target directory.
pub(crate) fn directory() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let nth = COUNT.fetch_add(1, Ordering::Relaxed);
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{nth}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("the target directory can be written to");
    directory
}

/// A key pair made by `generate_key`: the files of the private key and of the public JWK.
pub(crate) fn key_pair(directory: &Path) -> (PathBuf, PathBuf) {
    let (private, public) = (directory.join("key.pem"), directory.join("public.jwk"));
    let (ok, stdout, stderr) = run(example("generate_key").arg("--out").arg(&private));
    assert!(ok, "{stderr}");
    std::fs::write(&public, stdout).expect("the directory was just made");
    (private, public)
}

/// The first line that a process prints, and nothing of what follows.
pub(crate) fn read_line(stdout: &mut ChildStdout) -> String {
    let mut line = String::new();
    BufReader::with_capacity(1, stdout).read_line(&mut line).expect("examples print UTF-8");
    line
}

/// `emulator_server` on a port of the system's choosing.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start(public_jwk: &Path) -> Self {
        let mut command = example("emulator_server");
        command.args(["--listen", "127.0.0.1:0", "--channel", CHANNEL_ID, "--secret", CHANNEL_SECRET]);
        command.args(["--kid", KID, "--jwk"]).arg(public_jwk).args(["--channel", "2345678901", "--secret", "other"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("cargo has built it");
        let line = read_line(child.stdout.as_mut().expect("it is piped"));
        let url = line.trim().strip_prefix("listening on ").expect("it says where it listens").to_owned();
        Self { child, url }
    }

    /// Presses Ctrl-C; returns whether it ended well, and what it logged.
    pub(crate) fn interrupt(mut self) -> (bool, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill is everywhere").success());
        let status = self.child.wait().expect("it was started");
        let mut log = String::new();
        self.child.stderr.take().expect("it is piped").read_to_string(&mut log).expect("it logs UTF-8");
        (status.success(), log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
