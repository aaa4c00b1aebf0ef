//! The cache stops before LINE does.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use line_channel_token_cache::{
    IssueRequest, Issued, JwtSource, NewToken, RetireReason, Retired, ShortLivedSource, SourcePolicy, TokenSource,
};
use line_channel_token_core::{Clock, Error, ErrorKind, TokenKeyId, TokenLifetime};

use crate::support::{DAY, Line, MINUTE, settle};

/// Others issue this many tokens.
async fn fill(line: &Line, tokens: usize) {
    for _ in 0..tokens {
        line.client()
            .issue_jwt(&line.signer(0).with_clock(line.client().clock()).sign_for(TokenLifetime::MAX).unwrap())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn endless_refusals_stop_short_of_thirty() {
    let line = Line::new();
    let cache = line.cache(line.jwt());
    let mut last = None;
    for _ in 0..300 {
        if let Ok(token) = cache.token().await {
            cache.invalidate(&token);
            last = Some(token);
        }
        line.clock.advance(11 * MINUTE);
    }
    assert_eq!(line.live(), 28, "LINE is asked what it has, whatever the budget says");
    // LINE lists the refused token as valid: it is better than none.
    let token = cache.token().await.unwrap();
    assert_eq!(token.key_id(), last.unwrap().key_id());
    assert!(line.client().verify_jwt(token.access_token()).await.is_ok());
    line.clock.advance(30 * DAY);
    assert!(cache.token().await.is_ok(), "expired tokens use no slot");
}

#[tokio::test]
async fn repeated_refusals_slow_issues_down() {
    let line = Line::new();
    let cache = line.cache(line.jwt());
    for _ in 0..60 {
        if let Ok(token) = cache.token().await {
            cache.invalidate(&token);
        }
        line.clock.advance(MINUTE);
    }
    assert!((4..=15).contains(&line.live()), "{} tokens in an hour", line.live());
}

#[tokio::test]
async fn only_lost_responses_use_a_slot() {
    let line = Line::new();
    let cache = line.cache(line.jwt().with_budget(4).unwrap());
    line.way.cut.store(true, Ordering::SeqCst);
    for _ in 0..20 {
        assert!(cache.token().await.is_err());
        line.clock.advance(11 * MINUTE);
    }
    assert_eq!((line.live(), cache.status().slots_used), (0, 0));
    line.way.cut.store(false, Ordering::SeqCst);
    line.way.loses.store(true, Ordering::SeqCst);
    for lost in 1..=4 {
        assert!(cache.token().await.is_err());
        assert_eq!((line.live(), cache.status().slots_used), (lost, lost));
        line.clock.advance(11 * MINUTE);
    }
    // From here on LINE is asked before each issue, and says that there is room.
    for _ in 0..100 {
        assert!(cache.token().await.is_err());
        line.clock.advance(11 * MINUTE);
    }
    assert_eq!((line.live(), cache.status().slots_used), (28, 28));
    let error = cache.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IssueBudgetReached, "{error}");
}

#[tokio::test]
async fn unlistable_lost_responses_cost_five_minutes() {
    let line = Line::new();
    let source = ShortLivedSource::new(line.client(), line.id(), line.secret()).with_budget(2).unwrap();
    let cache = line.cache(source);
    line.way.loses.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let error = cache.token().await.unwrap_err();
        line.clock.advance(error.retry_after().unwrap());
    }
    line.way.loses.store(false, Ordering::SeqCst);
    let error = cache.token().await.unwrap_err();
    assert_eq!((error.kind(), line.live()), (ErrorKind::IssueBudgetReached, 2), "{error}");
    assert!(error.retry_after().unwrap() < 5 * MINUTE, "{error}");
    line.clock.advance(error.retry_after().unwrap());
    assert!(cache.token().await.is_ok());
}

#[tokio::test]
async fn the_budget_delays_ten_minutes_at_most() {
    let line = Line::new();
    let source = ShortLivedSource::new(line.client(), line.id(), line.secret()).with_budget(2).unwrap();
    let cache = line.cache(source);
    for _ in 0..2 {
        cache.token().await.unwrap();
        line.clock.advance(MINUTE);
        // By the calendar the token has expired; LINE may hold it to be valid, so its slot is used.
        line.clock.set_unix_time(line.clock.now().unix + 31 * DAY);
    }
    let error = cache.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IssueBudgetReached, "{error}");
    assert_eq!(error.retry_after(), Some(9 * MINUTE), "the last one was issued a minute ago");
    line.clock.advance(9 * MINUTE);
    assert!(cache.token().await.is_ok());
}

#[tokio::test]
async fn a_refusal_charges_nothing() {
    let line = Line::new();
    let cache = line.cache(line.jwt());
    line.emulator.remove_key("kid-0");
    for _ in 0..50 {
        assert_eq!(cache.token().await.unwrap_err().kind(), ErrorKind::UnknownAssertionKey);
        line.clock.advance(11 * MINUTE);
    }
    assert_eq!(cache.status().slots_used, 0);
    line.register(0);
    assert!(cache.token().await.is_ok());
}

#[tokio::test]
async fn the_budget_blocks_no_valid_token() {
    let line = Line::new();
    let cache = line.cache(line.jwt().with_budget(2).unwrap());
    let first = cache.token().await.unwrap();
    cache.invalidate(&first);
    let second = cache.token().await.unwrap();
    fill(&line, 26).await;
    // 27 days later a new one is due, neither slot is free, and others use all but two of LINE's.
    line.live_through(&cache, 27, DAY).await;
    let served = cache.token().await.unwrap();
    assert_eq!(served.key_id(), second.key_id());
    assert_eq!(line.told("BudgetExhausted"), 1);
    let retry_in = cache.status().retry_in;
    assert!(retry_in > 30 * MINUTE && retry_in <= 60 * MINUTE, "{retry_in:?}: somebody may revoke some");
}

#[tokio::test]
async fn an_exhausted_budget_yields_to_the_listing() {
    let line = Line::new();
    let cache = line.cache(line.jwt().with_budget(2).unwrap());
    let first = cache.token().await.unwrap();
    cache.invalidate(&first);
    let second = cache.token().await.unwrap();
    line.live_through(&cache, 27, DAY).await;
    assert_ne!(cache.token().await.unwrap().key_id(), second.key_id());
    assert_eq!(line.told("BudgetExhausted"), 0);
}

#[tokio::test]
async fn lines_token_limit_is_passed_on() {
    let line = Line::new();
    fill(&line, 30).await;
    let cache = line.cache(line.jwt());
    for _ in 0..60 {
        let error = cache.token().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TokenLimitReached);
        assert!(
            error.to_string().contains("LINE lists 30 valid tokens, of which this cache does not know 30"),
            "{error}"
        );
        line.clock.advance(MINUTE);
    }
    assert!((3..=13).contains(&line.told("RefreshFailed")), "{} calls in an hour", line.told("RefreshFailed"));
    assert_eq!(
        (line.told("TokenLimitReached"), cache.status().slots_used),
        (1, 0),
        "which tokens there are is reported once"
    );
}

#[test]
fn a_budget_outside_of_lines_thirty_is_refused() {
    for slots in [0, 1, 31] {
        assert_eq!(Line::new().jwt().with_budget(slots).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

/// Its listing does harm.
#[derive(Debug)]
struct Unlistable {
    source: JwtSource,
    hangs: bool,
}

#[async_trait]
impl TokenSource for Unlistable {
    fn policy(&self) -> SourcePolicy {
        self.source.policy()
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        self.source.issue(request).await
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        self.source.retire(token, reason).await
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        assert!(self.hangs, "the source was told to panic");
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_broken_listing_blocks_no_channel() {
    for hangs in [false, true] {
        let line = Line::new();
        let cache = line.cache(Unlistable { source: line.jwt().with_budget(2).unwrap(), hangs });
        line.way.loses.store(true, Ordering::SeqCst);
        for _ in 0..2 {
            let error = cache.token().await.unwrap_err();
            line.clock.advance(error.retry_after().unwrap());
        }
        line.way.loses.store(false, Ordering::SeqCst);
        let caller = cache.clone();
        let call = tokio::spawn(async move {
            while caller.token().await.is_err() {
                settle().await
            }
        });
        for _ in 0..15 * 60 {
            settle().await;
            line.clock.advance(MINUTE / 60);
        }
        assert!(call.is_finished(), "no token in a quarter of an hour (hangs: {hangs}): {:?}", cache.status());
    }
}
