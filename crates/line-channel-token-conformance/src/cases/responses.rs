//! What goes out, and responses of every form that a server may choose.

use http::Method;
use line_channel_token_core::{Sent, TransportErrorKind};

use crate::calls::{FORM, Make, PATH, backend, fails, generous_limits, get, post, request, succeeds};
use crate::run::Rule;
use crate::server::{Connection, Received, Server, ok};

pub const RULE: Rule = Rule {
    says: "`send` sends the request as it was built, and returns whatever the server responds, with any status",
    hint: "follow no redirect, decode no Content-Encoding, add no header but those that HTTP needs, skip 1xx responses, \
           and return an error only if no complete response came",
};

/// Nothing but what the request holds goes out, and what HTTP itself needs.
fn check_headers(received: &Received, host: &str, of_the_body: &[(&str, &str)]) {
    let mut expected = vec![("host", host), ("user-agent", "line-channel-token/0.1.0")];
    expected.extend_from_slice(of_the_body);
    expected.sort_unstable();
    let headers = received.headers();
    let given: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    // A header that accepts anything says nothing, and who closes each connection may say so: the cases about connections that are
    // used again find out who must not.
    let harmless = [("accept", "*/*"), ("connection", "close")];
    let given: Vec<_> = given.into_iter().filter(|header| !harmless.contains(header)).collect();
    assert_eq!(given, expected, "headers that went out, and those that are due");
}

/// Responds with the request as it came.
pub(crate) async fn mirror(mut connection: Connection) {
    let Some(received) = connection.request().await else { return };
    let text = format!("{}\r\n\r\n{}", received.head, String::from_utf8_lossy(&received.body));
    connection.write(ok(&text)).await.unwrap();
    connection.closed().await;
}

fn mirrored(body: &[u8]) -> Received {
    let text = std::str::from_utf8(body).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    Received { head: head.to_owned(), body: body.as_bytes().to_vec() }
}

/// Method, path, headers and body of a POST.
pub async fn a_post_goes_out_as_built_and_its_response_comes_back(make: Make) {
    check_post(make, &Server::plain(mirror).await).await;
}

pub(crate) async fn check_post(make: Make, server: &Server) {
    let response = succeeds(make, post(server)).await;
    assert_eq!(response.status(), 200);
    let received = mirrored(response.body());
    assert_eq!(received.line(), "POST /oauth2/v3/token HTTP/1.1");
    assert_eq!(received.body, FORM.as_bytes());
    let length = FORM.len().to_string();
    let of_the_body = [("content-length", length.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    check_headers(&received, &server.authority(), &of_the_body);
}

/// Method, path, query and headers of a GET.
pub async fn a_get_keeps_its_path_and_query_to_the_byte(make: Make) {
    let server = Server::plain(mirror).await;
    let response = succeeds(make, get(&server)).await;
    let received = mirrored(response.body());
    assert_eq!(received.line(), format!("GET {PATH} HTTP/1.1"));
    assert_eq!(received.body, b"");
    check_headers(&received, &server.authority(), &[]);
}

/// Only the lack of a response is an error.
pub async fn every_status_is_a_response(make: Make) {
    let server = Server::plain(|mut connection| async move {
        while let Some(received) = connection.request().await {
            let status = received.line().split(['/', ' ']).nth(2).unwrap();
            let text =
                format!("HTTP/1.1 {status} Whatever\r\nX-Line-Request-Id: r-{status}\r\nContent-Length: 2\r\n\r\n{{}}");
            connection.write(text).await.unwrap();
        }
    })
    .await;
    let backend = backend(make);
    for status in [200, 201, 400, 401, 404, 405, 413, 415, 429, 500, 502, 503, 599] {
        let request = request(Method::GET, &server.url(&format!("/{status}")), "");
        let response = backend.send(request, generous_limits()).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["x-line-request-id"], format!("r-{status}").as_str());
        assert_eq!(response.body(), "{}");
    }
}

/// With every status, and whatever its target.
pub async fn a_redirect_is_returned_and_not_followed(make: Make) {
    let target = Server::plain(|mut connection| async move { drop(connection.respond(ok("followed")).await) }).await;
    let location = target.url("/stolen");
    for status in [301, 302, 303, 307, 308] {
        let text = format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 5\r\n\r\nmoved");
        let server = Server::start(None, move |mut connection| {
            let text = text.clone();
            async move { while connection.respond(&text).await.is_some() {} }
        })
        .await;
        for request in [post(&server), get(&server)] {
            let response = succeeds(make, request).await;
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()["location"], location.as_str());
            assert_eq!(response.body(), "moved");
        }
    }
    assert_eq!(target.connections(), 0, "the target of a redirect was contacted");
}

/// Nobody asked for a compressed body, so nobody decodes it.
pub async fn a_gzip_body_is_left_as_it_came(make: Make) {
    const BODY: &[u8] = b"\x1f\x8b\x08\x00not really gzip";
    let server = Server::plain(|mut connection| async move {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", BODY.len());
        connection.respond([head.as_bytes(), BODY].concat()).await;
        connection.closed().await;
    })
    .await;
    let response = succeeds(make, post(&server)).await;
    assert_eq!(response.body(), BODY);
    assert_eq!(response.headers()["content-encoding"], "gzip");
    assert_eq!(response.headers()["content-length"], BODY.len().to_string().as_str());
}

/// Several chunks, an extension, a trailer, in pieces that fit none of them.
pub async fn a_chunked_body_is_put_together(make: Make) {
    let server = Server::plain(|mut connection| async move {
        connection.request().await.unwrap();
        for piece in [
            "HTTP/1.1 200 OK\r\nTransfer-",
            "Encoding: chunked\r\n\r\n4\r\nfour\r",
            "\n5;name=value\r\nthr",
            "ee\r\n0\r\nX-Trailer: t\r\n",
            "\r\n",
        ] {
            connection.write(piece).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        connection.closed().await;
    })
    .await;
    assert_eq!(succeeds(make, post(&server)).await.body(), "fourthree");
}

/// Neither a length nor chunks: the body ends where the connection does.
pub async fn an_http_1_0_response_ends_with_its_connection(make: Make) {
    let server = Server::plain(http_1_0).await;
    assert_eq!(succeeds(make, post(&server)).await.body(), "all of it");
}

pub(crate) async fn http_1_0(mut connection: Connection) {
    connection.respond("HTTP/1.0 200 OK\r\n\r\nall of it").await;
    connection.shut_down().await;
}

/// The response to a revocation is 200 without a body.
pub async fn an_empty_response_is_complete(make: Make) {
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let server = Server::start(None, move |mut connection| async move {
            connection.respond(head).await;
            connection.closed().await;
        })
        .await;
        let response = succeeds(make, post(&server)).await;
        assert!(response.status().is_success());
        assert_eq!(response.body(), "");
    }
}

/// Header values are bytes.
pub async fn a_header_that_is_not_utf8_arrives_as_it_is(make: Make) {
    let server = Server::plain(|mut connection| async move {
        connection.respond(b"HTTP/1.1 200 OK\r\nX-Line-Request-Id: \xff\xfe\r\nContent-Length: 2\r\n\r\nok").await;
        connection.closed().await;
    })
    .await;
    let response = succeeds(make, post(&server)).await;
    assert_eq!(response.headers()["x-line-request-id"].as_bytes(), b"\xff\xfe");
    assert_eq!(response.body(), "ok");
}

/// Gateways add headers.
pub async fn many_headers_and_a_long_one_arrive(make: Make) {
    let server = Server::plain(|mut connection| async move {
        let many: String = (0..60).map(|number| format!("X-Many-{number}: {number}\r\n")).collect();
        let long = "v".repeat(16 * 1024);
        let text = format!("HTTP/1.1 200 OK\r\n{many}X-Long: {long}\r\nContent-Length: 2\r\n\r\nok");
        connection.respond(text).await;
        connection.closed().await;
    })
    .await;
    let response = succeeds(make, post(&server)).await;
    assert_eq!(response.headers()["x-many-59"], "59");
    assert_eq!(response.headers()["x-long"].len(), 16 * 1024);
    assert_eq!(response.body(), "ok");
}

/// Memory is bounded for headers as it is for the body.
pub async fn an_endless_header_is_an_error(make: Make) {
    let server = Server::plain(|mut connection| async move {
        connection.respond("HTTP/1.1 200 OK\r\nX-Endless: ").await;
        while connection.write([b'v'; 8192]).await.is_ok() {}
    })
    .await;
    let backend = backend(make);
    fails(&*backend, post(&server), generous_limits(), TransportErrorKind::Other, Sent::Unknown, "POST").await;
}

/// The response is the one after all 1xx.
pub async fn an_interim_response_is_skipped(make: Make) {
    let server = Server::plain(|mut connection| async move {
        let interim = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n";
        connection.respond(format!("HTTP/1.1 100 Continue\r\n\r\n{interim}{}", ok("at last"))).await;
        connection.closed().await;
    })
    .await;
    let response = succeeds(make, post(&server)).await;
    assert_eq!((response.status().as_u16(), &response.body()[..]), (200, &b"at last"[..]));
}
