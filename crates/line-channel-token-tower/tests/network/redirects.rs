//! Redirects carry the token to no other server.

use http::StatusCode;
use line_channel_token_cache::{StatelessSource, TokenCache};
use line_channel_token_core::{BaseUrl, ChannelId, ChannelSecret, Operation};
use line_channel_token_mock::{MockBackend, Reply};
use line_channel_token_tower::AuthorizationLayer;

use crate::clients::{Names, layer, over_hyper_with_redirects_inside, stacks};
use crate::servers::{OK, Recorder, UNAUTHORIZED, redirect};

const INFO: &str = "https://api.line.me/v2/bot/info";

#[tokio::test]
async fn another_host_does_not_see_it() {
    for status in [301, 302, 303, 307, 308] {
        let line = Recorder::tls("api.line.me", redirect(status, "https://evil.example/v2/bot/info")).await;
        let other = Recorder::tls("evil.example", OK).await;
        let names = vec![("api.line.me", line.address), ("evil.example", other.address)];
        let mut all = stacks(&layer("t0ken"), &names);
        all.push(over_hyper_with_redirects_inside(&layer("t0ken"), &names));
        for stack in all {
            stack.get(INFO).await;
        }
        assert_eq!((line.counts(), other.counts()), ((5, 5), (4, 0)), "hyper-util alone follows none");
    }
}

#[tokio::test]
async fn a_body_that_goes_elsewhere_takes_no_token_along() {
    let line = Recorder::tls("api.line.me", redirect(307, "https://evil.example/v2/bot/message/push")).await;
    let other = Recorder::tls("evil.example", UNAUTHORIZED).await;
    let names = vec![("api.line.me", line.address), ("evil.example", other.address)];
    let backend = MockBackend::new();
    let replies = Reply::stateless_token("t0ken-1").then(Reply::stateless_token("t0ken-2"));
    backend.given(Operation::IssueStateless).respond(replies);
    let (channel, secret) = (ChannelId::new("1234567890").unwrap(), ChannelSecret::new("s3cret").unwrap());
    let tokens = TokenCache::new(StatelessSource::from_secret(backend.client(), channel, secret));
    for stack in stacks(&AuthorizationLayer::new(tokens), &names).into_iter().take(2) {
        assert_eq!(stack.post("https://api.line.me/v2/bot/message/push", "hello").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!((line.counts(), other.counts()), ((2, 2), (2, 0)), "a 401 of theirs is no reason to repeat it");
    assert_eq!(backend.received_requests().len(), 1, "nor to invalidate the token");
}

#[tokio::test]
async fn the_same_host_without_tls_does_not_see_it() {
    let plain = Recorder::plain(OK).await;
    let location = format!("http://api.line.me:{}/v2/bot/info", plain.address.port());
    let line = Recorder::tls("api.line.me", redirect(302, &location)).await;
    for stack in stacks(&layer("t0ken"), &vec![("api.line.me", line.address)]) {
        stack.get(INFO).await;
    }
    assert_eq!((line.counts(), plain.counts()), ((4, 4), (3, 0)));
}

#[tokio::test]
async fn another_port_of_the_same_host_does_not_see_it() {
    let other = Recorder::tls("api.line.me", OK).await;
    let location = format!("https://api.line.me:{}/v2/bot/info", other.address.port());
    let line = Recorder::tls("api.line.me", redirect(302, &location)).await;
    for stack in stacks(&layer("t0ken"), &vec![("api.line.me", line.address)]) {
        stack.get(INFO).await;
    }
    assert_eq!((line.counts(), other.counts()), ((4, 4), (3, 0)));
}

#[tokio::test]
async fn a_loopback_server_that_was_allowed_passes_it_to_no_other() {
    let other = Recorder::plain(OK).await;
    let location = format!("http://{}/v2/bot/info", other.address);
    let allowed = Recorder::plain(redirect(302, &location)).await;
    let base = BaseUrl::new(format!("http://{}", allowed.address)).unwrap();
    for stack in stacks(&layer("t0ken").allow_origin(&base), &Names::new()) {
        stack.get(&format!("{base}/v2/bot/info")).await;
    }
    assert_eq!((allowed.counts(), other.counts()), ((4, 4), (3, 0)));
}

#[tokio::test]
async fn a_redirect_back_to_line_carries_it() {
    let line = Recorder::tls("api.line.me", OK).await;
    let other = Recorder::tls("gateway.example", redirect(302, INFO)).await;
    let names = vec![("api.line.me", line.address), ("gateway.example", other.address)];
    let all = stacks(&layer("t0ken"), &names);
    let outside = all.iter().find(|stack| stack.name == "hyper-util that follows redirects").unwrap();
    assert_eq!(outside.get("https://gateway.example/").await, StatusCode::OK);
    assert_eq!((line.counts(), other.counts()), ((1, 1), (1, 0)), "the layer decides about each hop");
}
