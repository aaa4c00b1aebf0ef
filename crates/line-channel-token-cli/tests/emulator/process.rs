//! Its life as a process: the ready line, the port file, signals, health.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;

use crate::support::{Directory, Emulator, command, failed, output};

#[test]
fn it_says_once_that_it_is_ready() {
    let emulator = Emulator::start(&[]);
    assert_eq!(emulator.ready, format!("line-channel-token emulator is ready at http://127.0.0.1:{}\n", emulator.port));
    assert_eq!(emulator.get("/_emulator/health").body, r#"{"status":"ok","version":"0.1.0"}"#);
}

#[test]
fn nothing_given_makes_a_channel_that_works() {
    let mut command = command(&["--port", "0", "--output", "json"]);
    let emulator = Emulator::spawn(&mut command);
    let ready: serde_json::Value = serde_json::from_str(&emulator.ready).unwrap();
    let channel = &ready["channels"][0];
    let (id, secret) = (channel["id"].as_str().unwrap(), channel["secret"].as_str().unwrap());
    assert_eq!(emulator.issue(id, secret).status, 200);
    assert_eq!(emulator.issue(id, "wrong").status, 400);

    let key = line_channel_token::SigningKey::parse(channel["key"]["private_key"].as_str().unwrap()).unwrap();
    let kid = line_channel_token::AssertionKid::new(channel["key"]["kid"].as_str().unwrap()).unwrap();
    let signer = line_channel_token::AssertionSigner::new(id.parse().unwrap(), kid, key).unwrap();
    let assertion = signer.sign().unwrap();
    let body = format!(
        "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&\
         client_assertion={}",
        assertion.expose_secret()
    );
    assert_eq!(emulator.form("/oauth2/v3/token", &body).status, 200);
}

#[test]
fn generated_secrets_go_to_standard_error_alone() {
    let mut command = command(&["--port", "0"]);
    command.stderr(Stdio::piped());
    let mut emulator = Emulator::spawn(&mut command);
    let _ = emulator.child.kill();
    let mut said = String::new();
    std::io::Read::read_to_string(emulator.child.stderr.as_mut().unwrap(), &mut said).unwrap();
    for line in ["channel id      2", "channel secret  ", "assertion kid   ", "-----BEGIN PRIVATE KEY-----"] {
        assert!(said.contains(line), "{line}");
    }
    assert!(!emulator.ready.contains("secret"));
}

#[test]
fn a_given_secret_is_not_printed() {
    let mut command = command(&["--port", "0", "--output", "json"]);
    command.env("LINE_EMULATOR_SECRET_123", "s3cret").stderr(Stdio::piped());
    let emulator = Emulator::spawn(&mut command);
    assert!(!emulator.ready.contains("s3cret") && emulator.ready.contains("\"id\":\"123\""), "{}", emulator.ready);
    assert!(!emulator.ready.contains("private_key"), "a secret is given, so no key is made");
}

#[test]
#[cfg(unix)]
fn files_for_a_client_are_private_and_used_again() {
    let directory = Directory::new("outputs");
    let (key, variables) = (directory.text("line.pem"), directory.text("line.env"));
    let start = || {
        Emulator::spawn(command(&["--port", "0", "--key-out", &key, "--env-out", &variables]).stderr(Stdio::piped()))
    };
    drop(start());
    for name in ["line.pem", "line.env"] {
        assert_eq!(crate::support::mode(&directory.path(name)), 0o600, "{name}");
    }
    let kid = |text: &str| text.lines().find(|line| line.starts_with("LINE_ASSERTION_KID=")).unwrap().to_owned();
    let first = std::fs::read_to_string(&variables).unwrap();
    let pem = std::fs::read_to_string(&key).unwrap();
    let mut emulator = start();
    let second = std::fs::read_to_string(&variables).unwrap();
    assert_eq!(kid(&first), kid(&second), "the same key has the same kid");
    assert_eq!(pem, std::fs::read_to_string(&key).unwrap());
    assert!(second.contains(&format!("LINE_API_BASE_URL=http://127.0.0.1:{}\n", emulator.port)));
    let _ = emulator.child.kill();
    let mut said = String::new();
    std::io::Read::read_to_string(emulator.child.stderr.as_mut().unwrap(), &mut said).unwrap();
    assert!(!said.contains("PRIVATE KEY"), "{said}");

    let binary = directory.path("binary");
    std::fs::write(&binary, [0xff, 0xfe, 0]).unwrap();
    for there in [binary.to_str().unwrap(), "/dev/null"] {
        let (message, code) = failed(&mut command(&["--port", "0", "--env-out", there]));
        assert!(code == Some(2) && message.contains("was not written by an emulator"), "{message}");
    }
    assert_eq!(std::fs::read(&binary).unwrap(), [0xff, 0xfe, 0]);

    let others = directory.file("other.env", "DATABASE_URL=x\n");
    let (message, code) = failed(&mut command(&["--port", "0", "--env-out", &others]));
    assert!(code == Some(2) && message.contains("was not written by an emulator"), "{message}");
    assert_eq!(std::fs::read_to_string(&others).unwrap(), "DATABASE_URL=x\n");
    let (message, code) = failed(&mut command(&["--port", "0", "--key-out", &others]));
    assert!(code == Some(2) && message.contains("no private key"), "{message}");
}

#[test]
#[cfg(unix)]
fn signals_end_it_with_success() {
    for signal in ["TERM", "INT"] {
        let directory = Directory::new(signal);
        let port_file = directory.path("port");
        std::fs::write(&port_file, "1\n").unwrap();
        let emulator = Emulator::start(&["--port-file", port_file.to_str().unwrap()]);
        assert_eq!(
            std::fs::read_to_string(&port_file).unwrap(),
            format!("{}\n", emulator.port),
            "the old one is replaced"
        );
        emulator.signal(signal);
        assert_eq!(emulator.end(), (Some(0), String::new()));
        assert!(!port_file.exists(), "it is removed");
        assert_eq!(std::fs::read_dir(directory.path("")).unwrap().count(), 0, "no temporary file is left");
    }
}

#[test]
#[cfg(unix)]
fn a_port_file_is_of_this_start_and_the_last_to_be_written() {
    let directory = Directory::new("port-file-first");
    let (port_file, variables) = (directory.text("port"), directory.text("line.env"));
    std::fs::write(&port_file, "1\n").unwrap();
    let mut emulator = command(&["--port", "0", "--port-file", &port_file, "--env-out", &variables]);
    let mut child = emulator.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let port = loop {
        match std::fs::read_to_string(&port_file) {
            Ok(text) if text != "1\n" => break text.trim().to_owned(),
            _ => assert!(child.try_wait().unwrap().is_none(), "it has ended"),
        }
    };
    let variables = std::fs::read_to_string(&variables);
    let _ = child.kill();
    let _ = child.wait();
    assert!(
        variables.unwrap().contains(&format!("http://127.0.0.1:{port}\n")),
        "whoever waits for the port has the variables"
    );

    // It was killed, and has left its file.
    let mut next = command(&["--port", &port, "--port-file", &port_file]);
    next.env("LINE_CHANNEL_ID", "1").env("LINE_CHANNEL_SECRET", "s3cret");
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port.parse().unwrap())).unwrap();
    std::thread::spawn(move || while taken.accept().is_ok() {});
    assert_eq!(failed(&mut next).1, Some(2), "another program has the port");
    assert!(!std::path::Path::new(&port_file).exists(), "the old port is nobody's");
}

#[test]
#[cfg(unix)]
fn a_running_emulator_keeps_its_port_file() {
    let directory = Directory::new("port-file-kept");
    let port_file = directory.text("port");
    let emulator = Emulator::start(&["--port-file", &port_file]);
    let port = emulator.port.to_string();
    let (message, code) =
        failed(command(&["--port", &port, "--port-file", &port_file]).env("LINE_EMULATOR_SECRET_1", "s3cret"));
    assert!(code == Some(2) && message.contains("in use"), "{message}");
    assert_eq!(std::fs::read_to_string(&port_file).unwrap(), format!("{port}\n"));
}

#[test]
#[cfg(unix)]
fn a_file_that_is_no_port_file_is_left_alone() {
    let directory = Directory::new("port-file-other");
    let notes = directory.file("notes", "8787 is the port\n");
    for there in [&notes, "/dev/null", &directory.text("")] {
        let (message, code) = failed(&mut command(&["--port", "0", "--port-file", there]));
        assert!(code == Some(2) && message.contains("holds no port"), "{there}: {message}");
    }
    assert_eq!(std::fs::read_to_string(&notes).unwrap(), "8787 is the port\n");
    let (message, code) = failed(&mut command(&["--port", "0", "--port-file", &directory.text("none/port")]));
    assert!(code == Some(1) && message.contains("none/port: the port file cannot be written"), "{message}");
}

#[test]
#[cfg(unix)]
fn open_streams_of_events_do_not_delay_the_end() {
    use std::io::{Read, Write};
    let emulator = Emulator::start(&[]);
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", emulator.port)).unwrap();
        stream.write_all(b"GET /_emulator/events HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        assert_ne!(stream.read(&mut [0; 64]).unwrap(), 0);
        streams.push(stream);
    }
    emulator.signal("TERM");
    // The server waits for other requests for five seconds.
    assert_eq!(emulator.end_within(std::time::Duration::from_secs(4)), Some(Some(0)));
}

#[test]
#[cfg(unix)]
fn a_second_signal_ends_it_at_once() {
    use std::io::Write;
    let emulator = Emulator::start(&[]);
    emulator.json("POST", "/_emulator/faults", r#"{"kind":"hang","operation":"issue"}"#);
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", emulator.port)).unwrap();
    let body = "grant_type=client_credentials&client_id=1234567890&client_secret=s3cret";
    let head = "POST /v2/oauth/accessToken HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded";
    stream.write_all(format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).unwrap();
    // Once it is in the log, the request is under way and hangs.
    while emulator.get("/_emulator/requests").value()["requests"].as_array().unwrap().is_empty() {}
    emulator.signal("TERM");
    // The port is closed as soon as the first signal has been seen.
    while std::net::TcpStream::connect(("127.0.0.1", emulator.port)).is_ok() {}
    emulator.signal("TERM");
    let code = emulator.end_within(std::time::Duration::from_secs(4));
    assert!(matches!(code, Some(Some(0 | 143))), "{code:?}");
}

#[test]
fn a_port_in_use_is_named() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (message, code) = failed(command(&["--port", &port.to_string()]).env("LINE_EMULATOR_SECRET_1", "s3cret"));
    assert_eq!(code, Some(2));
    assert!(message.contains(&format!("port {port}")) && message.contains("--port 0"), "{message}");
}

#[test]
fn health_is_an_exit_code() {
    let directory = Directory::new("health");
    let port_file = directory.text("port");
    let emulator = Emulator::start(&["--port-file", &port_file]);
    let port = emulator.port.to_string();
    let url = format!("http://127.0.0.1:{port}");
    for arguments in [["--port", &*port], ["--port-file", &port_file], ["--url", &url]] {
        let output = output(command(&["--health"]).args(arguments));
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
    }
    // On many machines this name is ::1 first.
    let named = output(&mut command(&["--health", "--url", &format!("http://localhost:{port}")]));
    assert_eq!(named.status.code(), Some(0), "{named:?}");
    let from_variable = output(command(&["--health", "--output", "json"]).env("LINE_EMULATOR_PORT", &port));
    assert_eq!(from_variable.status.code(), Some(0));
    assert_eq!(String::from_utf8(from_variable.stdout).unwrap(), format!("{{\"healthy\":true,\"url\":\"{url}\"}}\n"));
    drop(emulator);
    for arguments in [["--port", &*port], ["--port-file", &port_file], ["--url", &url]] {
        assert_eq!(output(command(&["--health"]).args(arguments)).status.code(), Some(1), "{arguments:?}");
    }
    let gone = output(&mut command(&["--health", "--port", &port, "--output", "json"]));
    assert!(gone.stdout.starts_with(b"{\"healthy\":false"), "{gone:?}");
}

#[test]
fn something_else_at_the_port_is_not_healthy() {
    use std::io::{Read, Write};
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    assert_eq!(output(&mut command(&["--health", "--port", &port])).status.code(), Some(1));
}

#[test]
#[cfg(target_os = "linux")]
fn as_process_one_it_ends_by_a_signal() {
    let unshare = ["--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"];
    let may = std::process::Command::new("unshare").args(unshare).arg("true").status();
    if !may.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: this machine lets nobody have a process namespace");
        return;
    }
    let program = env!("CARGO_BIN_EXE_line-channel-token");
    // The namespace's first process is the emulator, and the shell outside sends it the signal.
    let mut command = std::process::Command::new("unshare");
    command.args(unshare).args([program, "emulator", "--port", "0"]).env("LINE_EMULATOR_SECRET_1234567890", "s3cret");
    let emulator = Emulator::spawn(&mut command);
    let parent = emulator.child.id();
    let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", children.trim())).unwrap();
    assert!(status.lines().any(|line| line.starts_with("NSpid:") && line.ends_with("\t1")), "{status}");
    let kill = std::process::Command::new("kill").args(["-TERM", children.trim()]).status().unwrap();
    assert!(kill.success());
    assert_eq!(emulator.end(), (Some(0), String::new()));
}
