//! The cache stops before LINE does.

use std::sync::atomic::Ordering;

use line_channel_token_cache::IssueBudget;
use line_channel_token_core::{ErrorKind, TokenLifetime};

use crate::support::{DAY, Line, MINUTE};

#[tokio::test]
async fn tokens_that_are_refused_for_ever_stop_at_the_budget_and_the_error_says_so() {
    let line = Line::new();
    let cache = line.cache(line.jwt());
    let mut errors = Vec::new();
    for _ in 0..60 {
        match cache.token().await {
            Ok(token) => cache.invalidate(&token),
            Err(error) => errors.push(error),
        }
        line.clock.advance(11 * MINUTE);
    }
    assert_eq!((line.live(), line.told("Issued")), (IssueBudget::DEFAULT_PLACES, IssueBudget::DEFAULT_PLACES));
    assert_eq!(line.told("BudgetReached"), 1, "told once: {:?}", line.events.lock().unwrap());
    let error = errors.last().unwrap();
    assert_eq!(error.kind(), ErrorKind::IssueBudgetReached);
    assert!(error.to_string().contains("10 tokens that this cache has asked for"), "{error}");
    // The first one was issued 60 times 11 minutes ago.
    assert_eq!(error.retry_after(), Some(30 * DAY - 59 * 11 * MINUTE));
    line.clock.advance(30 * DAY);
    assert!(cache.token().await.is_ok(), "expired tokens take up no place");
}

#[tokio::test]
async fn an_issue_whose_answer_was_lost_is_charged_and_one_that_never_left_is_not() {
    let line = Line::new();
    let cache = line.cache(line.jwt().with_budget(4).unwrap());
    line.way.loses.store(true, Ordering::SeqCst);
    for _ in 0..100 {
        assert!(cache.token().await.is_err());
        line.clock.advance(11 * MINUTE);
    }
    assert_eq!((line.live(), cache.status().places_taken), (4, 4));
    let error = cache.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IssueBudgetReached, "{error}");
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
    assert_eq!(cache.status().places_taken, 0);
    line.register(0);
    assert!(cache.token().await.is_ok());
}

#[tokio::test]
async fn with_a_valid_token_the_budget_stops_no_caller() {
    let line = Line::new();
    let cache = line.cache(line.jwt().with_budget(2).unwrap());
    let first = cache.token().await.unwrap();
    cache.invalidate(&first);
    let second = cache.token().await.unwrap();
    // 27 days later a new one is due, and neither place is free.
    line.live_through(&cache, 27, DAY).await;
    let served = cache.token().await.unwrap();
    assert_eq!(served.key_id(), second.key_id());
    assert_eq!(line.told("BudgetReached"), 1);
    assert!(cache.status().next_try_in > 2 * DAY);
}

#[tokio::test]
async fn lines_own_refusal_is_passed_on_and_asked_about_seldom() {
    let line = Line::new();
    // Others fill the channel.
    for _ in 0..30 {
        line.client().issue_jwt(&line.signer(0).sign_for(TokenLifetime::MAX).unwrap()).await.unwrap();
    }
    let cache = line.cache(line.jwt());
    for _ in 0..60 {
        let error = cache.token().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TokenLimitReached);
        line.clock.advance(MINUTE);
    }
    assert!((3..=12).contains(&line.told("RefreshFailed")), "{} calls in an hour", line.told("RefreshFailed"));
}

#[test]
fn a_budget_outside_of_lines_thirty_is_refused() {
    for places in [0, 1, 31] {
        assert_eq!(Line::new().jwt().with_budget(places).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}
