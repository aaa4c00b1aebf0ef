//! A client that refuses some tokens, and a cache whose first token it refuses.

use std::fmt::Debug;
use std::future::{Ready, ready};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::header::AUTHORIZATION;
use http::{Request, Response, StatusCode};
use line_channel_token_cache::{StatelessSource, TokenCache};
use line_channel_token_core::{ChannelId, ChannelSecret, Operation};
use line_channel_token_mock::{MockBackend, Reply};
use tower::{Service, ServiceExt};

pub(crate) const PUSH: &str = "https://api.line.me/v2/bot/message/push";

/// Responds with 401 to all tokens but `live`. It panics if it is called without being polled ready, which no clone of it is.
#[derive(Debug)]
pub(crate) struct Client {
    live: &'static str,
    is_ready: bool,
    log: Arc<Log>,
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    sent: Mutex<Vec<(Option<String>, String)>>,
    pub(crate) open_responses: AtomicUsize,
}

/// A response's body, which says how many are open.
#[derive(Debug)]
pub(crate) struct Body(Arc<Log>);

impl Drop for Body {
    fn drop(&mut self) {
        self.0.open_responses.fetch_sub(1, SeqCst);
    }
}

impl Client {
    pub(crate) fn accepting(live: &'static str) -> Self {
        Self { live, is_ready: false, log: Arc::default() }
    }

    pub(crate) fn log(&self) -> Arc<Log> {
        self.log.clone()
    }
}

impl Log {
    /// The headers and bodies of the requests.
    pub(crate) fn sent(&self) -> Vec<(Option<String>, String)> {
        self.sent.lock().unwrap().clone()
    }

    pub(crate) fn headers(&self) -> Vec<Option<String>> {
        self.sent().into_iter().map(|(header, _)| header).collect()
    }
}

impl Clone for Client {
    fn clone(&self) -> Self {
        Self { live: self.live, is_ready: false, log: self.log.clone() }
    }
}

impl<B: Into<String>> Service<Request<B>> for Client {
    type Response = Response<Body>;
    type Error = std::io::Error;
    type Future = Ready<Result<Response<Body>, std::io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), std::io::Error>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "called without being polled ready");
        let header = request.headers().get(AUTHORIZATION).map(|header| {
            assert!(header.is_sensitive() || header == "Bearer of-the-user", "a header that logs may show");
            header.to_str().unwrap().to_owned()
        });
        let is_live = header.as_deref().and_then(|header| header.strip_prefix("Bearer ")) == Some(self.live);
        self.log.sent.lock().unwrap().push((header, request.into_body().into()));
        if self.live == "no connection" {
            return ready(Err(std::io::Error::other("no connection")));
        }
        self.log.open_responses.fetch_add(1, SeqCst);
        let mut response = Response::new(Body(self.log.clone()));
        *response.status_mut() = if is_live { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        ready(Ok(response))
    }
}

/// A cache that gets these tokens, and fails after the last.
pub(crate) fn cache(tokens: &[&str]) -> (TokenCache, MockBackend) {
    let line = MockBackend::new();
    let failure = Reply::server_error();
    let replies = tokens.iter().rev().fold(None, |later: Option<Reply>, token| {
        let reply = Reply::stateless_token(token);
        Some(reply.then(later.unwrap_or_else(|| failure.clone())))
    });
    line.given(Operation::IssueStateless).respond(replies.unwrap_or(failure));
    let channel = ChannelId::new("1234567890").unwrap();
    let source = StatelessSource::from_secret(line.client(), channel, ChannelSecret::new("s3cret").unwrap());
    (TokenCache::new(source), line)
}

/// Calls a service once it is ready.
pub(crate) async fn call<S: Service<Q, Error: Debug>, Q>(service: &mut S, request: Q) -> S::Future {
    service.ready().await.unwrap().call(request)
}

pub(crate) fn push() -> Request<String> {
    Request::post(PUSH).body("hello".to_owned()).unwrap()
}

pub(crate) fn bearer(token: &str) -> Option<String> {
    Some(format!("Bearer {token}"))
}
