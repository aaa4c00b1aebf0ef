//! The JSON of everything that a log or a health endpoint shows.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use line_channel_token_cache::{
    CacheState, Event, IssueReason, JwtSource, RefreshAhead, RetireReason, Retired, RevocationReport, ShortLivedSource,
    Shutdown, StaticSource, TokenCache,
};
use line_channel_token_core::{
    AccessToken, AssertionKid, ChannelId, ChannelSecret, Error, Operation, TokenKeyId, TokenLifetime,
};
use line_channel_token_mock::{FakeSigner, MockBackend, Reply};
use serde_json::{Value, json, to_value};

const TOKEN: &str = "the-channel-access-token";
const SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

fn id() -> ChannelId {
    ChannelId::new("1234567890").unwrap()
}

fn secret() -> ChannelSecret {
    ChannelSecret::new(SECRET).unwrap()
}

fn key_id(id: &str) -> TokenKeyId {
    TokenKeyId::new(id).unwrap()
}

fn short_lived(line: &MockBackend) -> TokenCache {
    let source = ShortLivedSource::new(line.client(), id(), secret());
    TokenCache::builder(source).clock(Arc::new(line.clock().clone())).build()
}

fn json_of(value: impl serde::Serialize) -> Value {
    let text = serde_json::to_string(&value).unwrap();
    assert!(!text.contains(TOKEN) && !text.contains(SECRET), "{text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn a_status_has_its_times_in_seconds() {
    let line = MockBackend::new();
    let reply = Reply::short_lived_token(TOKEN).expires_in(Duration::from_secs(3600));
    line.given(Operation::Issue).respond(reply);
    let cache = short_lived(&line);
    cache.warm_up().await.unwrap();
    line.clock().advance(Duration::from_millis(1500));
    assert_eq!(
        json_of(cache.status()),
        json!({
            "state": "fresh", "is_ready": true, "remaining_secs": 3598.5, "in_flight": false, "last_error": null,
            "retry_in_secs": 58.5, "slots_used": 1, "pending_revocations": 0,
        })
    );
}

#[tokio::test]
async fn a_status_names_the_last_error() {
    let line = MockBackend::new();
    line.given(Operation::Issue).respond(Reply::invalid_client_secret());
    let cache = short_lived(&line);
    cache.warm_up().await.unwrap_err();
    let status = json_of(cache.status());
    assert_eq!((&status["state"], &status["is_ready"]), (&json!("empty"), &json!(false)));
    assert_eq!(status["last_error"]["kind"], "invalid_client");
    assert_eq!(status["last_error"]["operation"], "issue");
    assert_eq!(status["last_error"]["status"], 400);
    assert!(status["last_error"]["message"].as_str().unwrap().contains("secret"), "{status}");
}

#[tokio::test]
async fn a_non_expiring_token_has_null_seconds() {
    let cache = TokenCache::new(StaticSource::new(AccessToken::new(TOKEN).unwrap()));
    cache.warm_up().await.unwrap();
    let status = json_of(cache.status());
    assert_eq!((&status["state"], &status["remaining_secs"]), (&json!("fresh"), &Value::Null));
}

#[test]
fn each_event_has_a_name_and_its_fields() {
    let error = Error::transient("the vault is sealed");
    let described = json!({
        "kind": "temporarily_unavailable", "message": "the vault is sealed", "sent": "not_sent", "operation": null, "status": null,
        "oauth_code": null, "request_id": null, "retry_after_secs": null,
    });
    let half = Duration::from_millis(500);
    let kid = AssertionKid::new("old").unwrap();
    let events = [
        (Event::Issued { expires_in: None }, json!({ "event": "issued", "expires_in_secs": null })),
        (Event::Refreshed { expires_in: Some(half) }, json!({ "event": "refreshed", "expires_in_secs": 0.5 })),
        (
            Event::RefreshFailed { error: error.clone(), retry_in: half },
            json!({ "event": "refresh_failed", "error": described, "retry_in_secs": 0.5 }),
        ),
        (Event::ServedStale, json!({ "event": "served_stale" })),
        (Event::Invalidated, json!({ "event": "invalidated" })),
        (Event::Revoked { key_id: Some(key_id("key-1")) }, json!({ "event": "revoked", "key_id": "key-1" })),
        (
            Event::RevocationFailed { error, retry_in: Duration::MAX },
            json!({ "event": "revocation_failed", "error": described, "retry_in_secs": null }),
        ),
        (
            Event::BudgetExhausted { slots: 10, available_in: half },
            json!({ "event": "budget_exhausted", "slots": 10, "available_in_secs": 0.5 }),
        ),
        (
            Event::TokenLimitReached { listed: 30, unknown: vec![key_id("key-2")] },
            json!({ "event": "token_limit_reached", "listed": 30, "unknown": ["key-2"] }),
        ),
        (
            Event::FallbackSignerUsed { rejected: Some(kid), used: None },
            json!({ "event": "fallback_signer_used", "rejected": "old", "used": null }),
        ),
    ];
    for (event, expected) in events {
        assert_eq!(json_of(&event), expected);
        assert_eq!(expected["event"], event.as_str());
        assert_eq!(format!("{event:>24}"), format!("{:>24}", event.as_str()), "`Display` writes the name");
    }
}

#[test]
fn kinds_are_their_names() {
    for (kind, name) in [
        (to_value(CacheState::Mandatory), CacheState::Mandatory.to_string()),
        (to_value(IssueReason::Ahead), IssueReason::Ahead.to_string()),
        (to_value(RefreshAhead::WhenUsed), RefreshAhead::WhenUsed.to_string()),
        (to_value(RetireReason::Replaced), RetireReason::Replaced.to_string()),
        (to_value(Retired::LeftToExpire), Retired::LeftToExpire.to_string()),
    ] {
        assert_eq!(kind.unwrap(), name);
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
    }
}

#[tokio::test]
async fn a_reconciliation_lists_key_ids() {
    let line = MockBackend::new();
    line.given(Operation::IssueJwt).respond(Reply::jwt_token(TOKEN, "ours"));
    line.given(Operation::KeyIds).respond(Reply::key_ids(["ours", "theirs"]));
    let signer = FakeSigner::new(id(), AssertionKid::new("kid").unwrap()).with_clock(Arc::new(line.clock().clone()));
    let source = JwtSource::new(line.client(), signer, TokenLifetime::MAX);
    let cache = TokenCache::builder(source).clock(Arc::new(line.clock().clone())).build();
    cache.warm_up().await.unwrap();
    let found = cache.reconcile().await.unwrap();
    assert_eq!(json_of(found), json!({ "held": ["ours"], "orphans": ["theirs"], "missing": null }));
}

#[tokio::test]
async fn a_report_counts_revocations() {
    let nothing = json!({
        "is_complete": true, "revoked": 0, "left_to_expire": 0, "failed": 0, "unfinished": 0, "calls_in_flight": 0,
        "last_error": null,
    });
    assert_eq!(json_of(RevocationReport::default()), nothing);

    let line = MockBackend::new();
    line.given(Operation::Issue).respond(Reply::short_lived_token(TOKEN));
    line.given(Operation::Revoke).respond(Reply::rate_limited());
    let cache = short_lived(&line);
    cache.warm_up().await.unwrap();
    let report = json_of(cache.shutdown(Shutdown::default().revoking_current()).await);
    assert_eq!((&report["is_complete"], &report["failed"]), (&json!(false), &json!(1)));
    assert_eq!(report["last_error"]["kind"], "rate_limited");
}

/// The seconds of a test's events are on its own clock, so a log of them can be compared as text.
#[tokio::test]
async fn events_can_be_logged_as_lines_of_json() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let log = lines.clone();
    let cache = TokenCache::builder(StaticSource::new(AccessToken::new(TOKEN).unwrap()))
        .on_event(move |event| log.lock().unwrap().push(serde_json::to_string(event).unwrap()))
        .build();
    let token = cache.token().await.unwrap();
    cache.invalidate(&token);
    assert_eq!(*lines.lock().unwrap(), [r#"{"event":"issued","expires_in_secs":null}"#, r#"{"event":"invalidated"}"#]);
}
