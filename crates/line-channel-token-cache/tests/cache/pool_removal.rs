//! Channels that leave a pool, and come back, while their tokens are to be revoked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_cache::{
    CacheState, IssueBudget, IssueRequest, Issued, NewToken, RefreshAhead, RetireReason, Retired, Shutdown,
    SourcePolicy, TokenPool, TokenSource,
};
use line_channel_token_core::{AccessToken, ChannelId, Clock, Error};
use line_channel_token_mock::ManualClock;
use tokio::sync::Semaphore;

use crate::pool::id;
use crate::support::{SECOND, settle};

const DAY: Duration = Duration::from_secs(86_400);
const GRACE: Duration = Duration::from_secs(600);

/// What the customers' sources did, by token: `channel-number`.
#[derive(Debug, Default)]
struct Record {
    issued: Mutex<Vec<String>>,
    revoked: Mutex<Vec<String>>,
}

/// A source that revokes; its calls wait at gates.
#[derive(Debug)]
struct Customer {
    channel: ChannelId,
    clock: ManualClock,
    record: Arc<Record>,
    issues: Arc<Semaphore>,
    revocations: Arc<Semaphore>,
}

#[async_trait]
impl TokenSource for Customer {
    fn policy(&self) -> SourcePolicy {
        SourcePolicy::new()
            .with_min_interval(Duration::ZERO)
            .with_budget(IssueBudget::new(10, 30 * DAY).unwrap())
            .with_revoke_previous_after(GRACE)
    }

    async fn issue(&self, _request: IssueRequest<'_>) -> Result<Issued, Error> {
        let sent_at = self.clock.now();
        let token = {
            let mut issued = self.record.issued.lock().unwrap();
            let token = format!("{}-{}", self.channel, issued.len());
            issued.push(token.clone());
            token
        };
        self.issues.acquire().await.unwrap().forget();
        Ok(NewToken::new(AccessToken::new(token)?, sent_at, 30 * DAY).into())
    }

    async fn retire(&self, token: &NewToken, _reason: RetireReason) -> Result<Retired, Error> {
        self.revocations.acquire().await.unwrap().forget();
        self.record.revoked.lock().unwrap().push(token.access_token().expose_secret().to_owned());
        Ok(Retired::Revoked)
    }
}

struct Scene {
    pool: TokenPool,
    clock: ManualClock,
    record: Arc<Record>,
    issues: Arc<Semaphore>,
    revocations: Arc<Semaphore>,
}

impl Scene {
    fn new(max_capacity: usize, issues: usize, revocations: usize) -> Self {
        let (clock, record) = (ManualClock::new(), Arc::new(Record::default()));
        let (issues, revocations) = (Arc::new(Semaphore::new(issues)), Arc::new(Semaphore::new(revocations)));
        let (time, shared, begin, end) = (clock.clone(), record.clone(), issues.clone(), revocations.clone());
        let pool = TokenPool::builder(move |channel: &ChannelId| {
            Ok(Customer {
                channel: channel.clone(),
                clock: time.clone(),
                record: shared.clone(),
                issues: begin.clone(),
                revocations: end.clone(),
            })
        });
        let pool = pool.clock(Arc::new(clock.clone())).max_capacity(max_capacity).build();
        Self { pool, clock, record, issues, revocations }
    }

    async fn token(&self, channel: usize) -> String {
        self.pool.token(&id(channel)).await.unwrap().access_token().expose_secret().to_owned()
    }

    /// A token for which time has to pass, because others are to be revoked first.
    async fn token_in_the_end(&self, channel: usize) {
        let pool = self.pool.clone();
        let call = tokio::spawn(async move { pool.token(&id(channel)).await.map(drop) });
        settle().await;
        self.pass(5 * SECOND).await;
        assert!(call.is_finished());
        call.await.unwrap().unwrap();
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        settle().await;
    }

    fn revoked(&self) -> Vec<String> {
        self.record.revoked.lock().unwrap().clone()
    }

    fn slots_used(&self, channel: usize) -> usize {
        self.pool.status(&id(channel)).unwrap().slots_used
    }
}

#[tokio::test]
async fn an_evicted_token_has_its_grace_period() {
    let scene = Scene::new(1, 100, 100);
    let in_use = scene.token(1).await;
    scene.token(2).await;
    scene.pass(GRACE - SECOND).await;
    assert!(scene.revoked().is_empty());
    scene.pass(SECOND).await;
    assert_eq!(scene.revoked(), [in_use]);
}

#[tokio::test]
async fn a_removed_token_is_revoked_once() {
    let scene = Scene::new(10, 100, 0);
    let token = scene.token(1).await;
    assert!(scene.pool.remove(&id(1)));
    for _ in 0..5 {
        scene.pass(SECOND).await;
    }
    scene.revocations.add_permits(100);
    settle().await;
    assert_eq!(scene.revoked(), [token]);
}

#[tokio::test]
async fn a_returning_channel_loses_no_slot() {
    let scene = Scene::new(10, 100, 0);
    for _ in 0..5 {
        scene.token_in_the_end(1).await;
        scene.pool.remove(&id(1));
        settle().await;
    }
    scene.token_in_the_end(1).await;
    scene.revocations.add_permits(100);
    for _ in 0..20 {
        scene.pass(60 * SECOND).await;
    }
    assert_eq!((scene.slots_used(1), scene.revoked().len()), (1, 5), "{:?}", scene.revoked());
}

#[tokio::test]
async fn waiters_of_a_removed_channel_get_a_token() {
    let scene = Scene::new(10, 0, 100);
    let pool = scene.pool.clone();
    let call = tokio::spawn(async move { pool.token(&id(1)).await });
    settle().await;
    scene.pool.remove(&id(1));
    scene.issues.add_permits(100);
    let token = call.await.unwrap().unwrap();
    scene.pass(SECOND).await;
    assert!(!scene.revoked().contains(&token.access_token().expose_secret().to_owned()));
}

#[tokio::test]
async fn evicted_channels_are_forgotten_in_time() {
    let scene = Scene::new(10, 100_000, 100_000);
    for channel in 0..2000 {
        scene.token(channel).await;
        assert!(scene.pool.remove(&id(channel)));
        settle().await;
        scene.pass(60 * SECOND).await;
    }
    // Each source, of the pool's or of one that left, has a handle on the record.
    let handles = Arc::strong_count(&scene.record);
    assert!(handles < 300, "{handles} sources are alive, of 2000 that left");
    assert_eq!(scene.revoked().len(), 2000);
}

#[tokio::test]
async fn shutdown_revokes_tokens_of_evicted_channels() {
    let scene = Scene::new(1, 100, 100);
    let (first, second) = (scene.token(1).await, scene.token(2).await);
    let report = scene.pool.shutdown(Shutdown::default()).await;
    assert_eq!((report.revoked, report.is_complete()), (1, true));
    assert_eq!(scene.revoked(), [first]);
    assert_eq!(scene.token(2).await, second, "the current one is left");
}

#[tokio::test]
async fn shutdown_revokes_current_tokens_if_asked() {
    let scene = Scene::new(10, 100, 100);
    let mut tokens = vec![scene.token(1).await, scene.token(2).await];
    let report = scene.pool.shutdown(Shutdown::default().revoking_current()).await;
    assert_eq!((report.revoked, report.is_complete()), (2, true));
    let mut revoked = scene.revoked();
    revoked.sort();
    tokens.sort();
    assert_eq!(revoked, tokens);
    assert!(scene.pool.token(&id(1)).await.unwrap_err().to_string().contains("shut down"));
}

#[tokio::test]
async fn remove_and_revoke_waits_for_the_revocation() {
    let scene = Scene::new(10, 100, 100);
    let token = scene.token(1).await;
    let report = scene.pool.remove_and_revoke(&id(1), 10 * SECOND).await.unwrap();
    assert_eq!((report.revoked, report.is_complete()), (1, true));
    assert_eq!(scene.revoked(), [token]);
    assert!(scene.pool.remove_and_revoke(&id(1), 10 * SECOND).await.is_none());
}

#[tokio::test]
async fn remove_and_revoke_reports_unfinished_work() {
    let scene = Scene::new(10, 100, 0);
    let token = scene.token(1).await;
    let pool = scene.pool.clone();
    let removal = tokio::spawn(async move { pool.remove_and_revoke(&id(1), 10 * SECOND).await });
    settle().await;
    scene.pass(9 * SECOND).await;
    assert!(!removal.is_finished());
    scene.pass(SECOND).await;
    let report = removal.await.unwrap().unwrap();
    assert_eq!((report.revoked, report.unfinished), (0, 1));
    scene.revocations.add_permits(100);
    for _ in 0..60 {
        scene.pass(SECOND).await;
    }
    assert_eq!(scene.revoked(), [token], "it is retried in the background");
}

#[tokio::test]
async fn a_late_token_of_a_removed_channel_is_revoked() {
    let scene = Scene::new(10, 0, 100);
    let pool = scene.pool.clone();
    let call = tokio::spawn(async move { pool.token(&id(1)).await.map(drop) });
    settle().await;
    call.abort();
    scene.pool.remove(&id(1));
    settle().await;
    scene.issues.add_permits(1);
    settle().await;
    scene.pass(SECOND).await;
    assert_eq!(scene.revoked(), *scene.record.issued.lock().unwrap());
}

#[tokio::test]
async fn hanging_revocations_delay_an_issue_briefly() {
    let scene = Scene::new(10, 100, 0);
    for _ in 0..2 {
        let token = scene.pool.token(&id(1)).await.unwrap();
        scene.pool.invalidate(&id(1), &token);
    }
    let pool = scene.pool.clone();
    let call = tokio::spawn(async move { pool.token(&id(1)).await.map(drop) });
    settle().await;
    assert!(!call.is_finished(), "a third token waits until there is room");
    scene.pass(5 * SECOND).await;
    assert!(call.is_finished(), "a token is worth more than a slot");
}

#[tokio::test]
async fn a_queued_channel_stays_warm() {
    let (clock, record) = (ManualClock::new(), Arc::new(Record::default()));
    let slow = Arc::new(Semaphore::new(1));
    let (time, shared, gate) = (clock.clone(), record.clone(), slow.clone());
    let pool = TokenPool::builder(move |channel: &ChannelId| {
        let open = Arc::new(Semaphore::new(1000));
        let issues = if *channel == id(1) { gate.clone() } else { open.clone() };
        let (clock, record) = (time.clone(), shared.clone());
        Ok(Customer { channel: channel.clone(), clock, record, issues, revocations: open })
    });
    let pool = pool.refresh_ahead(RefreshAhead::Always).clock(Arc::new(clock.clone())).max_concurrent_issues(2).build();
    let (one, two) = (id(1), id(2));
    pool.token(&one).await.unwrap();
    pool.token(&two).await.unwrap();
    clock.advance(26 * DAY);
    // The refresh of the first hangs, and that of the second queues behind it.
    settle().await;
    pool.token_with_min_ttl(&two, 29 * DAY).await.unwrap();
    slow.add_permits(1000);
    settle().await;
    for _ in 0..27 {
        clock.advance(DAY);
        settle().await;
    }
    for channel in [one, two] {
        assert_eq!(pool.status(&channel).unwrap().state, CacheState::Fresh, "{channel}");
    }
}
