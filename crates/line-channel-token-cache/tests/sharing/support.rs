//! Processes of a fleet, in one process: caches over shared sources, with an emulator and a store whose faults are set by hand.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Request, Response};
use line_channel_token_assertion::{AssertionSigner, SigningKey};
use line_channel_token_cache::store::{
    Comparison, MemoryStore, Revision, Snapshot, StoreError, StoreErrorKind, StoreKey, StoredValue, TokenStore,
};
use line_channel_token_cache::{
    JwtSource, SharedSource, ShortLivedSource, StoreEvent, TokenCache, TokenFamily, TokenSource,
};
use line_channel_token_core::{
    AssertionKid, BaseUrl, ChannelId, ChannelSecret, Client, Clock, Error, HttpBackend, Limits, RetryPolicy,
    TokenLifetime, TransportError,
};
use line_channel_token_emulator::{EmulatedChannel, Emulator, TokenFamily as EmulatedFamily};
use line_channel_token_mock::ManualClock;

pub(crate) const DAY: Duration = Duration::from_secs(86_400);
pub(crate) const SECOND: Duration = Duration::from_secs(1);
const CHANNEL: &str = "1234567890";
const SECRET: &str = "s3cret";

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate_rsa().unwrap());

/// A fleet's world: LINE, a store, a clock.
pub(crate) struct World {
    pub(crate) emulator: Emulator,
    pub(crate) clock: ManualClock,
    pub(crate) store: Faulty,
    pub(crate) events: Arc<Mutex<Vec<StoreEvent>>>,
    issued: Arc<AtomicUsize>,
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::auto_advancing();
        let channel = EmulatedChannel::new(CHANNEL, SECRET).unwrap();
        let channel = channel.with_key("kid", KEY.public_jwk().to_json()).unwrap();
        let emulator = Emulator::builder().channel(channel).clock(Arc::new(clock.clone())).build().unwrap();
        let memory = MemoryStore::new().with_clock(Arc::new(clock.clone()));
        Self { emulator, clock, store: Faulty::new(memory), events: Arc::default(), issued: Arc::default() }
    }

    pub(crate) fn client(&self) -> Client {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        Client::builder(Counted { to: self.emulator.clone(), issued: Arc::clone(&self.issued) })
            .clock(clock)
            .retry(RetryPolicy::never())
            .build()
    }

    pub(crate) fn id(&self) -> ChannelId {
        ChannelId::new(CHANNEL).unwrap()
    }

    pub(crate) fn secret(&self) -> ChannelSecret {
        ChannelSecret::new(SECRET).unwrap()
    }

    pub(crate) fn jwt(&self) -> JwtSource {
        let signer = AssertionSigner::new(self.id(), AssertionKid::new("kid").unwrap(), KEY.clone()).unwrap();
        JwtSource::new(self.client(), signer, TokenLifetime::from_days(30).unwrap()).with_secret(self.secret())
    }

    pub(crate) fn short_lived(&self) -> ShortLivedSource {
        ShortLivedSource::new(self.client(), self.id(), self.secret())
    }

    /// What a process has: a cache over this source, shared.
    pub(crate) fn process(&self, source: impl TokenSource) -> TokenCache {
        TokenCache::new(self.share(source))
    }

    pub(crate) fn share<S: TokenSource>(&self, source: S) -> SharedSource<S> {
        let events = self.events.clone();
        SharedSource::new(source, self.store.clone()).on_event(move |event| events.lock().unwrap().push(event.clone()))
    }

    pub(crate) fn live(&self) -> usize {
        let live = |family| self.emulator.live_tokens(&self.id(), family);
        live(EmulatedFamily::Jwt) + live(EmulatedFamily::ShortLived)
    }

    /// How many tokens were issued.
    pub(crate) fn issued(&self) -> usize {
        self.issued.load(Ordering::SeqCst)
    }

    /// Whether a request with this token would be served.
    pub(crate) fn accepts(&self, token: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        self.emulator.check_bearer(&headers).is_ok()
    }

    /// Lets time pass in steps, with callers of all processes at each.
    pub(crate) async fn live_through(&self, processes: &[TokenCache], steps: u32, step: Duration) {
        for _ in 0..steps {
            self.clock.advance(step);
            settle().await;
            for process in processes {
                let _ = process.token().await;
            }
            settle().await;
        }
    }

    pub(crate) fn told(&self) -> Vec<&'static str> {
        self.events.lock().unwrap().iter().map(StoreEvent::as_str).collect()
    }

    pub(crate) fn key(&self) -> StoreKey {
        StoreKey::new(self.id(), TokenFamily::Jwt, &BaseUrl::line())
    }
}

/// Lets the tasks that are ready run.
pub(crate) async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

pub(crate) async fn text(process: &TokenCache) -> Result<String, Error> {
    process.token().await.map(|token| token.access_token().expose_secret().to_owned())
}

/// A store that does not respond, or not to writes, while it is told so.
#[derive(Clone, Debug)]
pub(crate) struct Faulty {
    pub(crate) inner: MemoryStore,
    pub(crate) is_down: Arc<AtomicBool>,
    pub(crate) refuses_writes: Arc<AtomicBool>,
    /// Whether writes arrive and their responses do not.
    pub(crate) loses_responses: Arc<AtomicBool>,
    pub(crate) refuses_reads: Arc<AtomicBool>,
    /// Whether writes get no response at all.
    pub(crate) hangs: Arc<AtomicBool>,
    pub(crate) loads: Arc<AtomicUsize>,
    pub(crate) writes: Arc<AtomicUsize>,
}

impl Faulty {
    fn new(inner: MemoryStore) -> Self {
        Self {
            inner,
            is_down: Arc::default(),
            refuses_writes: Arc::default(),
            loses_responses: Arc::default(),
            refuses_reads: Arc::default(),
            hangs: Arc::default(),
            loads: Arc::default(),
            writes: Arc::default(),
        }
    }

    pub(crate) fn set(flag: &AtomicBool, value: bool) {
        flag.store(value, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), StoreError> {
        match self.is_down.load(Ordering::SeqCst) {
            true => Err(unavailable()),
            false => Ok(()),
        }
    }
}

pub(crate) fn unavailable() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "the store does not respond")
}

#[async_trait]
impl TokenStore for Faulty {
    async fn load(&self, key: &StoreKey) -> Result<Snapshot, StoreError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.check()?;
        if self.refuses_reads.load(Ordering::SeqCst) {
            return Err(unavailable());
        }
        self.inner.load(key).await
    }

    async fn compare_and_set(
        &self,
        key: &StoreKey,
        expected: Option<&Revision>,
        value: &StoredValue,
        keep_for: Duration,
    ) -> Result<Comparison, StoreError> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        self.check()?;
        if self.refuses_writes.load(Ordering::SeqCst) {
            return Err(StoreError::new(StoreErrorKind::Denied, "a replica that is read alone"));
        }
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let outcome = self.inner.compare_and_set(key, expected, value, keep_for).await;
        if self.loses_responses.load(Ordering::SeqCst) { Err(unavailable()) } else { outcome }
    }

    async fn set_aside(&self, key: &StoreKey, revision: Option<&Revision>) -> Result<Option<String>, StoreError> {
        self.check()?;
        self.inner.set_aside(key, revision).await
    }
}

/// The way to the emulator, on which the tokens are counted.
#[derive(Debug)]
struct Counted {
    to: Emulator,
    issued: Arc<AtomicUsize>,
}

#[async_trait]
impl HttpBackend for Counted {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let issues = request.uri().path().ends_with("/token") || request.uri().path().ends_with("/accessToken");
        let response = self.to.send(request, limits).await?;
        if issues && response.status().is_success() {
            self.issued.fetch_add(1, Ordering::SeqCst);
        }
        Ok(response)
    }
}
