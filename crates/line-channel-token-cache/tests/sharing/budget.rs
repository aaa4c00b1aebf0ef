//! Leases that are left behind, and the slots that they may have used.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use futures_util::FutureExt;
use line_channel_token_cache::{
    IssueRequest, Issued, JwtSource, NewToken, RetireReason, Retired, SourcePolicy, StoreEvent, TokenSource,
};
use line_channel_token_core::{Error, TokenKeyId};

use crate::support::{World, settle, text};

/// A source that issues, and then never responds.
#[derive(Debug)]
struct Dying {
    inner: JwtSource,
    has_issued: Arc<AtomicBool>,
}

#[async_trait]
impl TokenSource for Dying {
    fn policy(&self) -> SourcePolicy {
        self.inner.policy()
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        self.inner.issue(request).await?;
        self.has_issued.store(true, Ordering::SeqCst);
        std::future::pending().await
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        self.inner.retire(token, reason).await
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        self.inner.key_ids().await
    }
}

#[tokio::test]
async fn a_holder_that_dies_is_followed_and_its_token_found() {
    let world = World::new();
    let has_issued = Arc::new(AtomicBool::new(false));
    let source = world.share(Dying { inner: world.jwt(), has_issued: Arc::clone(&has_issued) });
    let request = IssueRequest::new(line_channel_token_cache::IssueReason::Cold, &world.clock);
    let mut dying = source.issue(request);
    // It is killed once LINE has issued.
    while !has_issued.load(Ordering::SeqCst) {
        assert!((&mut dying).now_or_never().is_none());
        settle().await;
    }
    drop(dying);
    assert_eq!(world.issued(), 1);
    text(&world.process(world.jwt())).await.unwrap();
    assert_eq!(world.issued(), 2, "one more, and only one");
    let events = world.events.lock().unwrap().clone();
    let [StoreEvent::LeaseTakenOver { unknown }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(unknown.len(), 1, "what the dead one issued");
}
