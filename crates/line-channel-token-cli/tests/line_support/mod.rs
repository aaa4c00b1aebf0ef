//! The built binary, against an emulator in this process.
#![allow(dead_code, clippy::panic, reason = "each test program uses a part, and fails by panicking")]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use line_channel_token::emulator::{EmulatedChannel, Emulator, EmulatorBuilder, EmulatorServer};
use line_channel_token::{ChannelId, SigningKey};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const ID: &str = "1234567890";
pub(crate) const SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
pub(crate) const KID: &str = "6b2f34a4-9a0b-4d0e-8f0e-5b5f6f0c2d11";

/// The key whose public half is registered, and another one.
pub(crate) static KEYS: LazyLock<[SigningKey; 2]> =
    LazyLock::new(|| [SigningKey::generate_rsa().unwrap(), SigningKey::generate_rsa().unwrap()]);

/// LINE, with one channel.
pub(crate) struct Line {
    pub(crate) emulator: Emulator,
    pub(crate) url: String,
    pub(crate) folder: TempDir,
    server: EmulatorServer,
}

impl Line {
    pub(crate) async fn start() -> Self {
        Self::start_with(|builder| builder).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Self {
        let channel = EmulatedChannel::new(ID, SECRET).unwrap();
        let channel = channel.with_key(KID, KEYS[0].public_jwk().to_json()).unwrap();
        let emulator = change(Emulator::builder().channel(channel)).build().unwrap();
        let server = emulator.serve(([127, 0, 0, 1], 0).into()).await.unwrap();
        Self { emulator, url: server.url(), folder: TempDir::new().unwrap(), server }
    }

    /// A file that only its owner may read.
    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        path
    }

    pub(crate) fn key_file(&self, at: usize) -> PathBuf {
        self.file(&format!("key{at}.pem"), KEYS[at].to_pkcs8_pem().unwrap().expose_secret())
    }

    /// The binary with the address of this LINE and nothing else.
    pub(crate) fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        command.env("LINE_API_BASE_URL", &self.url).env("XDG_STATE_HOME", self.folder.path().join("state"));
        command
    }

    /// With the channel and its secret.
    pub(crate) fn with_secret(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command.env("LINE_CHANNEL_ID", ID).env("LINE_CHANNEL_SECRET", SECRET);
        command
    }

    /// With the channel and its key, and without the secret.
    pub(crate) fn with_key(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command.env("LINE_CHANNEL_ID", ID).env("LINE_ASSERTION_KEY_FILE", self.key_file(0));
        command.env("LINE_ASSERTION_KID", KID);
        command
    }

    /// With the channel, its secret and its key.
    pub(crate) fn with_both(&self, arguments: &[&str]) -> Command {
        let mut command = self.with_key(arguments);
        command.env("LINE_CHANNEL_SECRET", SECRET);
        command
    }

    /// Whether the Messaging API takes the token.
    pub(crate) fn accepts(&self, token: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        self.emulator.check_bearer(&headers).is_ok()
    }

    /// How many live tokens of a family there are.
    pub(crate) fn live(&self, family: line_channel_token::emulator::TokenFamily) -> usize {
        self.emulator.live_tokens(&ChannelId::new(ID).unwrap(), family)
    }
}

/// The binary, with none of the variables that it knows.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_line-channel-token"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_ascii_uppercase();
        if text.starts_with("LINE_")
            || text.ends_with("_PROXY")
            || text.starts_with("SSL_CERT")
            || text == "REQUEST_METHOD"
        {
            command.env_remove(name);
        }
    }
    // Never that of whoever runs the tests.
    command.env("XDG_STATE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/state"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// 128 + n for a signal, as shells have it.
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The object `error` of standard error.
    pub(crate) fn error(&self) -> Value {
        let value: Value = serde_json::from_str(&self.err).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        value["error"].clone()
    }
}

pub(crate) fn run(command: &mut Command) -> Ran {
    ran(command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap())
}

pub(crate) fn run_with_input(command: &mut Command, input: &str) -> Ran {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It may end without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    ran(child.wait_with_output().unwrap())
}

pub(crate) fn ran(output: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&output.status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let code = output.status.code().or(signal.map(|signal| 128 + signal)).unwrap();
    Ran { code, out: text(output.stdout), err: text(output.stderr) }
}
