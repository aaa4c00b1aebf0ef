//! Requests through proxies, with real TLS inside.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use line_channel_token_core::{HttpBackend, Sent, TransportErrorKind};
use tokio::net::TcpListener;

use crate::calls::{FORM, PATH, fails, generous_limits, message, request, succeeds_with};
use crate::cases::connections::respond_to_all;
use crate::proxy_server::{Proxy, ProxyBehavior};
use crate::run::Rule;
use crate::server::{Server, ok};
use crate::test_ca::{ADDRESS_BEHIND_PROXY, BEHIND_PROXY, ServerCertificate, acceptor, ca_pem};

pub const RULE: Rule = Rule {
    says: "a proxy sees the name of an https host and nothing else, and an error names the proxy without user and password",
    hint: "open a tunnel (CONNECT or SOCKS) for https URLs, connect to loopback addresses directly, and return `Connect` with \
           `Sent::NotSent` if the proxy refuses; the messages are those of the backends of line-channel-token",
};

/// Makes the backend under test: the PEM of the CA that it trusts, the URL of its proxy, and its connect timeout.
pub type MakeProxied = fn(ca_pem: &str, proxy: &str, connect_timeout: Duration) -> Arc<dyn HttpBackend>;

const LONG: Duration = Duration::from_secs(10);

fn backend(make: MakeProxied, proxy: &str) -> Arc<dyn HttpBackend> {
    make(&ca_pem(), proxy, LONG)
}

/// A server over TLS that only proxies reach.
async fn server() -> Server {
    Server::tls(ServerCertificate::Valid, respond_to_all).await
}

fn behind(server: &Server, host: &str) -> Request<Bytes> {
    let url = server.url(PATH).replace("localhost", host).replace("127.0.0.1", host);
    request(Method::POST, &url, FORM)
}

/// The call fails before anything of the request was sent, with this cause.
async fn check_refused(make: MakeProxied, proxy: &str, host: &str, kind: TransportErrorKind, cause: &str) {
    let server = server().await;
    let error =
        fails(&*backend(make, proxy), behind(&server, host), generous_limits(), kind, Sent::NotSent, cause).await;
    assert_eq!(error.to_string(), message(kind, Sent::NotSent, cause));
}

/// The proxy sees the host and nothing else, and the connection is used again.
pub async fn an_https_url_goes_through_a_tunnel(make: MakeProxied) {
    let (server, proxy) = (server().await, Proxy::start(ProxyBehavior::Connect(None)).await);
    let backend = backend(make, &format!("http://{}", proxy.address()));
    for _ in 0..3 {
        let response = succeeds_with(&*backend, behind(&server, BEHIND_PROXY), generous_limits()).await;
        assert_eq!(response.body(), "{}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let seen = proxy.received();
    assert_eq!(seen.len(), 1, "{seen:?}");
    let port = server.authority().replace("localhost:", "");
    assert!(seen[0].starts_with(&format!("CONNECT {BEHIND_PROXY}:{port} HTTP/1.1\r\n")), "{seen:?}");
    assert!(!seen[0].contains("s3cret") && !seen[0].to_lowercase().contains("proxy-authorization"), "{seen:?}");
}

/// User and password are percent-decoded.
pub async fn a_tunnel_is_opened_for_the_right_password_alone(make: MakeProxied) {
    // user:p@ss/s3cret
    let proxy = Proxy::start(ProxyBehavior::Connect(Some("Proxy-Authorization: Basic dXNlcjpwQHNzL3MzY3JldA=="))).await;
    let server = server().await;
    let right = backend(make, &format!("http://user:p%40ss%2Fs3cret@{}", proxy.address()));
    assert_eq!(succeeds_with(&*right, behind(&server, BEHIND_PROXY), generous_limits()).await.body(), "{}");
    for credentials in ["", "user:s3cret@", "s3cret@"] {
        let words = format!(
            "proxy http://{} refused: 407 proxy authentication required (user and password in its URL?)",
            proxy.address()
        );
        let url = format!("http://{credentials}{}", proxy.address());
        check_refused(make, &url, BEHIND_PROXY, TransportErrorKind::Connect, &words).await;
    }
}

/// The error says which proxy it was, and why it opened no tunnel.
pub async fn a_proxy_that_opens_no_tunnel_is_named(make: MakeProxied) {
    for (response, words) in [
        ("HTTP/1.1 403 s3cret\r\nContent-Length: 6\r\n\r\ns3cret", "refused: it opens no tunnel to the host"),
        ("HTTP/1.1 503 no\r\nContent-Length: 0\r\n\r\n", "refused: it opens no tunnel to the host"),
        ("SSH-2.0-s3cret\r\n\r\n", "refused: it opens no tunnel to the host"),
        ("", "refused: it closed the connection"),
    ] {
        let proxy = Proxy::start(ProxyBehavior::Respond(response)).await;
        let words = format!("proxy http://{} {words}", proxy.address());
        let url = format!("http://user:s3cret@{}", proxy.address());
        check_refused(make, &url, BEHIND_PROXY, TransportErrorKind::Connect, &words).await;
    }
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for scheme in ["http", "https", "socks5h"] {
        let words = format!("proxy {scheme}://{gone}: connection refused");
        let url = format!("{scheme}://user:s3cret@{gone}");
        check_refused(make, &url, BEHIND_PROXY, TransportErrorKind::Connect, &words).await;
    }
    let words = "proxy http://no-such-proxy.invalid:3128: dns: no such host, or no name server responded";
    check_refused(make, "http://no-such-proxy.invalid:3128", BEHIND_PROXY, TransportErrorKind::Connect, words).await;
}

/// The time that a proxy takes is a part of connecting.
pub async fn the_connect_timeout_covers_the_proxy(make: MakeProxied) {
    let (server, proxy) = (server().await, Proxy::start(ProxyBehavior::Hang).await);
    let url = format!("http://user:s3cret@{}", proxy.address());
    let backend = make(&ca_pem(), &url, Duration::from_millis(300));
    let request = behind(&server, BEHIND_PROXY);
    let error = fails(&*backend, request, generous_limits(), TransportErrorKind::Connect, Sent::NotSent, "hangs").await;
    let through = format!("through proxy http://{}", proxy.address());
    let cause = format!("connecting {through} took longer than 300 ms");
    assert_eq!(error.to_string(), message(TransportErrorKind::Connect, Sent::NotSent, &cause));
}

/// The server inside the tunnel has one certificate, and the proxy another.
pub async fn certificates_of_server_and_proxy_are_told_apart(make: MakeProxied) {
    let proxy = Proxy::start(ProxyBehavior::Connect(None)).await;
    let expired = Server::tls(ServerCertificate::Expired, respond_to_all).await;
    let backend = backend(make, &format!("http://{}", proxy.address()));
    let request = behind(&expired, BEHIND_PROXY);
    let error =
        fails(&*backend, request, generous_limits(), TransportErrorKind::Certificate, Sent::NotSent, "inside").await;
    assert_eq!(error.to_string(), message(TransportErrorKind::Certificate, Sent::NotSent, "it expired"));

    let proxy =
        Proxy::start(ProxyBehavior::ConnectOverTls(acceptor(ServerCertificate::Expired, rustls::ALL_VERSIONS))).await;
    let url = format!("https://{}", proxy.address());
    let words = format!("proxy {url}: it expired");
    check_refused(make, &url, BEHIND_PROXY, TransportErrorKind::Certificate, &words).await;
}

/// TLS to the proxy, and TLS to the server inside of it.
pub async fn a_proxy_can_speak_tls_itself(make: MakeProxied) {
    let proxy =
        Proxy::start(ProxyBehavior::ConnectOverTls(acceptor(ServerCertificate::Valid, rustls::ALL_VERSIONS))).await;
    let server = server().await;
    let backend = backend(make, &format!("https://{}", proxy.address()));
    assert_eq!(succeeds_with(&*backend, behind(&server, BEHIND_PROXY), generous_limits()).await.body(), "{}");
    assert_eq!(proxy.received().len(), 1);
}

/// A request to an http URL, which only a test has, goes to the proxy with the whole URL.
pub async fn an_http_url_is_forwarded(make: MakeProxied) {
    for (credentials, header) in [("", None), ("user:pw@", Some("Basic dXNlcjpwdw=="))] {
        let proxy = Server::start(None, move |mut connection| async move {
            while let Some(received) = connection.request().await {
                let right = received.line() == format!("POST http://{BEHIND_PROXY}:8080{PATH} HTTP/1.1")
                    && received.header("proxy-authorization") == header
                    && received.header("host") == Some(&format!("{BEHIND_PROXY}:8080"))
                    && received.body == FORM.as_bytes();
                let body = if right { "right".to_owned() } else { format!("{received:?}") };
                connection.write(ok(&body)).await.unwrap();
            }
        })
        .await;
        let backend = backend(make, &format!("http://{credentials}{}", proxy.authority()));
        for _ in 0..2 {
            let request = request(Method::POST, &format!("http://{BEHIND_PROXY}:8080{PATH}"), FORM);
            assert_eq!(succeeds_with(&*backend, request, generous_limits()).await.body(), "right");
        }
    }
}

/// With an `h` or an `a` at the end of the scheme the proxy looks up the host, otherwise the client.
pub async fn socks_tunnels_to_the_server(make: MakeProxied) {
    let server = server().await;
    let port = server.authority().replace("localhost:", "");
    for (behavior, scheme, host, seen) in [
        (ProxyBehavior::Socks5(None), "socks5h", BEHIND_PROXY, "SOCKS5"),
        (ProxyBehavior::Socks5(None), "socks5", ADDRESS_BEHIND_PROXY, "SOCKS5"),
        (ProxyBehavior::Socks5(Some(("us:er", "s3cret"))), "socks5h", BEHIND_PROXY, "SOCKS5"),
        (ProxyBehavior::Socks4a, "socks4a", BEHIND_PROXY, "SOCKS4"),
    ] {
        let credentials = if matches!(behavior, ProxyBehavior::Socks5(Some(_))) { "us%3Aer:s3cret@" } else { "" };
        let proxy = Proxy::start(behavior).await;
        let backend = backend(make, &format!("{scheme}://{credentials}{}", proxy.address()));
        for _ in 0..2 {
            assert_eq!(succeeds_with(&*backend, behind(&server, host), generous_limits()).await.body(), "{}");
        }
        assert_eq!(proxy.received()[0], format!("{seen} {host}:{port}"));
    }
}

/// The port of an http URL without one is 80, also behind SOCKS.
pub async fn socks_is_asked_for_the_port_of_the_scheme(make: MakeProxied) {
    let proxy = Proxy::start(ProxyBehavior::Socks5Refuse(2)).await;
    let backend = backend(make, &format!("socks5h://{}", proxy.address()));
    for scheme in ["http", "https"] {
        let request = request(Method::POST, &format!("{scheme}://{BEHIND_PROXY}{PATH}"), FORM);
        fails(&*backend, request, generous_limits(), TransportErrorKind::Connect, Sent::NotSent, scheme).await;
    }
    assert_eq!(proxy.received(), [80, 443].map(|port| format!("SOCKS5 {BEHIND_PROXY}:{port}")));
}

/// The error says why a SOCKS proxy refused.
pub async fn a_socks_refusal_says_why(make: MakeProxied) {
    for (behavior, words) in [
        (ProxyBehavior::Socks5(Some(("user", "right"))), "refused: wrong user or password"),
        (ProxyBehavior::Socks5Refuse(2), "refused: its rules do not allow the connection"),
        (ProxyBehavior::Socks5Refuse(4), "refused: host unreachable from there, or no such host"),
        (ProxyBehavior::Socks5Refuse(5), "refused: the host refused its connection"),
    ] {
        let credentials = if matches!(behavior, ProxyBehavior::Socks5(_)) { "user:s3cret@" } else { "" };
        let proxy = Proxy::start(behavior).await;
        let address = format!("socks5h://{}", proxy.address());
        let words = format!("proxy {address} {words}");
        let url = format!("socks5h://{credentials}{}", proxy.address());
        check_refused(make, &url, BEHIND_PROXY, TransportErrorKind::Connect, &words).await;
    }
    let proxy = Proxy::start(ProxyBehavior::Socks5(Some(("user", "right")))).await;
    let address = format!("socks5h://{}", proxy.address());
    let words = format!("proxy {address} refused: authentication required (user and password in its URL?)");
    check_refused(make, &address, BEHIND_PROXY, TransportErrorKind::Connect, &words).await;
}

/// With `socks5` the client looks up the host, so the proxy has no part in its failure.
pub async fn a_failed_local_lookup_does_not_name_the_proxy(make: MakeProxied) {
    let proxy = Proxy::start(ProxyBehavior::Socks5(None)).await;
    let words = "dns: no such host, or no name server responded";
    let url = format!("socks5://{}", proxy.address());
    check_refused(make, &url, "no-such-host.invalid", TransportErrorKind::Connect, words).await;
    assert!(proxy.received().is_empty());
}

/// Over http and https, by name and by address.
pub async fn a_loopback_address_is_reached_directly(make: MakeProxied) {
    let proxy = Proxy::start(ProxyBehavior::Connect(None)).await;
    let backend = backend(make, &format!("http://{}", proxy.address()));
    for server in [server().await, Server::plain(respond_to_all).await] {
        for host in ["localhost", "127.0.0.1"] {
            assert_eq!(succeeds_with(&*backend, behind(&server, host), generous_limits()).await.body(), "{}");
        }
    }
    assert!(proxy.received().is_empty(), "{:?}", proxy.received());
}
