//! Each client pushes to the emulator over TCP and TLS, and the next push after its token was revoked arrives too, once.

mod support;

use interop::{
    with_hyper_util, with_line_bot_messaging_api, with_line_bot_sdk_rust, with_reqwest, with_reqwest_middleware,
    with_reqwest_service,
};
use line_bot_messaging_api::api;
use line_bot_messaging_api::message::TextMessage as Text;
use line_bot_sdk_rust::line_messaging_api::models::{Message, PushMessageRequest, TextMessage};
use line_channel_token::authorization::Authorization;
use reqwest_middleware::ClientWithMiddleware;
use support::{AuthorizedHyper, Hyper, Line, Scheme, issue, push};

/// A UUID for each message, as LINE takes it.
fn retry_key(nth: usize) -> String {
    format!("123e4567-e89b-12d3-a456-{nth:012}")
}

/// What `tokio::spawn` takes, but for its lifetime.
fn spawnable<F: Future + Send>(push: F) -> F {
    push
}

/// Pushes, meets a revoked token, and pushes all the same.
async fn one_after_the_other(line: &Line, send: impl AsyncFn(usize) -> Result<(), String>) {
    send(0).await.unwrap();
    assert_eq!(line.seen(), [issue(), push(200)]);

    line.revoke_all();
    send(1).await.unwrap();
    let sent = line.sent();
    let both = ["message 1\"".to_owned(), format!("x-line-retry-key: {}\r\n", retry_key(1))];
    for part in both {
        assert_eq!(sent.to_lowercase().matches(&part).count(), 2, "the second attempt is the same message: {sent}");
    }
    assert_eq!(line.seen(), [push(401), issue(), push(200)], "refused once, and sent once more with the next token");
    send(2).await.unwrap();
    assert_eq!(line.seen(), [push(200)], "the next token stays");
    assert_eq!(line.live_tokens(), 1);
}

/// Many pushes at once meet one revoked token.
async fn many_at_once(line: &Line, send: impl AsyncFn(usize) -> Result<(), String>) {
    send(0).await.unwrap();
    line.revoke_all();
    let sent = futures_util::future::join_all((3..23).map(|nth| send(nth))).await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    let seen = line.seen();
    let count = |wanted: &str| seen.iter().filter(|line| *line == wanted).count();
    assert_eq!(count(&push(200)), 20, "each message arrives once: {seen:?}");
    assert_eq!(count(&issue()), 1, "one token for all of them: {seen:?}");
    assert_eq!(line.live_tokens(), 1);
}

/// The tests of one client; `$http` makes what all its calls share.
macro_rules! over_tcp_and_tls {
    ($client:ident, $http:ident) => {
        mod $client {
            use super::*;

            async fn over(scheme: Scheme) {
                let line = Line::start(scheme).await;
                let http = line.$http();
                one_after_the_other(&line, async |nth| super::$client(&line, &http, nth).await).await;
                let line = Line::start(scheme).await;
                let http = line.$http();
                many_at_once(&line, async |nth| super::$client(&line, &http, nth).await).await;
            }

            #[tokio::test]
            async fn over_tcp() {
                over(Scheme::Http).await;
            }

            #[tokio::test]
            async fn over_tls() {
                over(Scheme::Https).await;
            }
        }
    };
}

over_tcp_and_tls!(through_line_bot_sdk_rust, hyper);

async fn through_line_bot_sdk_rust(line: &Line, http: &Hyper<String>, nth: usize) -> Result<(), String> {
    let text = Message::TextMessage(TextMessage::new(format!("message {nth}")));
    let message = PushMessageRequest::new("U1".to_owned(), vec![text]);
    let retry_key = retry_key(nth);
    let pushed = with_line_bot_sdk_rust::push(&line.tokens, http, &line.url, &message, &retry_key);
    let pushed = spawnable(pushed).await.map_err(|error| error.to_string())?;
    assert_eq!(pushed.sent_messages.len(), 1);
    Ok(())
}

over_tcp_and_tls!(through_line_bot_messaging_api, reqwest);

async fn through_line_bot_messaging_api(line: &Line, http: &reqwest::Client, nth: usize) -> Result<(), String> {
    let message = api::PushMessageRequest::new("U1", [Text::new(format!("message {nth}"))]).retry_key(retry_key(nth));
    let pushed = with_line_bot_messaging_api::push(&line.tokens, http, &line.url, &message);
    let pushed = spawnable(pushed).await.map_err(|error| error.to_string())?;
    assert_eq!(pushed.sent_messages.len(), 1);
    Ok(())
}

over_tcp_and_tls!(through_reqwest, reqwest);

async fn through_reqwest(line: &Line, http: &reqwest::Client, nth: usize) -> Result<(), String> {
    let (text, retry_key) = (format!("message {nth}"), retry_key(nth));
    let pushed = with_reqwest::push(&line.tokens, http, &line.url, "U1", &text, &retry_key);
    spawnable(pushed).await.map_err(|error| error.to_string())
}

over_tcp_and_tls!(through_hyper_util, authorized_hyper);

async fn through_hyper_util(line: &Line, http: &AuthorizedHyper, nth: usize) -> Result<(), String> {
    let (text, retry_key) = (format!("message {nth}"), retry_key(nth));
    let pushed = with_hyper_util::push(http, &line.base_url, "U1", &text, &retry_key);
    spawnable(pushed).await.map_err(|error| error.to_string())
}

over_tcp_and_tls!(through_reqwest_service, authorized_reqwest);

async fn through_reqwest_service(line: &Line, http: &Authorization<reqwest::Client>, nth: usize) -> Result<(), String> {
    let (text, retry_key) = (format!("message {nth}"), retry_key(nth));
    let pushed = with_reqwest_service::push(http, &line.base_url, "U1", &text, &retry_key);
    spawnable(pushed).await.map_err(|error| error.to_string())
}

over_tcp_and_tls!(through_reqwest_middleware, reqwest_with_middleware);

async fn through_reqwest_middleware(line: &Line, http: &ClientWithMiddleware, nth: usize) -> Result<(), String> {
    let (text, retry_key) = (format!("message {nth}"), retry_key(nth));
    let pushed = with_reqwest_middleware::push(http, &line.base_url, "U1", &text, &retry_key);
    spawnable(pushed).await.map_err(|error| error.to_string())
}
