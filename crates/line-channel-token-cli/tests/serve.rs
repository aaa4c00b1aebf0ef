//! `serve`, as a process of its own: who gets tokens, and who does not.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod line_support;
mod serve_support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::thread;

use line_channel_token::Operation;
use line_channel_token::emulator::{Fault, TokenFamily};
use line_support::{ID, Line, SECRET, run};
use serve_support::{Server, command, failed};

const KEY: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test(flavor = "multi_thread")]
async fn programs_get_the_same_token_as_json_and_as_text() {
    let line = Line::start().await;
    let server = Server::start(&mut line.with_key(&["serve", "--listen", "127.0.0.1:0", "--family", "jwt"]));
    let json = server.get("/token");
    assert_eq!(
        (json.status, json.header("cache-control"), json.header("content-type")),
        (200, Some("no-store"), Some("application/json"))
    );
    let body = json.json();
    let token = body["access_token"].as_str().unwrap();
    assert!(line.accepts(token));
    assert_eq!((body["channel_id"].as_str(), body["token_family"].as_str()), (Some(ID), Some("jwt")));
    assert!(body["key_id"].is_string() && body["expires_in"].as_u64().unwrap() > 2_591_000, "{body}");
    let text = server.send("GET /token", &["Accept: text/plain"], "");
    assert_eq!((text.status, text.body.as_str()), (200, format!("{token}\n").as_str()));
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(server.get("/token?min_valid=1h").json()["access_token"], body["access_token"]);
    // `token` finds it in the store, and so does the next life.
    assert_eq!(run(&mut line.with_key(&["token", "--family", "jwt"])).out.trim(), token);
    let (code, log) = server.end("TERM");
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains(token), "{log}");
    assert!(line.accepts(token), "nothing was revoked");
    let next = Server::start(&mut line.with_key(&["serve", "--listen", "127.0.0.1:0", "--family", "jwt", "-vvv"]));
    assert_eq!(next.get("/token").json()["access_token"], body["access_token"]);
    assert_eq!(line.live(TokenFamily::Jwt), 1);
    let (_, log) = next.end("INT");
    assert!(!log.contains(token) && !log.contains(SECRET), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_clients_at_once_get_one_token() {
    let line = Line::start().await;
    let server = Server::start(&mut line.with_key(&["serve", "--listen=127.0.0.1:0", "--family=jwt"]));
    // Clients that hang: before their request, in the middle of it, and one that never reads.
    let hanging: Vec<_> =
        ["", "GET /token HT", "POST /token/refused HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{"]
            .map(|start| server.open(start))
            .into_iter()
            .collect();
    let tokens: Vec<String> = thread::scope(|scope| {
        let clients: Vec<_> = (0..50).map(|_| scope.spawn(|| server.get("/token"))).collect();
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .map(|response| {
                assert_eq!(response.status, 200, "{response:?}");
                response.json()["access_token"].as_str().unwrap().to_owned()
            })
            .collect()
    });
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(line.live(TokenFamily::Jwt), 1);
    drop(hanging);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_in_a_browser_get_nothing() {
    let line = Line::start().await;
    let server = Server::start(&mut line.with_secret(&["serve", "--listen", "127.0.0.1:0"]));
    let port = server.port;
    for path in ["/token", "/healthz", "/token/refused", "/nothing"] {
        for host in
            ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "10.0.0.1", "0.0.0.0", "u@localhost", ""]
        {
            let response = server.raw(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
            assert!(matches!(response.status, 400 | 403), "{path} {host:?}: {response:?}");
        }
        for hosts in ["", "Host: localhost\r\nHost: localhost\r\n", "Host: localhost\r\nHost: evil.example\r\n"] {
            let response = server.raw(&format!("GET {path} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n"));
            assert!(matches!(response.status, 400 | 403), "{path} {hosts:?}: {response:?}");
        }
        for header in [
            "Origin: https://evil.example",
            "Origin: null",
            "Origin: http://localhost:3000",
            &format!("Origin: http://127.0.0.1:{port}0"),
            "Sec-Fetch-Site: cross-site",
            "Sec-Fetch-Site: same-site",
            "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Dest: document",
        ] {
            let response = server.send(&format!("GET {path}"), &[header], "");
            assert_eq!(response.status, 403, "{path} {header}");
            assert!(response.header("access-control-allow-origin").is_none() && !response.body.contains("eyJ"));
        }
    }
    let absolute = server.raw("GET http://evil.example/token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_eq!(absolute.status, 403);
    for kind in ["text/plain", "application/x-www-form-urlencoded"] {
        let header = format!("Content-Type: {kind}");
        let simple = server.send("POST /token/refused", &[&header], "{\"access_token\":\"x\"}");
        assert_eq!(simple.status, 415, "{kind}");
    }
    assert_eq!(server.send("OPTIONS /token", &["Access-Control-Request-Method: GET"], "").status, 405);
    assert_eq!(server.get("/token").status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_not_handed_out_again() {
    let line = Line::start().await;
    let server = Server::start(&mut line.with_key(&["serve", "--listen=127.0.0.1:0", "--family=jwt"]));
    let first = server.get("/token").json()["access_token"].clone();
    let refuse = |token: &serde_json::Value| {
        let body = serde_json::json!({ "access_token": token }).to_string();
        server.send("POST /token/refused", &["Content-Type: application/json"], &body)
    };
    assert_eq!(refuse(&"another".into()).json()["was_current"], false);
    assert_eq!(server.get("/token").json()["access_token"], first);
    let refused = refuse(&first);
    assert_eq!((refused.status, &refused.json()["was_current"]), (200, &true.into()));
    let second = server.get("/token").json()["access_token"].clone();
    assert_ne!(second, first);
    assert_eq!(refuse(&first).json()["was_current"], false, "somebody comes late");
    assert_eq!(server.get("/token").json()["access_token"], second);
    let broken = server.send("POST /token/refused", &["Content-Type: application/json"], "{\"s3cret\":1}");
    assert!((400..500).contains(&broken.status) && !broken.body.contains("s3cret"), "{broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_the_response_says_when_to_come_again() {
    let line = Line::start().await;
    line.emulator.inject(Fault::status(503).unwrap().for_operation(Operation::IssueStateless).until_cleared());
    let mut command = line.with_secret(&["serve", "--listen=127.0.0.1:0"]);
    let server = Server::start(&mut command);
    let response = server.get("/token");
    assert_eq!(response.status, 503, "{response:?}");
    assert!(response.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    let error = &response.json()["error"];
    assert!(
        error["message"].is_string() && error["kind"].is_string() && error["retry_after_seconds"].is_u64(),
        "{error}"
    );
    assert_eq!(server.get("/healthz").status, 503);
    line.emulator.clear_faults();
    let (code, log) = server.end("TERM");
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(log.matches("no token was issued").count(), 1, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_its_own_is_asked_for_and_never_shown() {
    let line = Line::start().await;
    let file = line.file("serve-token", &format!("{KEY}\n"));
    let by_file = line.with_secret(&["serve", "--listen=127.0.0.1:0", "--token-file", file.to_str().unwrap(), "-vvv"]);
    let mut by_variable = line.with_secret(&["serve", "--listen=127.0.0.1:0", "-vvv"]);
    by_variable.env("LINE_SERVE_TOKEN", KEY);
    for mut command in [by_file, by_variable] {
        let server = Server::start(&mut command);
        for wrong in [
            "X: y",
            "Authorization: Bearer",
            "Authorization: Bearer 0123456789abcdef0123456789abcdee",
            "Authorization: Basic abc",
        ] {
            let refused = server.send("GET /token", &[wrong], "");
            assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Bearer")), "{wrong}");
            assert!(!refused.body.contains("eyJ"));
        }
        let header = format!("Authorization: Bearer {KEY}");
        assert_eq!(server.send("GET /token", &[&header], "").status, 200);
        let elsewhere = format!("GET /token HTTP/1.1\r\nHost: bots.internal\r\n{header}\r\nConnection: close\r\n\r\n");
        assert_eq!(server.raw(&elsewhere).status, 200, "any host");
        assert_eq!(server.send("GET /token", &[&header, "Origin: https://evil.example"], "").status, 403);
        assert_eq!(server.get("/healthz").status, 200);
        let (_, log) = server.end("TERM");
        assert!(!log.contains(KEY) && !log.contains("eyJ"), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_for_its_owner_and_replaced_only_if_dead() {
    let line = Line::start().await;
    let path = line.folder.path().join("line.sock");
    let listen = format!("--listen=unix:{}", path.display());
    let server = Server::start(&mut line.with_secret(&["serve", &listen]));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let curl = |path: &str| {
        let socket = line.folder.path().join("line.sock");
        let output =
            Command::new("curl").args(["-sS", "--unix-socket", socket.to_str().unwrap(), path]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(curl("http://localhost/token").contains("\"access_token\":\"eyJ"));
    let (text, code) = failed(&mut line.with_secret(&["serve", &listen]));
    assert_eq!(code, Some(2));
    assert!(text.contains("another program listens on"), "{text}");
    assert!(curl("http://localhost/healthz").contains("ok"), "the first goes on");
    server.kill();
    assert!(path.exists(), "as a server leaves it that was killed");
    let next = Server::start(&mut line.with_secret(&["serve", &listen]));
    assert!(curl("http://localhost/token").contains("access_token"));
    assert_eq!(next.end("TERM").0, Some(0));
    assert!(!path.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_loopback_takes_a_token_and_tls() {
    let line = Line::start().await;
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let cert = line.file("cert.pem", &certificate.cert.pem());
    let key = line.file("key.pem", &certificate.signing_key.serialize_pem());
    let token = line.file("serve-token", KEY);
    let [cert, key, token] = [&cert, &key, &token].map(|path| path.to_str().unwrap());
    for arguments in [&[][..], &["--token-file", token], &["--tls-cert", cert, "--tls-key", key]] {
        let arguments = [&["serve", "--listen", "0.0.0.0:0"], arguments].concat();
        let (text, code) = failed(&mut line.with_secret(&arguments));
        assert!(code == Some(2) && text.contains("other machines reach this address"), "{text}");
    }
    let all = ["serve", "--listen=0.0.0.0:0", "--token-file", token, "--tls-cert", cert, "--tls-key", key];
    let server = Server::start(&mut line.with_secret(&all));
    let url = format!("https://localhost:{}/token", server.port);
    let header = format!("Authorization: Bearer {KEY}");
    let curl = |arguments: &[&str]| {
        let output =
            Command::new("curl").args(["-sS", "--noproxy", "*", "--cacert", cert]).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(curl(&["-H", &header, &url]).contains("access_token"));
    assert!(curl(&[&url]).contains("unauthorized"));
    assert_ne!(server.raw("GET /token HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 200, "plain HTTP");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_channels_are_told_apart() {
    let line = Line::start().await;
    let other = "2345678901";
    let list = format!(
        "[[channels]]\nchannel_id = \"{ID}\"\nchannel_secret = \"{SECRET}\"\napi_base_url = \"{0}\"\n\
         [[channels]]\nchannel_id = \"{other}\"\nchannel_secret = \"{SECRET}\"\napi_base_url = \"{0}\"\n",
        line.url
    );
    let file = line.file("channels.toml", &list);
    let server =
        Server::start(&mut line.bare(&["serve", "--listen=127.0.0.1:0", "--channels", file.to_str().unwrap()]));
    assert_eq!(server.get("/token").status, 400);
    assert_eq!(server.get(&format!("/token?channel_id={ID}")).json()["channel_id"], ID);
    assert_eq!(server.get("/token?channel_id=1").status, 404);
    assert_eq!(server.get("/token?chanel_id=1").status, 400);
    assert_eq!(server.get(&format!("/token?channel_id={other}")).status, 503, "LINE does not know it");
    let broken = line.file(
        "broken.toml",
        "[[channels]]\nchannel_id = \"U1\"\nchannel_secret = \"0f1e2d3c4b5a69788796a5b4c3d2e1f0\"\n",
    );
    let (text, code) = failed(&mut line.bare(&["serve", "--channels", broken.to_str().unwrap()]));
    assert!(code == Some(2) && text.contains("channel_id") && !text.contains(SECRET), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_is_told_in_a_file_as_long_as_it_runs() {
    let line = Line::start().await;
    let file = line.folder.path().join("port");
    fs::write(&file, "1\n").unwrap();
    let arguments = ["serve", "--listen=127.0.0.1:0", "--output=json", "--port-file", file.to_str().unwrap()];
    let server = Server::start(&mut line.with_secret(&arguments));
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{}\n", server.port));
    assert_eq!(server.ready, format!("{{\"url\":\"http://127.0.0.1:{}\",\"channels\":[\"{ID}\"]}}\n", server.port));
    assert_eq!(server.end("TERM").0, Some(0));
    assert!(!file.exists());
    let (text, code) = failed(&mut command(&["serve", "--listen", "example.com:1"]));
    assert!(code == Some(2) && text.contains("give an address and a port"), "{text}");
}
