//! Processes that start and end: what each leaves of a channel's 30 slots.

use std::time::Duration;

use line_channel_token_cache::Shutdown;
use line_channel_token_core::{ErrorKind, TokenLifetime};

use crate::support::{DAY, Line, MINUTE};

/// How many of these starts get a token: three replicas, and one deploy a day.
async fn starts_with_a_token(line: &Line, days: usize, how: Shutdown) -> usize {
    let mut served = 0;
    for _ in 0..days {
        for _ in 0..3 {
            let cache = line.cache(line.jwt().with_secret(line.secret()));
            served += usize::from(cache.token().await.is_ok());
            let report = cache.shutdown(how).await;
            assert!(report.is_complete(), "{report:?}");
            line.clock.advance(MINUTE);
        }
        line.clock.advance(DAY);
    }
    served
}

#[tokio::test]
async fn revoking_shutdowns_keep_slots_free() {
    let leaving = Line::new();
    assert_eq!(starts_with_a_token(&leaving, 11, Shutdown::default()).await, 30, "the 31st start gets none");
    let revoking = Line::new();
    let how = Shutdown::within(Duration::from_secs(20)).revoking_current();
    assert_eq!(starts_with_a_token(&revoking, 60, how).await, 180);
    assert_eq!((revoking.live(), revoking.most_live()), (0, 1));
}

#[tokio::test]
async fn a_full_channel_names_unknown_tokens() {
    let line = Line::new();
    let mut others = Vec::new();
    for _ in 0..30 {
        let assertion = line.signer(0).with_clock(line.client().clock()).sign_for(TokenLifetime::MAX).unwrap();
        others.push(line.client().issue_jwt(&assertion).await.unwrap().key_id().to_string());
    }
    let cache = line.cache(line.jwt());
    let error = cache.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenLimitReached);
    let text = error.to_string();
    assert!(text.contains("LINE lists 30 valid tokens, of which this cache does not know 30"), "{text}");
    let told = line.events.lock().unwrap().join("\n");
    for key_id in &others {
        assert!(text.contains(key_id.as_str()) && told.contains(key_id.as_str()), "{key_id}");
    }
    assert_eq!(cache.status().slots_used, 0, "LINE refused it, so it uses no slot");
    for _ in 0..20 {
        line.clock.advance(11 * MINUTE);
        assert!(cache.token().await.is_err());
    }
    assert_eq!(line.told("TokenLimitReached"), 1, "reported once");
}
