//! Requests through proxies, with real TLS inside. [`proxy_suite!`](crate::proxy_suite) makes a test of each case.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use line_channel_token_core::{HttpBackend, Sent, TransportErrorKind};
use tokio::net::TcpListener;

use crate::authority::{ADDRESS_BEHIND_PROXY, BEHIND_PROXY, Shows, acceptor, ca_pem};
use crate::call::{FORM, PATH, fails, request, roomy, succeeds_with};
use crate::proxy::{Does, Proxy};
use crate::server::{Connection, Server, ok};

/// Makes the backend under test: the PEM of the CA that it trusts, the URL of its proxy, and its connect timeout.
pub type MakeProxied = fn(ca_pem: &str, proxy: &str, connect_timeout: Duration) -> Arc<dyn HttpBackend>;

const LONG: Duration = Duration::from_secs(10);

fn backend(make: MakeProxied, proxy: &str) -> Arc<dyn HttpBackend> {
    make(&ca_pem(), proxy, LONG)
}

async fn answer(mut connection: Connection) {
    while connection.answer(ok("{}")).await.is_some() {}
}

/// A server over TLS that only proxies reach.
async fn server() -> Server {
    Server::tls(Shows::Valid, answer).await
}

fn behind(server: &Server, host: &str) -> Request<Bytes> {
    let url = server.url(PATH).replace("localhost", host).replace("127.0.0.1", host);
    request(Method::POST, &url, FORM)
}

/// The call fails before anything of the request was sent, in these words.
async fn refused(make: MakeProxied, proxy: &str, host: &str, kind: TransportErrorKind, words: &str) {
    let server = server().await;
    let error = fails(&*backend(make, proxy), behind(&server, host), roomy(), kind, Sent::NotSent, words).await;
    assert_eq!(error.to_string(), words);
}

/// The proxy sees the host and nothing else, and the connection is used again.
pub async fn an_https_url_goes_through_a_tunnel(make: MakeProxied) {
    let (server, proxy) = (server().await, Proxy::start(Does::Connect(None)).await);
    let backend = backend(make, &format!("http://{}", proxy.place()));
    for _ in 0..3 {
        let response = succeeds_with(&*backend, behind(&server, BEHIND_PROXY), roomy()).await;
        assert_eq!(response.body(), "{}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let seen = proxy.seen();
    assert_eq!(seen.len(), 1, "{seen:?}");
    let port = server.authority().replace("localhost:", "");
    assert!(seen[0].starts_with(&format!("CONNECT {BEHIND_PROXY}:{port} HTTP/1.1\r\n")), "{seen:?}");
    assert!(!seen[0].contains("s3cret") && !seen[0].to_lowercase().contains("proxy-authorization"), "{seen:?}");
}

/// User and password are percent-decoded.
pub async fn a_tunnel_is_opened_for_the_right_password_alone(make: MakeProxied) {
    // user:p@ss/s3cret
    let proxy = Proxy::start(Does::Connect(Some("Proxy-Authorization: Basic dXNlcjpwQHNzL3MzY3JldA=="))).await;
    let server = server().await;
    let right = backend(make, &format!("http://user:p%40ss%2Fs3cret@{}", proxy.place()));
    assert_eq!(succeeds_with(&*right, behind(&server, BEHIND_PROXY), roomy()).await.body(), "{}");
    for credentials in ["", "user:s3cret@", "s3cret@"] {
        let words = format!(
            "could not connect: proxy http://{} refused: 407 proxy authentication required (user and password in its URL?)",
            proxy.place()
        );
        let url = format!("http://{credentials}{}", proxy.place());
        refused(make, &url, BEHIND_PROXY, TransportErrorKind::Connect, &words).await;
    }
}

/// Which proxy it was, and what was wrong with it.
pub async fn a_proxy_that_opens_no_tunnel_is_named(make: MakeProxied) {
    for (response, words) in [
        ("HTTP/1.1 403 s3cret\r\nContent-Length: 6\r\n\r\ns3cret", "refused: it opens no tunnel to the host"),
        ("HTTP/1.1 503 no\r\nContent-Length: 0\r\n\r\n", "refused: it opens no tunnel to the host"),
        ("SSH-2.0-s3cret\r\n\r\n", "refused: it opens no tunnel to the host"),
        ("", "refused: it closed the connection"),
    ] {
        let proxy = Proxy::start(Does::Respond(response)).await;
        let words = format!("could not connect: proxy http://{} {words}", proxy.place());
        let url = format!("http://user:s3cret@{}", proxy.place());
        refused(make, &url, BEHIND_PROXY, TransportErrorKind::Connect, &words).await;
    }
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for scheme in ["http", "https", "socks5h"] {
        let words = format!("could not connect: proxy {scheme}://{gone}: connection refused");
        let url = format!("{scheme}://user:s3cret@{gone}");
        refused(make, &url, BEHIND_PROXY, TransportErrorKind::Connect, &words).await;
    }
    let words =
        "could not connect: proxy http://no-such-proxy.invalid:3128: dns: no such host, or no name server responded";
    refused(make, "http://no-such-proxy.invalid:3128", BEHIND_PROXY, TransportErrorKind::Connect, words).await;
}

/// The time that a proxy takes is a part of connecting.
pub async fn the_connect_timeout_covers_the_proxy(make: MakeProxied) {
    let (server, proxy) = (server().await, Proxy::start(Does::Hang).await);
    let url = format!("http://user:s3cret@{}", proxy.place());
    let backend = make(&ca_pem(), &url, Duration::from_millis(300));
    let request = behind(&server, BEHIND_PROXY);
    let error = fails(&*backend, request, roomy(), TransportErrorKind::Connect, Sent::NotSent, "hangs").await;
    let through = format!("through proxy http://{}", proxy.place());
    assert_eq!(error.to_string(), format!("could not connect: connecting {through} took longer than 300 ms"));
}

/// The server inside shows its own certificate, and the proxy another.
pub async fn certificates_of_server_and_proxy_are_told_apart(make: MakeProxied) {
    let proxy = Proxy::start(Does::Connect(None)).await;
    let expired = Server::tls(Shows::Expired, answer).await;
    let backend = backend(make, &format!("http://{}", proxy.place()));
    let request = behind(&expired, BEHIND_PROXY);
    let error = fails(&*backend, request, roomy(), TransportErrorKind::Certificate, Sent::NotSent, "inside").await;
    assert_eq!(error.to_string(), "the server's certificate is not trusted: it expired");

    let proxy = Proxy::start(Does::ConnectOverTls(acceptor(Shows::Expired, rustls::ALL_VERSIONS))).await;
    let url = format!("https://{}", proxy.place());
    let words = format!("the server's certificate is not trusted: proxy {url}: it expired");
    refused(make, &url, BEHIND_PROXY, TransportErrorKind::Certificate, &words).await;
}

/// TLS to the proxy, and TLS to the server inside of it.
pub async fn a_proxy_can_speak_tls_itself(make: MakeProxied) {
    let proxy = Proxy::start(Does::ConnectOverTls(acceptor(Shows::Valid, rustls::ALL_VERSIONS))).await;
    let server = server().await;
    let backend = backend(make, &format!("https://{}", proxy.place()));
    assert_eq!(succeeds_with(&*backend, behind(&server, BEHIND_PROXY), roomy()).await.body(), "{}");
    assert_eq!(proxy.seen().len(), 1);
}

/// An http URL, which only a test has, goes to the proxy as a whole.
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
            assert_eq!(succeeds_with(&*backend, request, roomy()).await.body(), "right");
        }
    }
}

/// The names with an `h` or an `a` at the end are looked up by the proxy.
pub async fn socks_tunnels_to_the_server(make: MakeProxied) {
    let server = server().await;
    let port = server.authority().replace("localhost:", "");
    for (does, scheme, host, seen) in [
        (Does::Socks5(None), "socks5h", BEHIND_PROXY, "SOCKS5"),
        (Does::Socks5(None), "socks5", ADDRESS_BEHIND_PROXY, "SOCKS5"),
        (Does::Socks5(Some(("us:er", "s3cret"))), "socks5h", BEHIND_PROXY, "SOCKS5"),
        (Does::Socks4a, "socks4a", BEHIND_PROXY, "SOCKS4"),
    ] {
        let credentials = if matches!(does, Does::Socks5(Some(_))) { "us%3Aer:s3cret@" } else { "" };
        let proxy = Proxy::start(does).await;
        let backend = backend(make, &format!("{scheme}://{credentials}{}", proxy.place()));
        for _ in 0..2 {
            assert_eq!(succeeds_with(&*backend, behind(&server, host), roomy()).await.body(), "{}");
        }
        assert_eq!(proxy.seen()[0], format!("{seen} {host}:{port}"));
    }
}

/// The port of an http URL without one is 80, also behind SOCKS.
pub async fn socks_is_asked_for_the_port_of_the_scheme(make: MakeProxied) {
    let proxy = Proxy::start(Does::Socks5Refusing(2)).await;
    let backend = backend(make, &format!("socks5h://{}", proxy.place()));
    for scheme in ["http", "https"] {
        let request = request(Method::POST, &format!("{scheme}://{BEHIND_PROXY}{PATH}"), FORM);
        fails(&*backend, request, roomy(), TransportErrorKind::Connect, Sent::NotSent, scheme).await;
    }
    assert_eq!(proxy.seen(), [80, 443].map(|port| format!("SOCKS5 {BEHIND_PROXY}:{port}")));
}

/// A refusal over SOCKS says why.
pub async fn a_refusal_of_socks_is_named(make: MakeProxied) {
    for (does, words) in [
        (Does::Socks5(Some(("user", "right"))), "refused: wrong user or password"),
        (Does::Socks5Refusing(2), "refused: its rules do not allow the connection"),
        (Does::Socks5Refusing(4), "refused: host unreachable from there, or no such host"),
        (Does::Socks5Refusing(5), "refused: the host refused its connection"),
    ] {
        let credentials = if matches!(does, Does::Socks5(_)) { "user:s3cret@" } else { "" };
        let proxy = Proxy::start(does).await;
        let place = format!("socks5h://{}", proxy.place());
        let words = format!("could not connect: proxy {place} {words}");
        let url = format!("socks5h://{credentials}{}", proxy.place());
        refused(make, &url, BEHIND_PROXY, TransportErrorKind::Connect, &words).await;
    }
    let proxy = Proxy::start(Does::Socks5(Some(("user", "right")))).await;
    let place = format!("socks5h://{}", proxy.place());
    let words =
        format!("could not connect: proxy {place} refused: authentication required (user and password in its URL?)");
    refused(make, &place, BEHIND_PROXY, TransportErrorKind::Connect, &words).await;
}

/// `socks5` looks the name up here, so that the proxy has no part in its failure.
pub async fn a_name_that_is_looked_up_here_is_no_matter_of_the_proxy(make: MakeProxied) {
    let proxy = Proxy::start(Does::Socks5(None)).await;
    let words = "could not connect: dns: no such host, or no name server responded";
    let url = format!("socks5://{}", proxy.place());
    refused(make, &url, "no-such-host.invalid", TransportErrorKind::Connect, words).await;
    assert!(proxy.seen().is_empty());
}

/// Over http and https, by name and by address.
pub async fn a_loopback_address_is_reached_directly(make: MakeProxied) {
    let proxy = Proxy::start(Does::Connect(None)).await;
    let backend = backend(make, &format!("http://{}", proxy.place()));
    for server in [server().await, Server::plain(answer).await] {
        for host in ["localhost", "127.0.0.1"] {
            assert_eq!(succeeds_with(&*backend, behind(&server, host), roomy()).await.body(), "{}");
        }
    }
    assert!(proxy.seen().is_empty(), "{:?}", proxy.seen());
}

/// Runs one case on a runtime of its own. [`proxy_suite!`](crate::proxy_suite) calls it.
pub fn run<F: Future<Output = ()>>(make: MakeProxied, case: fn(MakeProxied) -> F) {
    crate::run_case(case(make));
}

/// Makes a `#[test]` of each case of [`proxies`](crate::proxies), for the backend that the given
/// [`MakeProxied`](crate::proxies::MakeProxied) function makes.
#[macro_export]
macro_rules! proxy_suite {
    ($make:expr) => {
        $crate::proxy_suite! { @cases $make;
            an_https_url_goes_through_a_tunnel,
            a_tunnel_is_opened_for_the_right_password_alone,
            a_proxy_that_opens_no_tunnel_is_named,
            the_connect_timeout_covers_the_proxy,
            certificates_of_server_and_proxy_are_told_apart,
            a_proxy_can_speak_tls_itself,
            an_http_url_is_forwarded,
            socks_tunnels_to_the_server,
            socks_is_asked_for_the_port_of_the_scheme,
            a_refusal_of_socks_is_named,
            a_name_that_is_looked_up_here_is_no_matter_of_the_proxy,
            a_loopback_address_is_reached_directly;
        }
    };
    (@cases $make:expr; $($case:ident),+;) => {$(
        #[test]
        fn $case() {
            $crate::proxies::run($make, $crate::proxies::$case);
        }
    )+};
}
