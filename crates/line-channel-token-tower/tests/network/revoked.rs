//! Each client survives a token that LINE has revoked.

use std::sync::Arc;

use http::StatusCode;
use line_channel_token_cache::{ShortLivedSource, TokenCache, TokenPool};
use line_channel_token_core::{BaseUrl, ChannelId, ChannelSecret};
use line_channel_token_emulator::{EmulatedChannel, Emulator, EmulatorServer, TokenFamily};
use line_channel_token_tower::AuthorizationLayer;
use tower::{Layer, ServiceExt};

use crate::clients::{Names, over_reqwest, reqwest_client, stacks};
use crate::servers::tls_before;

const MESSAGE: &str = r#"{"to":"U4af4980629","messages":[{"type":"text","text":"Hello"}]}"#;

struct Line {
    emulator: Emulator,
    server: EmulatorServer,
    channel: ChannelId,
    issues: Arc<std::sync::atomic::AtomicUsize>,
}

impl Line {
    async fn start() -> Self {
        let issues = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = issues.clone();
        let emulator = Emulator::builder()
            .channel(EmulatedChannel::new("1234567890", "s3cret").unwrap())
            .on_request(move |record| {
                if record.path.contains("accessToken") {
                    count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                }
            })
            .build()
            .unwrap();
        let server = emulator.serve(([127, 0, 0, 1], 0).into()).await.unwrap();
        Self { emulator, server, channel: ChannelId::new("1234567890").unwrap(), issues }
    }

    fn source(&self) -> ShortLivedSource {
        let secret = ChannelSecret::new("s3cret").unwrap();
        ShortLivedSource::new(self.emulator.client(), self.channel.clone(), secret)
    }

    fn issues(&self) -> usize {
        self.issues.load(std::sync::atomic::Ordering::SeqCst)
    }

    fn revoke(&self) {
        assert!(self.emulator.revoke_all(&self.channel) > 0);
        assert_eq!(self.emulator.live_tokens(&self.channel, TokenFamily::ShortLived), 0);
    }
}

#[tokio::test]
async fn over_tcp_each_client_survives_it() {
    for index in 0..4 {
        let line = Line::start().await;
        let layer = AuthorizationLayer::new(TokenCache::new(line.source())).allow_origin(&line.server.base_url());
        let stack = stacks(&layer, &Names::new()).swap_remove(index);
        let url = format!("{}/v2/bot/message/push", line.server.url());
        assert_eq!(stack.post(&url, MESSAGE).await, StatusCode::OK, "{}", stack.name);
        line.revoke();
        assert_eq!(stack.post(&url, MESSAGE).await, StatusCode::OK, "{}", stack.name);
        assert_eq!(line.issues(), 2, "{}", stack.name);
    }
}

#[tokio::test]
async fn over_tls_each_client_survives_it() {
    for index in 0..4 {
        let line = Line::start().await;
        let layer = AuthorizationLayer::new(TokenCache::new(line.source()));
        let names = vec![("api.line.me", tls_before("api.line.me", line.server.local_addr()).await)];
        let stack = stacks(&layer, &names).swap_remove(index);
        let url = "https://api.line.me/v2/bot/message/push";
        assert_eq!(stack.post(url, MESSAGE).await, StatusCode::OK, "{}", stack.name);
        line.revoke();
        assert_eq!(stack.post(url, MESSAGE).await, StatusCode::OK, "{}", stack.name);
        assert_eq!(line.issues(), 2, "{}", stack.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_pushes_cause_one_issue() {
    let line = Line::start().await;
    let tokens = TokenCache::new(line.source());
    let layer = AuthorizationLayer::new(tokens.clone()).allow_origin(&line.server.base_url());
    tokens.warm_up().await.unwrap();
    line.revoke();
    let stack = Arc::new(over_reqwest(&layer, reqwest_client(&Names::new()).build().unwrap()));
    let url = format!("{}/v2/bot/message/push", line.server.url());
    let pushes: Vec<_> = (0..200)
        .map(|_| {
            let (stack, url) = (stack.clone(), url.clone());
            tokio::spawn(async move { stack.post(&url, MESSAGE).await })
        })
        .collect();
    for push in pushes {
        assert_eq!(push.await.unwrap(), StatusCode::OK);
    }
    assert_eq!(line.issues(), 2);
}

#[tokio::test]
async fn a_stream_is_sent_once() {
    let line = Line::start().await;
    let tokens = TokenCache::new(line.source());
    let layer = AuthorizationLayer::new(tokens.clone()).allow_origin(&line.server.base_url());
    let client = reqwest_client(&Names::new()).build().unwrap();
    let url = format!("{}/v2/bot/message/push", line.server.url());
    let body = || reqwest::Body::wrap(http_body_util::Full::new(bytes::Bytes::from_static(MESSAGE.as_bytes())));
    let service = layer.layer(client.clone());
    let request = || client.post(&url).body(body()).build().unwrap();
    assert!(request().try_clone().is_none());
    assert_eq!(service.clone().oneshot(request()).await.unwrap().status(), StatusCode::OK);
    line.revoke();
    assert_eq!(service.clone().oneshot(request()).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(service.oneshot(request()).await.unwrap().status(), StatusCode::OK, "the dead token was invalidated");

    line.revoke();
    let client = reqwest_middleware::ClientBuilder::new(client).with(layer).build();
    let push = || client.post(&url).body(body()).send();
    assert_eq!(push().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert!(tokens.try_token().is_none(), "the dead token was invalidated");
}

#[tokio::test]
async fn a_pool_serves_each_client() {
    let line = Line::start().await;
    let (emulator, secret) = (line.emulator.clone(), ChannelSecret::new("s3cret").unwrap());
    let make = move |channel: &ChannelId| Ok(ShortLivedSource::new(emulator.client(), channel.clone(), secret.clone()));
    let pool = TokenPool::builder(make).clock(line.emulator.client().clock()).build();
    let layer = AuthorizationLayer::from_pool(pool).allow_origin(&line.server.base_url());
    let http = reqwest_client(&Names::new()).build().unwrap();
    let url = format!("{}/v2/bot/message/push", line.server.url());
    let push = || http.post(&url).body(MESSAGE).build().unwrap();
    let service = layer.layer(http.clone());
    let error = service.clone().oneshot(push()).await.unwrap_err();
    assert!(error.to_string().contains("names no channel"), "{error}");
    let response = service.with_channel(line.channel.clone()).oneshot(push()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);

    line.revoke();
    let client = reqwest_middleware::ClientBuilder::new(http.clone()).with(layer).build();
    let error = client.post(&url).send().await.unwrap_err();
    let reqwest_middleware::Error::Middleware(error) = error else { panic!("{error}") };
    assert!(error.is::<line_channel_token_core::Error>(), "{error}");
    let request = client.post(&url).with_extension(line.channel.clone()).body(MESSAGE);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(line.issues(), 2);
}

#[tokio::test]
async fn a_call_of_ones_own_survives_it() {
    let line = Line::start().await;
    let tokens = TokenCache::new(line.source());
    let http = reqwest_client(&Names::new()).build().unwrap();
    let url = BaseUrl::new(line.server.url()).unwrap();
    let push = |token: Arc<line_channel_token_cache::CachedToken>| {
        let request = http.post(format!("{url}/v2/bot/message/push")).body(MESSAGE);
        request.header(http::header::AUTHORIZATION, token.header_value()).send()
    };
    assert_eq!(tokens.authorized(push).await.unwrap().unwrap().status(), StatusCode::OK);
    line.revoke();
    let response = tokens.authorized(|token| {
        let sending = push(token);
        async move { sending.await?.error_for_status() }
    });
    assert_eq!(response.await.unwrap().unwrap().status(), StatusCode::OK);
    assert_eq!(line.issues(), 2);
}
