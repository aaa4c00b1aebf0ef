//! No web page but ours drives the emulator: DNS rebinding, CSRF, and a control token.

use crate::support::{Directory, Emulator, command, raw};

const ADVANCE: &str = r#"{"seconds":60}"#;

fn with_host(emulator: &Emulator, target: &str, hosts: &[&str]) -> u16 {
    let hosts: String = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect();
    emulator.raw(&format!("GET {target} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n")).status
}

#[test]
fn only_hosts_of_loopback_are_served() {
    let emulator = Emulator::start(&[]);
    for path in ["/_emulator/state", "/_emulator/health", "/_emulator/openapi.json", "/"] {
        for host in ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8787", "[::1]", "[::1]:99"] {
            assert_eq!(with_host(&emulator, path, &[host]), 200, "{path} {host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evil.example:8787",
            "10.0.0.1",
            "0.0.0.0",
            "localhost@evil.example",
            "user@localhost",
            "",
        ] {
            let status = with_host(&emulator, path, &[host]);
            assert!(matches!(status, 400 | 403), "{path} {host:?} {status}");
        }
    }
}

#[test]
fn host_is_sent_once_and_agrees_with_the_target() {
    let emulator = Emulator::start(&[]);
    assert_eq!(with_host(&emulator, "/_emulator/state", &[]), 403, "none");
    for hosts in [["localhost", "localhost"], ["localhost", "evil.example"], ["evil.example", "localhost"]] {
        let status = with_host(&emulator, "/_emulator/state", &hosts);
        assert!(matches!(status, 400 | 403), "{hosts:?} {status}");
    }
    assert_eq!(with_host(&emulator, "http://localhost/_emulator/state", &["localhost"]), 200);
    for (target, host) in
        [("http://evil.example/_emulator/state", "localhost"), ("http://localhost/_emulator/state", "evil.example")]
    {
        assert_eq!(with_host(&emulator, target, &[host]), 403, "{target} {host}");
    }
    let old = raw(emulator.port, b"GET /_emulator/state HTTP/1.0\r\n\r\n");
    assert_eq!(old.status, 403, "HTTP/1.0 without a host");
}

#[test]
fn lines_endpoints_take_any_host() {
    let emulator = Emulator::start(&[]);
    let form = "grant_type=client_credentials&client_id=1234567890&client_secret=s3cret";
    let request = format!(
        "POST /oauth2/v3/token HTTP/1.1\r\nHost: api.line.me\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{form}",
        form.len()
    );
    assert_eq!(emulator.raw(&request).status, 200);
}

#[test]
fn other_origins_are_refused_for_reading_and_writing() {
    let emulator = Emulator::start(&[]);
    let own = format!("Origin: http://localhost:{}", emulator.port);
    let json = "Content-Type: application/json";
    assert_eq!(emulator.send("POST", "/_emulator/clock/advance", &[&own, json], ADVANCE).status, 200);
    let before = emulator.get("/_emulator/state").value()["now"].as_f64().unwrap();
    for origin in [
        "null",
        "http://localhost:3000",
        "http://localhost",
        "http://evil.example",
        "https://evil.example",
        "",
        &format!("http://127.0.0.1:{}", emulator.port),
        &format!("http://localhost:{}.evil.example", emulator.port),
    ] {
        let origin = &*format!("Origin: {origin}");
        for (method, path, body) in [
            ("POST", "/_emulator/clock/advance", ADVANCE),
            ("POST", "/_emulator/reset", ""),
            ("GET", "/_emulator/state", ""),
            ("GET", "/_emulator/events", ""),
            ("DELETE", "/_emulator/faults", ""),
            ("OPTIONS", "/_emulator/clock/advance", ""),
        ] {
            let response = emulator.send(method, path, &[origin, json], body);
            assert_eq!(response.status, 403, "{method} {path} {origin}");
            assert!(response.header("access-control-allow-origin").is_none());
        }
    }
    let after = emulator.get("/_emulator/state").value()["now"].as_f64().unwrap();
    assert!(after - before < 30.0, "nothing has advanced it");
}

#[test]
fn other_sites_are_refused_even_without_an_origin() {
    let emulator = Emulator::start(&[]);
    for site in ["cross-site", "same-site"] {
        let site = &*format!("Sec-Fetch-Site: {site}");
        for path in ["/_emulator/state", "/_emulator/events", "/"] {
            assert_eq!(emulator.send("GET", path, &[site], "").status, 403, "{path} {site}");
        }
        // A person who follows a link gets the page, and nothing else.
        assert_eq!(emulator.send("GET", "/", &[site, "Sec-Fetch-Dest: document"], "").status, 200);
        assert_eq!(emulator.send("GET", "/", &[site, "Sec-Fetch-Dest: iframe"], "").status, 403);
        assert_eq!(emulator.send("GET", "/_emulator/state", &[site, "Sec-Fetch-Dest: document"], "").status, 403);
    }
    for site in ["same-origin", "none"] {
        assert_eq!(emulator.send("GET", "/_emulator/state", &[&format!("Sec-Fetch-Site: {site}")], "").status, 200);
    }
}

#[test]
fn simple_requests_and_preflights_change_nothing() {
    let emulator = Emulator::start(&[]);
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp"]
    {
        let response = emulator.send("POST", "/_emulator/clock/advance", &[&format!("Content-Type: {kind}")], ADVANCE);
        assert_eq!(response.status, 415, "{kind}");
    }
    assert_eq!(emulator.send("POST", "/_emulator/clock/advance", &[], ADVANCE).status, 415, "no type");
    assert_eq!(emulator.send("POST", "/_emulator/reset", &["Content-Type: text/plain"], "{}").status, 415);
    let preflight = emulator.send("OPTIONS", "/_emulator/reset", &["Access-Control-Request-Method: POST"], "");
    assert_eq!((preflight.status, preflight.header("allow")), (405, Some("POST")));
    assert!(!preflight.head.to_ascii_lowercase().contains("access-control"));
}

#[test]
fn a_control_token_is_asked_for_and_never_shown() {
    let token = "0123456789abcdef0123456789abcdef";
    let mut command = command(&["--port", "0", "-vvv"]);
    command.env("LINE_EMULATOR_CONTROL_TOKEN", token).env("LINE_EMULATOR_SECRET_123", "s3cret");
    command.stderr(std::process::Stdio::piped());
    let mut emulator = Emulator::spawn(&mut command);
    let state = |headers: &[&str]| emulator.send("GET", "/_emulator/state", headers, "").status;
    assert_eq!(state(&[]), 401);
    assert_eq!(state(&[&format!("Authorization: Bearer {token}")]), 200);
    assert_eq!(state(&[&format!("Authorization: bearer {token}")]), 200);
    for wrong in ["Bearer ", "Bearer 0123456789abcdef0123456789abcdee", "Basic abc", token, "Bearer"] {
        assert_eq!(state(&[&format!("Authorization: {wrong}")]), 401, "{wrong}");
    }
    let both = [&*format!("Authorization: Bearer {token}"), "Authorization: Bearer x"];
    assert_eq!(state(&both), 401, "two headers");
    assert_eq!(emulator.get("/_emulator/health").status, 200);
    assert_eq!(emulator.get("/").status, 200, "the page holds nothing, and asks for the token");
    let elsewhere = format!(
        "GET /_emulator/state HTTP/1.1\r\nHost: emulator.internal\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(emulator.raw(&elsewhere).status, 200, "any host");
    let _ = emulator.child.kill();
    let mut log = String::new();
    std::io::Read::read_to_string(emulator.child.stderr.as_mut().unwrap(), &mut log).unwrap();
    assert!(!log.contains(token) && !log.contains("s3cret"), "{log}");
}

#[test]
fn an_address_beyond_loopback_needs_a_flag_and_a_token() {
    let refused = crate::support::failed(&mut command(&["--port", "0", "--host", "0.0.0.0"]));
    assert_eq!(refused.1, Some(2));
    assert!(refused.0.contains("--allow-beyond-loopback"), "{}", refused.0);

    let emulator = Emulator::start(&["--host", "0.0.0.0", "--allow-beyond-loopback"]);
    let state = emulator.get("/_emulator/state");
    assert_eq!(state.status, 403);
    assert!(state.message().contains("LINE_EMULATOR_CONTROL_TOKEN"), "{state:?}");
    assert_eq!(emulator.get("/").status, 403);
    assert_eq!(emulator.get("/_emulator/health").status, 200);
    assert_eq!(emulator.issue("1234567890", "s3cret").status, 200);

    let directory = Directory::new("beyond");
    let file = directory.file("token", "0123456789abcdef\n");
    let emulator = Emulator::start(&["--host", "0.0.0.0", "--allow-beyond-loopback", "--control-token-file", &file]);
    let with_token = emulator.send("GET", "/_emulator/state", &["Authorization: Bearer 0123456789abcdef"], "");
    assert_eq!(with_token.status, 200);
}

#[test]
fn a_listed_host_is_served() {
    let emulator = Emulator::start(&["--allow-host", "emulator,line.test"]);
    for host in ["emulator", "emulator:8787", "LINE.test"] {
        assert_eq!(with_host(&emulator, "/_emulator/state", &[host]), 200, "{host}");
    }
    assert_eq!(with_host(&emulator, "/_emulator/state", &["emulator.evil.example"]), 403);
}
