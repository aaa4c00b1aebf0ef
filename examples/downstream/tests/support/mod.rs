//! What several tests need.
#![allow(dead_code, reason = "not every test needs everything")]

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::routing::post;
use axum::{Router, serve};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use line_channel_token::BaseUrl;
use line_channel_token::configuration::ChannelConfig;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

pub const CHANNEL_ID: &str = "1234567890";
pub const CHANNEL_SECRET: &str = "s3cret";

/// The channel as the environment would configure it.
pub fn channel() -> ChannelConfig {
    ChannelConfig::from_vars([("LINE_CHANNEL_ID", CHANNEL_ID), ("LINE_CHANNEL_SECRET", CHANNEL_SECRET)]).unwrap()
}

/// A Messaging API on a port of its own, which takes these tokens alone, and each retry key once.
pub struct MessagingApi {
    pub base_url: BaseUrl,
    seen: Arc<Mutex<Vec<String>>>,
    failures: Arc<AtomicUsize>,
}

impl MessagingApi {
    pub async fn taking(tokens: &'static [&'static str]) -> Self {
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let sink = Arc::clone(&seen);
        let accepted: Arc<Mutex<HashSet<HeaderValue>>> = Arc::default();
        let failures: Arc<AtomicUsize> = Arc::default();
        let left = Arc::clone(&failures);
        let push = async move |headers: HeaderMap| {
            let token = headers["authorization"].to_str().unwrap().trim_start_matches("Bearer ").to_owned();
            let status = if !tokens.contains(&&*token) {
                StatusCode::UNAUTHORIZED
            } else {
                let is_new = accepted.lock().unwrap().insert(headers["x-line-retry-key"].clone());
                if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                    StatusCode::INTERNAL_SERVER_ERROR
                } else if is_new {
                    StatusCode::OK
                } else {
                    StatusCode::CONFLICT
                }
            };
            sink.lock().unwrap().push(format!("{token} {}", status.as_u16()));
            status
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = BaseUrl::new(format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(serve(listener, Router::new().route("/v2/bot/message/push", post(push))).into_future());
        Self { base_url, seen, failures }
    }

    /// Responds 500 to so many of the next requests, and takes their messages all the same.
    pub fn fail(&self, count: usize) {
        self.failures.store(count, Ordering::SeqCst);
    }

    /// The token and the status of each request so far.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// A text message of a user, as LINE posts it. Each text is an event of its own.
pub fn text_event(text: &str) -> String {
    format!(
        r#"{{"destination":"U0","events":[{{"type":"message","mode":"active","timestamp":1767225600000,
        "webhookEventId":"event {text}","deliveryContext":{{"isRedelivery":false}},"replyToken":"r",
        "source":{{"type":"user","userId":"U1"}},"message":{{"id":"1","type":"text","text":"{text}"}}}}]}}"#
    )
}

/// The signature of a webhook with this body.
pub fn signed(body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, CHANNEL_SECRET.as_bytes());
    STANDARD.encode(hmac::sign(&key, body.as_bytes()))
}

/// Posts a webhook as LINE does.
pub async fn webhook(bot: &Router, body: &str, signature: &str) -> StatusCode {
    let request = Request::post("/webhook").header("x-line-signature", signature);
    let request = request.body(Body::from(body.to_owned())).unwrap();
    bot.clone().oneshot(request).await.unwrap().status()
}

/// Asks as a readiness probe does.
pub async fn readiness(bot: &Router) -> StatusCode {
    let request = Request::get("/health/ready").body(Body::empty()).unwrap();
    bot.clone().oneshot(request).await.unwrap().status()
}
