//! The emulator under load: `serve DIRECTORY` is a server and scripts for `wrk`, `memory` prints how much memory 200,000 requests of each kind leave in use.
//!
//! ```sh
//! cargo run --release -p line-channel-token-emulator --example load -- serve /tmp
//! wrk -t1 -c32 -d10 -s /tmp/stateless_by_secret.lua http://127.0.0.1:8787
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement may panic")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use line_channel_token_core::{ChannelId, Clock, SystemClock};
use line_channel_token_emulator::{EmulatedChannel, Emulator, Fault, RateLimits};
use support::*;

const REQUESTS: usize = 200_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", directory] => serve(Path::new(directory)),
        ["memory"] => memory(),
        _ => eprintln!("usage: load serve DIRECTORY | load memory"),
    }
}

fn emulator() -> Emulator {
    let channel = EmulatedChannel::new(CHANNEL, SECRET).unwrap().with_key(KID, rsa_jwk(&RSA)).unwrap();
    Emulator::builder().channel(channel).rate_limits(RateLimits::off()).build().unwrap()
}

fn stateless_form() -> String {
    format!("grant_type=client_credentials&client_id={CHANNEL}&client_secret={}", percent(SECRET))
}

fn assertion_form() -> String {
    let mut claims = claims(CHANNEL, SystemClock.now().unix.as_secs());
    claims["exp"] = (SystemClock.now().unix.as_secs() + 1700).into();
    let assertion = sign_text(&RSA, &header(KID), &serde_json::Value::Object(claims).to_string());
    format!("grant_type=client_credentials&{}", with_assertion(&assertion))
}

fn serve(directory: &Path) {
    for (name, form) in [("stateless_by_secret", stateless_form()), ("stateless_by_assertion", assertion_form())] {
        let script = format!(
            "wrk.method = 'POST'\nwrk.path = '/oauth2/v3/token'\nwrk.body = '{form}'\n\
             wrk.headers['Content-Type'] = '{FORM}'\n\
             function done(summary, latency)\n  io.write('errors: ', summary.errors.status, '\\n')\nend\n"
        );
        std::fs::write(directory.join(format!("{name}.lua")), script).unwrap();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = emulator().serve(([127, 0, 0, 1], 8787).into()).await.unwrap();
        println!("{}", server.url());
        std::future::pending::<()>().await;
    });
}

/// The resident memory of this process in KiB, on Linux.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

fn memory() {
    let emulator = emulator();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(emulator.serve(([127, 0, 0, 1], 0).into())).unwrap();
    let address = server.local_addr();
    let stateless = request("/oauth2/v3/token", &stateless_form());
    let short_lived = request("/v2/oauth/accessToken", &stateless_form());
    let refused = request("/v2/oauth/verify", "access_token=unknown%2B%2F");
    let nowhere = request("/nowhere", "");
    let id = ChannelId::new(CHANNEL).unwrap();
    report("stateless tokens by secret", || repeat(address, &stateless));
    report("short-lived tokens, each of which ends another", || repeat(address, &short_lived));
    report("refused verifications", || repeat(address, &refused));
    report("paths that do not exist", || repeat(address, &nowhere));
    report("v2.1 tokens in the process, each revoked", || {
        let issue = assertion_form();
        for _ in 0..REQUESTS / 10 {
            assert_eq!(post(&emulator, "/oauth2/v2.1/token", &issue).0, 200);
            emulator.revoke_all(&id);
        }
    });
    report("faults", || {
        emulator.inject(Fault::status(503).unwrap().times(REQUESTS as u64 + 1));
        repeat(address, &stateless);
        emulator.clear_faults();
    });
    report("a connection for each of 20,000 requests", || {
        for _ in 0..REQUESTS / 10 {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(stateless.replacen("Host: x", "Host: x\r\nConnection: close", 1).as_bytes()).unwrap();
            stream.read_to_end(&mut Vec::new()).unwrap();
        }
    });
}

fn report(what: &str, run: impl Fn()) {
    let before = resident();
    run();
    let half = resident();
    run();
    println!("{what}: {before} KiB, {half} KiB after one run, {} KiB after another", resident());
}

fn request(path: &str, form: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {}\r\n\r\n{form}", form.len())
}

/// Sends a request again and again over one connection, a few at a time.
fn repeat(address: SocketAddr, request: &str) {
    const AT_ONCE: usize = 20;
    let mut stream = TcpStream::connect(address).unwrap();
    let mut responses = BufReader::new(stream.try_clone().unwrap());
    let requests = request.repeat(AT_ONCE);
    for _ in 0..REQUESTS / AT_ONCE {
        stream.write_all(requests.as_bytes()).unwrap();
        for _ in 0..AT_ONCE {
            let mut length = 0;
            loop {
                let mut line = String::new();
                responses.read_line(&mut line).unwrap();
                if let Some(value) = line.strip_prefix("content-length: ") {
                    length = value.trim().parse().unwrap();
                }
                if line == "\r\n" {
                    break;
                }
            }
            responses.read_exact(&mut vec![0; length]).unwrap();
        }
    }
}
