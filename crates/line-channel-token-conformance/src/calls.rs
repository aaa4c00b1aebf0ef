//! The calls of the cases, and what must hold of each error.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use line_channel_token_core::{HttpBackend, Limits, Sent, TransportError, TransportErrorKind};

use crate::server::Server;

/// Makes the backend under test. The text is the PEM of the CA that signs the certificates of the suite's servers.
pub type Make = fn(ca_pem: &str) -> Arc<dyn HttpBackend>;

/// The form of every POST. It holds a secret.
pub(crate) const FORM: &str = "grant_type=client_credentials&client_id=1234567890&client_secret=s3cretBODY";
/// The path and query of every GET. It holds a secret.
pub(crate) const PATH: &str = "/oauth2/v2.1/verify?access_token=s3cretQUERY.a%2Bb%2Fc%3D%3D";
/// In each response body whose call fails later.
pub(crate) const RESPONSE_SECRET: &str = "s3cretRESPONSE";

/// The backend under test. Without TLS there is no CA, and the text is empty.
pub(crate) fn backend(make: Make) -> Arc<dyn HttpBackend> {
    #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
    let ca_pem = crate::test_ca::ca_pem();
    #[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
    let ca_pem = String::new();
    make(&ca_pem)
}

/// Limits that no case exceeds unless it means to.
pub(crate) fn generous_limits() -> Limits {
    Limits::default().with_timeout(Duration::from_secs(10))
}

/// For the cases that wait for the deadline, if the request does not go out before it.
pub(crate) fn short_timeout() -> Limits {
    Limits::default().with_timeout(Duration::from_millis(200))
}

/// The same if the request must have gone out by then, even on a machine that is busy with other things.
pub(crate) fn timeout_after_sending() -> Limits {
    Limits::default().with_timeout(Duration::from_millis(800))
}

pub(crate) fn post(server: &Server) -> Request<Bytes> {
    request(Method::POST, &server.url("/oauth2/v3/token"), FORM)
}

pub(crate) fn get(server: &Server) -> Request<Bytes> {
    request(Method::GET, &server.url(PATH), "")
}

pub(crate) fn request(method: Method, url: &str, body: &str) -> Request<Bytes> {
    let mut request = Request::builder().method(method).uri(url).header("user-agent", "line-channel-token/0.1.0");
    if !body.is_empty() {
        request = request.header("content-type", "application/x-www-form-urlencoded");
    }
    request.body(Bytes::from(body.to_owned())).unwrap()
}

/// One call, which must bring a response.
pub(crate) async fn succeeds(make: Make, request: Request<Bytes>) -> Response<Bytes> {
    succeeds_with(&*backend(make), request, generous_limits()).await
}

pub(crate) async fn succeeds_with(
    backend: &dyn HttpBackend,
    request: Request<Bytes>,
    limits: Limits,
) -> Response<Bytes> {
    let which = request.method().clone();
    match outcome(backend, request, limits, which.as_str()).await {
        Ok(response) => response,
        Err(error) => {
            panic!("the server responds to this {which}, and the backend returns an error: {}", texts(&error))
        }
    }
}

/// A POST and a GET to the server, which must both fail with this kind.
pub(crate) async fn both_fail(make: Make, server: &Server, limits: Limits, kind: TransportErrorKind, sent: Sent) {
    for request in [post(server), get(server)] {
        let method = request.method().clone();
        // A backend each: the server may be about to close the connection that the first one has kept.
        fails(&*backend(make), request, limits, kind, sent, method.as_str()).await;
    }
}

/// One call, which must fail with this kind, and without showing a secret or the URL.
pub(crate) async fn fails(
    backend: &dyn HttpBackend,
    request: Request<Bytes>,
    limits: Limits,
    kind: TransportErrorKind,
    sent: Sent,
    which: &str,
) -> TransportError {
    let error = match outcome(backend, request, limits, which).await {
        Ok(response) => panic!("{which}: an error of kind {kind:?} is due, got a response, {}", response.status()),
        Err(error) => error,
    };
    let texts = texts(&error);
    assert_eq!((error.kind(), error.sent()), (kind, sent), "{which}: kind or `Sent` of this error is wrong: {texts}");
    assert_names_cause(&error);
    assert_no_secret(&texts);
    assert_no_secret(&format!("{backend:?}{backend:#?}"));
    error
}

/// More than any step of a case takes, also on a busy machine.
const LATE: Duration = Duration::from_secs(5);

/// What the call brings, which must come by its deadline.
async fn outcome(
    backend: &dyn HttpBackend,
    request: Request<Bytes>,
    limits: Limits,
    which: &str,
) -> Result<Response<Bytes>, TransportError> {
    let Ok(outcome) = tokio::time::timeout(limits.timeout + LATE, backend.send(request, limits)).await else {
        panic!("{which}: no end {LATE:?} after the deadline of {:?}", limits.timeout);
    };
    outcome
}

/// Waits for what the backend must do without being called; `otherwise` says what is wrong meanwhile.
pub(crate) async fn ends(otherwise: &str, event: impl Future<Output = ()>) {
    assert!(tokio::time::timeout(LATE, event).await.is_ok(), "{otherwise} after {LATE:?}");
}

/// `Display` says more than the kind.
pub(crate) fn assert_names_cause(error: &TransportError) {
    assert!(error.to_string().contains(": "), "the error names no cause, add it with `with_detail`: {error}");
}

fn assert_no_secret(text: &str) {
    // A proxy is named by scheme, host and port.
    let mut text = text.to_owned();
    for scheme in ["http", "https", "socks5", "socks5h"] {
        text = text.replace(&format!("proxy {scheme}://"), "proxy ");
    }
    for secret in ["s3cret", "access_token=", "client_secret", "/oauth2/", "://127.0.0.1", "://localhost", "://no-such"]
    {
        assert!(!text.contains(secret), "`Display` or `Debug` shows a secret or a URL ({secret}): {text}");
    }
}

/// `Display` and `Debug` of an error and of all its causes.
pub(crate) fn texts(error: &TransportError) -> String {
    let mut texts = String::new();
    let mut next = Some(error as &dyn StdError);
    while let Some(error) = next {
        texts += &format!("{error}\n{error:?}\n{error:#?}\n");
        next = error.source();
    }
    texts
}

/// What `Display` of an error with this cause says.
pub(crate) fn message(kind: TransportErrorKind, sent: Sent, cause: &str) -> String {
    TransportError::new(kind, sent).with_detail(cause.to_owned()).to_string()
}
