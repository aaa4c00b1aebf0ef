//! The span of an exchange, over real TCP and with each backend.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use line_channel_token::emulator::{EmulatedChannel, Emulator};
use line_channel_token::{AccessToken, BaseUrl, Client, ExchangeSpan, Limits, RetryPolicy, UreqBackend};
use tokio::sync::Notify;
use tracing::Level;
use tracing::level_filters::LevelFilter;

use crate::calls::{CALL, channel};
use crate::capture::Capture;
use crate::server::{Server, Step, response};

pub(crate) const EXCHANGE: &str = "http_exchange";
const VERIFIED: &str = r#"{"client_id":"1","expires_in":900}"#;

fn token() -> AccessToken {
    AccessToken::new("s3cret-token").unwrap()
}

#[tokio::test]
async fn an_exchange_is_a_client_span_below_its_call() {
    let server = Server::tls(|_, _| response(200, "x-line-request-id: of-the-server\r\n", VERIFIED)).await;
    for (name, backend) in server.backends(None) {
        let (capture, _guard) = Capture::start(LevelFilter::TRACE);
        let client = Client::builder(backend).base_url(server.base_url()).build();
        client.verify_jwt(&token()).await.unwrap();

        let exchange = capture.only(EXCHANGE);
        assert_eq!((exchange.level, exchange.target.as_str()), (Level::DEBUG, "line_channel_token_core"));
        assert_eq!(exchange.parent, Some(capture.only(CALL).id));
        let port = server.address.port().to_string();
        for (field, value) in [
            ("otel.name", "GET /oauth2/v2.1/verify"),
            ("otel.kind", "client"),
            ("backend", name),
            ("operation", "verify_jwt"),
            ("attempt", "1"),
            ("http.request.method", "GET"),
            ("http.request.resend_count", ""),
            ("url.scheme", "https"),
            ("url.template", "/oauth2/v2.1/verify"),
            ("server.address", "localhost"),
            ("server.port", &port),
            ("proxy", ""),
            ("network.peer.address", "127.0.0.1"),
            ("network.peer.port", &port),
            ("network.protocol.version", "1.1"),
            ("http.response.status_code", "200"),
            ("request_id", "of-the-server"),
            ("outcome", "ok"),
            ("error.type", ""),
            ("otel.status_code", ""),
        ] {
            assert_eq!(exchange.field(field), value, "{name}: {field}");
        }
        assert!(exchange.is_closed && exchange.overwritten == 0, "{exchange:#?}");
    }
}

#[tokio::test]
async fn hyper_knows_a_new_connection_from_a_used_one() {
    let server = Server::plain(|_, _| response(200, "", VERIFIED)).await;
    let (capture, _guard) = Capture::start(LevelFilter::TRACE);
    for (_, backend) in server.backends(None) {
        let client = Client::builder(backend).base_url(server.base_url()).build();
        for _ in 0..3 {
            client.verify(&token()).await.unwrap();
            // The connection goes back to its pool in a task.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        }
    }
    let reused: Vec<_> =
        capture.named(EXCHANGE).iter().map(|exchange| exchange.field("connection_reused").to_owned()).collect();
    assert_eq!(reused, ["", "", "", "false", "true", "true"]);
}

#[tokio::test]
async fn each_attempt_is_an_exchange_that_counts() {
    for backend in 0..2 {
        let server = Server::plain(|nth, _| match nth {
            0 => response(503, "x-line-request-id: of-the-first\r\n", "{}"),
            1 => Step::Close,
            _ => response(200, "", VERIFIED),
        })
        .await;
        let (capture, _guard) = Capture::start(LevelFilter::TRACE);
        let backend = server.backends(None).into_iter().nth(backend).unwrap().1;
        let retry = RetryPolicy::default().with_min_delay(Duration::from_millis(1));
        let client = Client::builder(backend).base_url(server.base_url()).retry(retry).build();
        client.verify(&token()).await.unwrap();

        let call = capture.only(CALL);
        let exchanges = capture.named(EXCHANGE);
        let told: Vec<_> = exchanges
            .iter()
            .map(|exchange| {
                exchange.all(["attempt", "http.request.resend_count", "outcome", "error.type", "otel.status_code"])
            })
            .collect();
        assert_eq!(
            told,
            [["1", "", "error", "503", "ERROR"], ["2", "1", "error", "interrupted", "ERROR"], ["3", "2", "ok", "", ""]]
        );
        assert_eq!(exchanges[0].field("request_id"), "of-the-first");
        assert!(exchanges.iter().all(|exchange| exchange.parent == Some(call.id) && exchange.is_closed));
        assert_eq!(call.all(["attempts", "outcome"]), ["3", "ok"]);
    }
}

#[tokio::test]
async fn an_exchange_without_a_response_says_why() {
    let server = Server::plain(|_, _| Step::Never).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (name, backend) in server.backends(None) {
        let (capture, _guard) = Capture::start(LevelFilter::TRACE);
        let client = |url| {
            let limits = Limits::default().with_timeout(Duration::from_millis(100));
            Client::builder(backend.clone()).base_url(url).limits(limits).retry(RetryPolicy::never()).build()
        };
        let refused = client(BaseUrl::new(format!("http://{closed}")).unwrap()).verify(&token()).await;
        let late = client(server.base_url()).verify(&token()).await;
        for (exchange, error, kind) in [
            (&capture.named(EXCHANGE)[0], refused.unwrap_err(), "connect"),
            (&capture.named(EXCHANGE)[1], late.unwrap_err(), "timeout"),
        ] {
            assert_eq!(exchange.all(["outcome", "error.type", "otel.status_code"]), ["error", kind, "ERROR"], "{name}");
            assert_eq!(exchange.field("http.response.status_code"), "");
            let said = error.to_string();
            assert!(said.ends_with(exchange.field("otel.status_description")) && exchange.is_closed, "{exchange:#?}");
        }
    }
}

/// The server runs on a thread of its own: ureq blocks the one that calls.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn ureq_has_a_span_for_each_exchange_too() {
    let proxy = Server::plain(|nth, request| match nth {
        0 => response(503, "x-line-request-id: of-the-first\r\n", request),
        1 => Step::Close,
        _ => response(200, "x-line-request-id: of-the-last\r\n", VERIFIED),
    })
    .await;
    let url = format!("http://the-user:s3cret-password@{}", proxy.address);
    let backend = UreqBackend::builder().proxy(&url).unwrap().build().unwrap();
    let retry = RetryPolicy::default().with_min_delay(Duration::from_millis(1));
    let base_url = BaseUrl::insecure("http://line.example").unwrap();
    let client = Client::builder(backend).base_url(base_url).retry(retry).build();
    let (capture, _guard) = Capture::start(LevelFilter::TRACE);
    client.verify_jwt(&token()).await.unwrap();

    let call = capture.only(CALL);
    let exchanges = capture.named(EXCHANGE);
    let told: Vec<_> = exchanges
        .iter()
        .map(|exchange| exchange.all(["attempt", "outcome", "error.type", "http.response.status_code", "request_id"]))
        .collect();
    assert_eq!(
        told,
        [
            ["1", "error", "503", "503", "of-the-first"],
            ["2", "error", "interrupted", "", ""],
            ["3", "ok", "", "200", "of-the-last"],
        ]
    );
    for exchange in &exchanges {
        assert!(exchange.parent == Some(call.id) && exchange.is_closed, "{exchange:#?}");
        let told = exchange.all(["backend", "proxy", "server.address", "otel.name"]);
        assert_eq!(told, ["ureq", &format!("http://{}", proxy.address), "line.example", "GET /oauth2/v2.1/verify"]);
        assert!(!format!("{exchange:?}").contains("s3cret"), "{exchange:#?}");
    }
}

#[tokio::test]
async fn a_cancelled_exchange_claims_no_success() {
    let arrived = Arc::new(Notify::new());
    let notify = Arc::clone(&arrived);
    let server = Server::plain(move |_, _| {
        notify.notify_one();
        Step::Never
    })
    .await;
    for (name, backend) in server.backends(None) {
        let (capture, _guard) = Capture::start(LevelFilter::TRACE);
        let client = Client::builder(backend).base_url(server.base_url()).build();
        let token = token();
        tokio::select! {
            outcome = client.verify(&token) => panic!("{outcome:?}"),
            () = arrived.notified() => {}
        }
        for span in [capture.only(CALL), capture.only(EXCHANGE)] {
            let told = span.all(["outcome", "error.type", "otel.status_code", "http.response.status_code"]);
            assert_eq!(told, ["cancelled", "cancelled", "ERROR", ""], "{name} {}", span.name);
            assert!(span.is_closed);
        }
    }
}

#[tokio::test]
async fn a_proxy_is_named_without_its_user() {
    let proxy = Server::plain(|_, request| {
        assert!(request.starts_with("POST http://line.example/") && request.contains("roxy-"), "{request}");
        response(200, "", VERIFIED)
    })
    .await;
    let url = format!("http://the-user:s3cret-password@{}", proxy.address);
    for (name, backend) in proxy.backends(Some(&url)) {
        let (capture, _guard) = Capture::start(LevelFilter::TRACE);
        let base_url = BaseUrl::insecure("http://line.example").unwrap();
        Client::builder(backend).base_url(base_url).build().verify(&token()).await.unwrap();
        let exchange = capture.only(EXCHANGE);
        assert_eq!(exchange.field("proxy"), format!("http://{}", proxy.address), "{name}");
        let port = proxy.address.port().to_string();
        let told = exchange.all(["server.address", "server.port", "network.peer.address", "network.peer.port"]);
        assert_eq!(told, ["line.example", "80", "127.0.0.1", &port], "{name}");
        assert!(!format!("{exchange:?}").contains("the-user"), "{exchange:#?}");
    }
}

#[tokio::test]
async fn at_level_info_there_are_calls_alone() {
    let (id, secret) = channel();
    let channel = EmulatedChannel::new(id.as_str(), secret.expose_secret()).unwrap();
    let server = Emulator::builder().channel(channel).build().unwrap().serve(([127, 0, 0, 1], 0).into()).await.unwrap();
    let (capture, _guard) = Capture::start(LevelFilter::INFO);
    let backend = line_channel_token::HyperBackend::builder().no_proxy().build().unwrap();
    let client = Client::builder(backend).base_url(server.base_url()).build();
    client.issue_stateless(&id, &secret).await.unwrap();
    let ours: Vec<_> = capture.spans().into_iter().filter(|span| span.target.starts_with("line_")).collect();
    assert_eq!(ours.len(), 1, "{ours:#?}");
    assert_eq!(ours[0].all(["operation", "outcome", "http.response.status_code"]), ["issue_stateless", "ok", "200"]);
    assert!(!ours[0].field("request_id").is_empty());
}

#[test]
fn a_backend_of_a_user_cannot_show_more_than_is_meant() {
    let (capture, _guard) = Capture::start(LevelFilter::TRACE);
    for (proxy, shown) in [
        ("http://the-user:s3cret@proxy.example:3128", "http://proxy.example:3128"),
        ("socks5h://s3cret@[::1]:1080/s3cret?s3cret", "socks5h://[::1]:1080"),
        ("https://proxy.example/", "https://proxy.example"),
        ("s3cret@proxy.example:3128", ""),
        ("http://s3cret:s3 cret@proxy.example", ""),
        ("/s3cret", ""),
    ] {
        let request = Request::builder().method("S3CRET").uri("http://the-user:s3cret@line.example:81/s3cret?s3cret");
        let request = request.header("authorization", "s3cret").body(Bytes::from_static(b"s3cret")).unwrap();
        let span = ExchangeSpan::new("of-a-user", &request);
        span.record_proxy(proxy);
        let headers = Response::builder().header("x-line-request-id", "<s3cret>").header("x-other", "s3cret");
        span.run_blocking(|| Ok(headers.body(Bytes::from_static(b"s3cret")).unwrap())).unwrap();
        let exchange = capture.named(EXCHANGE).pop().unwrap();
        let told =
            exchange.all(["proxy", "otel.name", "http.request.method", "server.address", "server.port", "operation"]);
        assert_eq!(told, [shown, "_OTHER", "_OTHER", "line.example", "81", ""]);
        assert!(!format!("{exchange:?} {span:?}").to_lowercase().contains("s3cret"), "{exchange:#?}");
    }
}

#[test]
fn an_exchange_that_panics_claims_no_success() {
    let (capture, _guard) = Capture::start(LevelFilter::TRACE);
    let span = ExchangeSpan::new("of-a-user", &Request::new(Bytes::new()));
    let caught =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| span.run_blocking(|| panic!("a client of a user"))));
    assert!(caught.is_err());
    assert_eq!(capture.only(EXCHANGE).all(["outcome", "otel.status_code"]), ["panicked", "ERROR"]);
}
