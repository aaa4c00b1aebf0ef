//! The served emulator, spoken to in raw bytes and by curl.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::raw::{Reply, Wire};
use crate::support::*;
use line_channel_token_core::{HttpBackend, SystemClock};
use line_channel_token_emulator::{EmulatedChannel, Emulator, EmulatorServer, MAX_REQUEST_BODY};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

const LOOPBACK: &str = "127.0.0.1:0";

async fn serve() -> EmulatorServer {
    emulator().0.serve(LOOPBACK.parse().unwrap()).await.unwrap()
}

fn form_request(path: &str, form: &str) -> String {
    let length = form.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\n\r\n{form}"
    )
}

fn credentials() -> String {
    format!("client_secret={}&client_id={CHANNEL}&grant_type=client_credentials", percent(SECRET))
}

#[tokio::test]
async fn one_connection_carries_every_operation() {
    let server = serve().await;
    let mut wire = Wire::connect(&server).await;
    let read = |reply: &Reply| (reply.status, reply.body.clone());

    let issued = wire.ask(form_request("/v2/oauth/accessToken", &credentials())).await;
    assert_eq!(issued.header("content-type"), "application/json");
    assert_eq!(issued.header("x-line-request-id").len(), 36);
    let short_lived = percent(&token(&read(&issued)));
    let form = format!("access_token={short_lived}");
    assert_eq!(wire.ask(form_request("/v2/oauth/verify", &form)).await.status, 200);
    let revoked = wire.ask(form_request("/v2/oauth/revoke", &form)).await;
    assert_eq!((revoked.status, &*revoked.body, revoked.find("content-type")), (200, "", None));
    assert_eq!(wire.ask(form_request("/v2/oauth/verify", &form)).await.status, 400);

    assert_eq!(wire.ask(form_request("//oauth2/v3/token", &credentials())).await.status, 200);
    let by_assertion = with_assertion(&assertion());
    let form = format!("{by_assertion}&note=a+b%20c&grant_type=client_credentials");
    assert_eq!(wire.ask(form_request("/oauth2/v3/token", &form)).await.status, 200);
    let issued = wire.ask(form_request("/oauth2/v2.1/token", &form)).await;
    let jwt = token(&read(&issued));
    let verify = format!("GET /oauth2/v2.1/verify?access_token={jwt} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(wire.ask(&verify).await.status, 200);
    let kids = format!("GET /oauth2/v2.1/tokens/kid?{by_assertion} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(member(&read(&wire.ask(&kids).await), "kids").as_array().unwrap().len(), 1);
    let form = format!("access_token={jwt}&client_id={CHANNEL}&client_secret={}", percent(SECRET));
    assert_eq!(wire.ask(form_request("/oauth2/v2.1/revoke", &form)).await.status, 200);
    let revoked = wire.ask(&verify).await;
    assert_eq!(revoked.body, r#"{"error":"invalid_request","error_description":"The access token revoked"}"#);
}

#[tokio::test]
async fn access_tokens_work_over_tcp() {
    let server = serve().await;
    let mut wire = Wire::connect(&server).await;
    let issued = wire.ask(form_request("/oauth2/v3/token", &credentials())).await;
    let token = token(&(issued.status, issued.body));
    for (token, status) in [(&*token, 200), ("dead", 401)] {
        let info = format!("GET /v2/bot/info HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
        assert_eq!(wire.ask(info).await.status, status);
        let body = r#"{"to":"U1","messages":[{"type":"text","text":"hi"}]}"#;
        let push = format!(
            "POST /v2/bot/message/push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
             X-Line-Retry-Key: k\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let pushed = wire.ask(push).await;
        assert_eq!((pushed.status, pushed.header("x-line-request-id").len()), (status, 36));
        assert_eq!(pushed.body.starts_with(r#"{"sentMessages":[{"id":""#), status == 200, "{}", pushed.body);
    }
}

#[tokio::test]
async fn plus_and_percent_20_are_spaces() {
    let server = serve().await;
    let mut wire = Wire::connect(&server).await;
    for space in ["+", "%20", "%2B"] {
        let form = format!("access_token=ab{space}c");
        let reply = wire.ask(form_request("/v2/oauth/verify", &form)).await;
        let says = if space == "%2B" { "access_token invalid" } else { "access_token in invalid format" };
        assert!(reply.body.contains(says), "{space}: {}", reply.body);
    }
}

#[tokio::test]
async fn chunked_absolute_and_pipelined_requests_work() {
    let server = serve().await;
    let mut wire = Wire::connect(&server).await;
    let form = credentials();
    let (first, second) = form.split_at(20);
    let chunked = format!(
        "POST http://api.line.me/oauth2/v3/token HTTP/1.1\r\nHost: api.line.me\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len()
    );
    assert_eq!(wire.ask(chunked).await.status, 200);
    let two = form_request("/oauth2/v3/token", &form) + &form_request("/nowhere", "");
    assert_eq!(wire.ask(two).await.status, 200);
    assert_eq!(wire.reply(false).await.status, 404);
}

#[tokio::test]
async fn bad_requests_keep_the_connection() {
    let server = serve().await;
    let mut wire = Wire::connect(&server).await;
    let reply = wire.ask("GET /oauth2/v3/token HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!((reply.status, reply.header("allow")), (405, "POST"));
    let reply = wire.ask("DELETE /oauth2/v2.1/verify HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!((reply.status, reply.header("allow")), (405, "GET, HEAD"));
    let reply = wire.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!((reply.status, reply.header("x-line-request-id").len()), (404, 36));
    let json =
        "POST /oauth2/v3/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    assert_eq!(wire.ask(json).await.status, 415);
    let retry = form_request("/oauth2/v3/token", &credentials()).replacen("Host:", "X-Line-Retry-Key: k\r\nHost:", 1);
    assert_eq!(wire.ask(retry).await.status, 400);
    wire.send("HEAD /oauth2/v2.1/verify?access_token=x HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let head = wire.reply(true).await;
    assert_eq!(head.status, 400);
    assert!(head.header("content-length").parse::<usize>().unwrap() > 0);
    assert_eq!(wire.ask(form_request("/oauth2/v3/token", &credentials())).await.status, 200, "nothing is left over");
}

#[tokio::test]
async fn too_large_body_gets_413() {
    let server = serve().await;
    for length in [MAX_REQUEST_BODY + 1, MAX_REQUEST_BODY + 900_000] {
        let mut wire = Wire::connect(&server).await;
        let reply = wire.ask(form_request("/oauth2/v3/token", &"a".repeat(length))).await;
        assert_eq!((reply.status, reply.header("connection")), (413, "close"), "{length}");
        assert_eq!(reply.header("x-line-request-id").len(), 36);
        assert!(wire.is_closed().await);
    }
    let mut wire = Wire::connect(&server).await;
    wire.send(
        "POST /oauth2/v3/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 2000001\r\nExpect: 100-continue\r\n\r\n",
    )
    .await;
    assert_eq!(wire.reply(false).await.status, 413, "before the body is sent");
    let mut wire = Wire::connect(&server).await;
    let form = credentials();
    let request = form_request("/oauth2/v3/token", &form).replacen("Host:", "Expect: 100-continue\r\nHost:", 1);
    let (head, body) = request.split_at(request.len() - form.len());
    assert_eq!(
        {
            wire.send(head).await;
            wire.reply(false).await.status
        },
        100
    );
    assert_eq!(wire.ask(body).await.status, 200);
}

#[tokio::test]
async fn too_large_body_is_drained_first() {
    let server = serve().await;
    let mut wire = Wire::connect(&server).await;
    let request = form_request("/oauth2/v3/token", &"a".repeat(MAX_REQUEST_BODY + 200_000));
    let (first, rest) = request.split_at(MAX_REQUEST_BODY + 100_000);
    wire.send(first).await;
    let early = tokio::time::timeout(Duration::from_millis(100), wire.0.readable()).await;
    assert!(early.is_err(), "an response and a close now would break off the client's writing");
    assert_eq!(wire.ask(rest).await.status, 413);
}

#[tokio::test(start_paused = true)]
async fn stalled_clients_are_disconnected() {
    let server = serve().await;
    for (stalled, response) in [
        ("POST /oauth2/v3/token HTTP/1.1\r\nHost:", ""),
        ("POST /oauth2/v3/token HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf", "HTTP/1.1 408 "),
    ] {
        let mut wire = Wire::connect(&server).await;
        let start = tokio::time::Instant::now();
        wire.send(stalled).await;
        let mut received = String::new();
        let read = tokio::time::timeout(Duration::from_secs(300), wire.0.read_to_string(&mut received));
        read.await.expect("an end in time").unwrap();
        assert!(received.starts_with(response), "{received}");
        assert!(start.elapsed() >= Duration::from_secs(30), "it had its time");
        if !response.is_empty() {
            assert!(received.contains("connection: close") && received.contains("x-line-request-id: "), "{received}");
        }
    }
}

#[tokio::test]
async fn a_broken_client_harms_nobody_else() {
    let server = serve().await;
    for garbage in
        ["\0\0\0\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "POST /oauth2/v3/token HTTP/1.1\r\nContent-Length: x\r\n\r\n"]
    {
        let mut wire = Wire::connect(&server).await;
        wire.send(garbage).await;
        let mut response = Vec::new();
        let _ = wire.0.read_to_end(&mut response).await;
        assert!(response.is_empty() || response.starts_with(b"HTTP/1.1 4"), "{garbage:?}");
    }
    let mut gone = Wire::connect(&server).await;
    gone.send("POST /oauth2/v3/token HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhalf").await;
    drop(gone);
    let mut wire = Wire::connect(&server).await;
    assert_eq!(wire.ask(form_request("/oauth2/v3/token", &credentials())).await.status, 200);
}

#[tokio::test]
async fn http_1_0_and_close_are_honoured() {
    let server = serve().await;
    let mut wire = Wire::connect(&server).await;
    assert_eq!(wire.ask("GET / HTTP/1.0\r\n\r\n").await.status, 404);
    assert!(wire.is_closed().await);
    let mut wire = Wire::connect(&server).await;
    assert_eq!(wire.ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.status, 404);
    assert!(wire.is_closed().await);
}

#[tokio::test]
async fn other_than_loopback_is_opt_in() {
    let (emulator, _) = emulator();
    let error = emulator.serve("0.0.0.0:0".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("serve_beyond_loopback"), "{error}");
    let server = emulator.serve_beyond_loopback("0.0.0.0:0".parse().unwrap()).await.unwrap();
    assert_eq!(server.url(), format!("http://127.0.0.1:{}", server.local_addr().port()));
    assert_eq!(server.base_url().to_string(), server.url());
    let mut wire = Wire(TcpStream::connect(("127.0.0.1", server.local_addr().port())).await.unwrap());
    assert_eq!(wire.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.status, 404);
    let taken = emulator.serve(([127, 0, 0, 1], server.local_addr().port()).into()).await;
    assert_eq!(taken.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn shutdown_and_drop_free_the_port() {
    for graceful in [true, false] {
        let server = serve().await;
        let addr: SocketAddr = server.local_addr();
        let mut idle = Wire::connect(&server).await;
        assert_eq!(idle.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.status, 404);
        if graceful {
            server.shutdown().await
        } else {
            drop(server)
        }
        assert!(idle.is_closed().await);
        let rebound = async {
            while emulator().0.serve(addr).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), rebound).await.expect("the port is free");
    }
}

#[tokio::test]
async fn shutdown_waits_for_open_requests() {
    let server = serve().await;
    let mut wire = Wire::connect(&server).await;
    let request =
        form_request("/oauth2/v3/token", &credentials()).replacen("Host:", "Expect: 100-continue\r\nHost:", 1);
    let (head, body) = request.split_at(request.len() - credentials().len());
    wire.send(head).await;
    assert_eq!(wire.reply(false).await.status, 100, "the request is under way");
    let stopping = tokio::spawn(server.shutdown());
    tokio::task::yield_now().await;
    let reply = wire.ask(body).await;
    assert_eq!((reply.status, reply.header("connection")), (200, "close"));
    tokio::time::timeout(Duration::from_secs(4), stopping).await.expect("sooner than the timeout").unwrap();
}

#[tokio::test]
async fn server_shares_the_emulators_tokens() {
    let (emulator, _) = emulator();
    let server = emulator.serve(LOOPBACK.parse().unwrap()).await.unwrap();
    let token = token(&issue_jwt(&emulator, &assertion()));
    let mut wire = Wire::connect(&server).await;
    let verify = format!("GET /oauth2/v2.1/verify?access_token={token} HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(wire.ask(verify).await.status, 200);
    fn is_backend(_: &(impl HttpBackend + Clone)) {}
    is_backend(&emulator);
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_can_use_it() {
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        // Not eprintln!, whose output the test harness keeps to itself if a test passes.
        writeln!(std::io::stderr(), "SKIPPED curl_can_use_it: there is no curl here").unwrap();
        return;
    }
    let channel = EmulatedChannel::new(CHANNEL, SECRET).unwrap();
    let emulator = Emulator::builder().channel(channel).clock(Arc::new(SystemClock)).build().unwrap();
    let server = emulator.serve(LOOPBACK.parse().unwrap()).await.unwrap();
    let curl = |path: &str, arguments: &[&str]| {
        let url = format!("{}{path}", server.url());
        let arguments = ["-sS", "--noproxy", "*", "-w", "\n%{http_code}"].into_iter().chain(arguments.iter().copied());
        let output = Command::new("curl").args(arguments).arg(url).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let (body, status) = text.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), body.to_owned())
    };
    let id = format!("client_id={CHANNEL}");
    let secret = format!("client_secret={SECRET}");
    let credentials = ["-d", "grant_type=client_credentials", "--data-urlencode", &id, "--data-urlencode", &secret];
    let token = format!("access_token={}", token(&curl("/v2/oauth/accessToken", &credentials)));
    let verified = curl("/v2/oauth/verify", &["--data-urlencode", &token]);
    assert_eq!(member(&verified, "client_id"), CHANNEL);
    refused(&curl("/v2/oauth/revoke", &["--data-urlencode", &token]), 200, "");
    assert_eq!(curl("/v2/oauth/verify", &["--data-urlencode", &token]).0, 400);
    assert_eq!(member(&curl("/oauth2/v3/token", &credentials), "expires_in"), 900);
    assert_eq!(curl("/oauth2/v3/token", &[]).0, 405);
    let large = std::env::temp_dir().join(format!("too-large-{}", std::process::id()));
    std::fs::write(&large, "a".repeat(MAX_REQUEST_BODY + 1)).unwrap();
    assert_eq!(curl("/oauth2/v3/token", &["-d", &format!("@{}", large.display())]).0, 413);
    std::fs::remove_file(large).unwrap();
}
