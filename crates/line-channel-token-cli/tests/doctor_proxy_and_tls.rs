//! `doctor` behind proxies and TLS: real servers on loopback ports.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod line_support;

use std::sync::Arc;

use line_support::{ID, Line, SECRET, program, run};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

const DOCTOR: [&str; 5] = ["doctor", "--output", "json", "--timeout", "2s"];

fn finding<'a>(report: &'a Value, check: &str) -> &'a Value {
    report["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == check).unwrap()
}

/// TLS in front of a server; and the certificate of its authority.
async fn tls_before(line: &Line) -> (String, String) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    // Two authorities of one name would be told apart by their signatures alone.
    authority.distinguished_name.push(DnType::CommonName, format!("the authority before {}", line.url));
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![server.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let upstream = line.url.strip_prefix("http://").unwrap().to_owned();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, upstream) = (acceptor.clone(), upstream.clone());
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await?;
                let mut server = TcpStream::connect(upstream).await?;
                copy_bidirectional(&mut stream, &mut server).await
            });
        }
    });
    (url, authority.pem())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_authority_is_trusted_if_it_is_among_the_roots() {
    let line = Line::start().await;
    let (url, authority) = tls_before(&line).await;
    let authority = line.file("ca.pem", &authority);
    let trusted = run(line.with_secret(&DOCTOR).env("LINE_API_BASE_URL", &url).env("SSL_CERT_FILE", &authority));
    let report = trusted.json();
    assert_eq!((trusted.code, &finding(&report, "secret")["verdict"]), (0, &"ok".into()), "{report}");
    assert_eq!(
        finding(&report, "tls")["message"],
        "the certificate is trusted, by the root certificates of SSL_CERT_FILE"
    );

    let other_line = Line::start().await;
    let (other, _) = tls_before(&other_line).await;
    let untrusted = run(line.with_secret(&DOCTOR).env("LINE_API_BASE_URL", &other).env("SSL_CERT_FILE", &authority));
    let report = untrusted.json();
    assert_eq!((untrusted.code, &finding(&report, "tls")["verdict"]), (2, &"problem".into()), "{report}");
    assert!(untrusted.out.contains("unknown issuer"), "{report}");
    assert_eq!(finding(&report, "connection")["verdict"], "ok");
    // No certificate at all.
    let plain = run(line
        .with_secret(&DOCTOR)
        .env("LINE_API_BASE_URL", line.url.replace("http:", "https:"))
        .env("SSL_CERT_FILE", &authority));
    let report = plain.json();
    assert_eq!((plain.code, &finding(&report, "tls")["verdict"]), (4, &"problem".into()), "{report}");
    // A server that accepts a connection and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url_of_silent = format!("https://{}", silent.local_addr().unwrap());
    let mut command = line.with_secret(&["doctor", "--output", "json", "--timeout", "500ms"]);
    let ran = run(command.env("LINE_API_BASE_URL", url_of_silent).env("SSL_CERT_FILE", &authority));
    let report = ran.json();
    assert_eq!((ran.code, &finding(&report, "tls")["verdict"]), (4, &"problem".into()), "{report}");
    assert_eq!(finding(&report, "service")["verdict"], "skipped");
    // No roots.
    let empty = line.file("empty.pem", "");
    let ran = run(line.with_secret(&DOCTOR).env("LINE_API_BASE_URL", &url).env("SSL_CERT_FILE", empty));
    assert_eq!((ran.code, &finding(&ran.json(), "tls")["verdict"]), (2, &"problem".into()), "{}", ran.out);
}

/// A proxy that responds to everything with this.
async fn proxy(response: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = [0; 4096];
                let _ = stream.read(&mut head).await;
                stream.write_all(response.as_bytes()).await
            });
        }
    });
    address.to_string()
}

fn behind(proxy: &str, variable: &str) -> std::process::Command {
    let mut command = program(&DOCTOR);
    command.env("LINE_CHANNEL_ID", ID).env("LINE_CHANNEL_SECRET", SECRET).env(variable, proxy);
    command.env("LINE_API_BASE_URL", "https://line.invalid");
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_refuses_is_named_without_its_password() {
    let address = proxy("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await;
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let ran = run(&mut behind(&format!("http://user:s3cret@{address}"), variable));
        let report = ran.json();
        let findings: Vec<&Value> =
            report["findings"].as_array().unwrap().iter().filter(|f| f["check"] == "proxy").collect();
        assert_eq!(findings[0]["message"], format!("http://{address}, of {variable}"));
        assert_eq!((ran.code, &findings[1]["verdict"]), (4, &"problem".into()), "{report}");
        assert!(
            findings[1]["message"].as_str().unwrap().contains("refused: it opens no tunnel to the host"),
            "{report}"
        );
        assert!(!ran.out.contains("s3cret") && !ran.out.contains("user"), "{}", ran.out);
        assert_eq!(finding(&report, "dns")["verdict"], "skipped");
    }
    let address = proxy("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n").await;
    let ran = run(&mut behind(&format!("http://{address}"), "HTTPS_PROXY"));
    assert!(ran.out.contains("407 proxy authentication required"), "{}", ran.out);
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut hung = behind(&format!("http://{}", silent.local_addr().unwrap()), "HTTPS_PROXY");
    let ran = run(&mut hung);
    let report = ran.json();
    assert_eq!((ran.code, &finding(&report, "tls")["verdict"]), (4, &"skipped".into()), "{report}");
    let ran = run(&mut behind("http://127.0.0.1:1", "HTTPS_PROXY"));
    assert_eq!((ran.code, ran.out.contains("connection refused")), (4, true), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_does_not_count_is_said() {
    let ran = run(behind("http://127.0.0.1:1", "HTTPS_PROXY").env("NO_PROXY", "line.invalid"));
    let report = ran.json();
    let message = finding(&report, "proxy")["message"].as_str().unwrap();
    assert!(message.starts_with("none: HTTPS_PROXY is set, but does not count for this host"), "{message}");
    assert_eq!(finding(&report, "dns")["verdict"], "problem");
    let ran = run(&mut behind("ftp://user:s3cret@proxy", "HTTPS_PROXY"));
    let report = ran.json();
    assert_eq!((ran.code, &finding(&report, "proxy")["verdict"]), (2, &"problem".into()), "{report}");
    assert!(ran.out.contains("HTTPS_PROXY has a scheme") && !ran.out.contains("s3cret"), "{}", ran.out);
}
