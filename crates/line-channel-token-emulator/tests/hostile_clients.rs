//! Many clients at a time that mean harm, and one that only wants its token.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

#[path = "support/wire.rs"]
mod raw;
mod support;

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::SystemClock;
use line_channel_token_emulator::{EmulatedChannel, Emulator, RateLimits};
use raw::Wire;
use support::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// For what must happen, on a machine that is busy.
const LONG: Duration = Duration::from_secs(60);

/// Runs one of the ignored tests of this file in a process that may have so many files open.
fn run_with_files(files: usize, test: &str) -> Command {
    let mut command = Command::new("sh");
    let script = format!("ulimit -n {files} 2>/dev/null; exec \"$0\" --ignored --exact {test} --nocapture");
    command.arg("-c").arg(script).arg(std::env::current_exe().unwrap());
    command
}

fn may_open() -> usize {
    let output = Command::new("sh").args(["-c", "ulimit -n"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap_or(usize::MAX)
}

fn emulator() -> Emulator {
    let channel = EmulatedChannel::new(CHANNEL, SECRET).unwrap();
    let builder = Emulator::builder().channel(channel).rate_limits(RateLimits::off()).clock(Arc::new(SystemClock));
    builder.build().unwrap()
}

fn token_request() -> String {
    let form = format!("grant_type=client_credentials&client_id={CHANNEL}&client_secret={}", percent(SECRET));
    format!(
        "POST /oauth2/v3/token HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
}

/// Who only wants a token, over a connection of its own.
async fn gets_its_token(address: SocketAddr, when: &str) {
    let ask = async {
        let mut wire = Wire(TcpStream::connect(address).await.unwrap());
        wire.ask(token_request()).await.status
    };
    let status = timeout(LONG, ask).await.unwrap_or_else(|_| panic!("no token in time, {when}"));
    assert_eq!(status, 200, "{when}");
}

#[test]
fn an_honest_client_is_served_under_attack() {
    let status = run_with_files(11_000, "under_attack").status().unwrap();
    assert!(status.success(), "{status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "an_honest_client_is_served_under_attack runs it"]
async fn under_attack() {
    let server = emulator().serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = server.local_addr();
    // Both ends of each connection are in this process, and 1,000 files are for the others.
    let idle = 5_000.min(may_open().saturating_sub(1_000) / 2);
    writeln!(std::io::stderr(), "{idle} idle connections").unwrap();
    let mut held = Vec::new();
    for number in 0..idle {
        let mut stream = TcpStream::connect(address).await.unwrap();
        if number % 2 == 0 {
            // Half of them were used once.
            stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        }
        held.push(stream);
    }
    gets_its_token(address, "beside idle connections").await;

    let mut attacks = JoinSet::new();
    for _ in 0..200 {
        attacks.spawn(slow_head(address));
    }
    for kind in 0..4 {
        attacks.spawn(large_bodies(address, kind % 2 == 0));
        attacks.spawn(header_flood(address));
        attacks.spawn(reads_nothing(address));
        attacks.spawn(goes_at_once(address));
        attacks.spawn(garbage(address));
    }
    for number in 0..20 {
        gets_its_token(address, "under attack").await;
        half_closes(address).await;
        if number % 10 == 0 {
            sleep(Duration::from_millis(50)).await;
        }
    }
    attacks.shutdown().await;
    drop(held);
    gets_its_token(address, "afterwards").await;
}

async fn slow_head(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    for byte in token_request().bytes() {
        if stream.write_all(&[byte]).await.is_err() {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

async fn large_bodies(address: SocketAddr, chunked: bool) {
    let length = if chunked { "Transfer-Encoding: chunked" } else { "Content-Length: 10000000" };
    let head = format!("POST /oauth2/v3/token HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\n{length}\r\n\r\n");
    let body = if chunked { format!("{:x}\r\n{}\r\n", 100_000, "a".repeat(100_000)) } else { "a".repeat(100_000) };
    loop {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(head.as_bytes()).await;
        for _ in 0..100 {
            if stream.write_all(body.as_bytes()).await.is_err() {
                break;
            }
        }
    }
}

async fn header_flood(address: SocketAddr) {
    loop {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").await;
        let headers = "X-Flood: 0123456789\r\n".repeat(1000);
        while stream.write_all(headers.as_bytes()).await.is_ok() {}
    }
}

async fn reads_nothing(address: SocketAddr) {
    let requests = token_request().repeat(100);
    let mut stream = TcpStream::connect(address).await.unwrap();
    while stream.write_all(requests.as_bytes()).await.is_ok() {}
}

async fn goes_at_once(address: SocketAddr) {
    loop {
        let stream = TcpStream::connect(address).await.unwrap();
        // A reset, which may arrive before the connection is accepted.
        stream.set_zero_linger().unwrap();
        drop(stream);
        tokio::task::yield_now().await;
    }
}

async fn garbage(address: SocketAddr) {
    loop {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 no HTTP at all \r\n\r\n").await;
        let _ = stream.read(&mut [0; 100]).await;
    }
}

/// Nobody's fault: it sends its request, closes its side, and reads the response.
async fn half_closes(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(token_request().as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut received = String::new();
    timeout(LONG, stream.read_to_string(&mut received)).await.expect("a response in time").unwrap();
    assert!(received.starts_with("HTTP/1.1 200 ") && received.ends_with('}'), "{received}");
}

/// The server in a process of its own, which ends with this value.
struct Served {
    child: Child,
    /// Open until the process ends, which writes to it.
    _output: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Served {
    fn start(files: usize) -> Self {
        let mut command = run_with_files(files, "serve_until_the_input_ends");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let lines = output.by_ref().lines();
        let address = lines.map(Result::unwrap).find_map(|line| line.strip_prefix("ADDRESS ")?.parse().ok()).unwrap();
        Self { child, address, _output: output }
    }

    /// In ticks of a hundredth of a second, as Linux has them.
    #[cfg(target_os = "linux")]
    fn cpu_ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "a_server_without_file_descriptors_goes_on runs it"]
fn serve_until_the_input_ends() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = emulator().serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
        println!("\nADDRESS {}", server.local_addr());
        tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await.unwrap().unwrap();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_file_descriptors_goes_on() {
    let served = Served::start(64);
    let mut held = Vec::new();
    for round in 0..3 {
        for _ in 0..100 {
            held.push(TcpStream::connect(served.address).await.unwrap());
        }
        gets_its_token(served.address, &format!("with {} idle connections and 64 files", held.len())).await;
        if round == 1 {
            for stream in &mut held {
                // The beginning of a head, which never ends.
                let _ = stream.write_all(b"GET / HTTP/1.1\r\nX-").await;
            }
        }
    }
    #[cfg(target_os = "linux")]
    {
        let before = served.cpu_ticks();
        sleep(Duration::from_secs(1)).await;
        let used = served.cpu_ticks() - before;
        assert!(used < 50, "{used} of 100 ticks were used in a second in which nothing happened");
    }
    drop(held);
    gets_its_token(served.address, "afterwards").await;
}
