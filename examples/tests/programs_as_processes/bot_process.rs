//! The bot as a process, and a LINE for it: the emulator behind a gate that a test opens.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use line_channel_token::ChannelId;
use line_channel_token::emulator::{EmulatedChannel, Emulator, EmulatorServer, TokenFamily};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::support::{CHANNEL_ID, CHANNEL_SECRET, KID, example, read_line};

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(30);

/// A text message of a user, as LINE posts it. Each text is an event of its own.
pub(crate) fn text_event(text: &str) -> String {
    format!(
        r#"{{"destination":"U0","events":[{{"type":"message","mode":"active","timestamp":1767225600000,
        "webhookEventId":"event {text}","deliveryContext":{{"isRedelivery":false}},"replyToken":"r",
        "source":{{"type":"user","userId":"U1"}},
        "message":{{"id":"1","type":"text","quoteToken":"q","text":"{text}"}}}}]}}"#
    )
}

/// The signature of a webhook with this body.
pub(crate) fn signed(body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, CHANNEL_SECRET.as_bytes());
    STANDARD.encode(hmac::sign(&key, body.as_bytes()))
}

#[derive(Clone, Copy, PartialEq)]
enum Gate {
    /// Connections wait.
    NotYet,
    Open,
    /// Connections end.
    Closed,
}

/// The emulator, behind a gate.
pub(crate) struct Line {
    url: String,
    emulator: Emulator,
    seen: Arc<(Mutex<Vec<String>>, Condvar)>,
    gate: watch::Sender<Gate>,
    _server: EmulatorServer,
    _runtime: Runtime,
}

impl Line {
    /// With the gate closed.
    pub(crate) fn start(public_jwk: Option<&Path>) -> Self {
        let mut channel = EmulatedChannel::new(CHANNEL_ID, CHANNEL_SECRET).unwrap();
        if let Some(file) = public_jwk {
            channel = channel.with_key(KID, std::fs::read_to_string(file).unwrap()).unwrap();
        }
        let seen: Arc<(Mutex<Vec<String>>, Condvar)> = Arc::default();
        let sink = Arc::clone(&seen);
        let emulator = Emulator::builder().channel(channel).on_request(move |record| {
            sink.0.lock().unwrap().push(format!("{} {} {}", record.method, record.path, record.status.as_u16()));
            sink.1.notify_all();
        });
        let emulator = emulator.build().unwrap();

        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(emulator.serve(([127, 0, 0, 1], 0).into())).unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (gate, opened) = watch::channel(Gate::NotYet);
        let upstream = server.local_addr();
        runtime.spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut gate = opened.clone();
                tokio::spawn(async move {
                    if !matches!(gate.wait_for(|gate| *gate != Gate::NotYet).await.as_deref(), Ok(Gate::Open)) {
                        return;
                    }
                    let mut server = tokio::net::TcpStream::connect(upstream).await.unwrap();
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                        _ = gate.wait_for(|gate| *gate == Gate::Closed) => {}
                    }
                });
            }
        });
        Self { url, emulator, seen, gate, _server: server, _runtime: runtime }
    }

    pub(crate) fn open(&self) {
        self.gate.send(Gate::Open).unwrap();
    }

    pub(crate) fn close(&self) {
        self.gate.send(Gate::Closed).unwrap();
    }

    /// The next requests that came, in order, such as `POST /v2/bot/message/push 200`.
    pub(crate) fn next(&self, count: usize) -> Vec<String> {
        let (seen, changed) = &*self.seen;
        let (mut seen, timeout) =
            changed.wait_timeout_while(seen.lock().unwrap(), LIMIT, |seen| seen.len() < count).unwrap();
        assert!(!timeout.timed_out(), "{count} requests were expected: {seen:?}");
        seen.drain(..count).collect()
    }

    /// All that came since.
    pub(crate) fn all(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.0.lock().unwrap())
    }

    pub(crate) fn revoke_all(&self) -> usize {
        self.emulator.revoke_all(&ChannelId::new(CHANNEL_ID).unwrap())
    }

    pub(crate) fn live_tokens(&self) -> usize {
        let id = ChannelId::new(CHANNEL_ID).unwrap();
        let families = [TokenFamily::ShortLived, TokenFamily::Jwt];
        families.into_iter().map(|family| self.emulator.live_tokens(&id, family)).sum()
    }
}

/// The example `axum_bot` on a port of the system's choosing.
pub(crate) struct BotProcess {
    child: Child,
    address: String,
    stdout: String,
}

impl BotProcess {
    pub(crate) fn start(line: &Line, variables: &[(&str, &str)]) -> Self {
        let mut command = example("axum_bot");
        command.env("LISTEN", "127.0.0.1:0").env("LINE_API_BASE_URL", &line.url);
        command.env("LINE_CHANNEL_ID", CHANNEL_ID);
        if !variables.iter().any(|(name, _)| *name == "LINE_CHANNEL_SECRET_FILE") {
            command.env("LINE_CHANNEL_SECRET", CHANNEL_SECRET);
        }
        command.envs(variables.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("cargo has built it");
        let stdout = read_line(child.stdout.as_mut().expect("it is piped"));
        let Some(address) = stdout.trim().strip_prefix("listening on http://") else {
            let mut stderr = String::new();
            child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
            panic!("it says where it listens: {stdout}{stderr}");
        };
        Self { child, address: address.to_owned(), stdout }
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.request(&format!("GET {path} HTTP/1.1\r\n"), "")
    }

    /// Posts a webhook, signed as LINE does unless another signature is given; returns the status.
    pub(crate) fn webhook(&self, body: &str, signature: Option<&str>) -> u16 {
        let signature = signature.map_or_else(|| signed(body), str::to_owned);
        self.post(body, &[("x-line-signature", &signature)])
    }

    pub(crate) fn post(&self, body: &str, headers: &[(&str, &str)]) -> u16 {
        let mut head = "POST /webhook HTTP/1.1\r\n".to_owned();
        if !headers.iter().any(|(name, _)| *name == "content-length") {
            head += &format!("content-length: {}\r\n", body.len());
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        self.request(&head, body).0
    }

    fn request(&self, head: &str, body: &str) -> (u16, String) {
        let mut connection = TcpStream::connect(&self.address).unwrap();
        connection.set_read_timeout(Some(LIMIT)).unwrap();
        write!(connection, "{head}host: bot\r\nconnection: close\r\n\r\n{body}").unwrap();
        let mut response = String::new();
        connection.read_to_string(&mut response).unwrap();
        let (head, body) = response.split_once("\r\n\r\n").expect("a response");
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// Asks as a readiness probe does; returns the last body.
    pub(crate) fn wait_until_ready(&self) -> String {
        for _ in 0..1000 {
            let (status, body) = self.get("/health/ready");
            if status == 200 {
                return body;
            }
            std::thread::park_timeout(Duration::from_millis(30));
        }
        panic!("it is not ready: {}", self.get("/health/ready").1);
    }

    /// Sends SIGTERM; returns the exit code, and all that was printed, which holds no secret.
    pub(crate) fn terminate(mut self) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill is everywhere").success());
        let status = self.child.wait().expect("it was started");
        let mut output = std::mem::take(&mut self.stdout);
        self.child.stdout.take().expect("it is piped").read_to_string(&mut output).expect("it prints UTF-8");
        self.child.stderr.take().expect("it is piped").read_to_string(&mut output).expect("it prints UTF-8");
        assert!(!output.contains(CHANNEL_SECRET), "{output}");
        let token = |word: &str| word.starts_with("eyJ") || word.len() > 100;
        assert!(!output.split(|c: char| c.is_whitespace() || c == '"').any(token), "a token is shown: {output}");
        (status.code(), output)
    }
}

impl Drop for BotProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
