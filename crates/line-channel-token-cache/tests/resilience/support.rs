//! A scripted LINE behind a backend, and a scripted source.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use line_channel_token_cache::{
    Event, IssueRequest, Issued, JwtSource, NewToken, RetireReason, Retired, ShortLivedSource, SourcePolicy,
    StatelessSource, TokenCache, TokenPool, TokenSource,
};
use line_channel_token_core::{
    AccessToken, AssertionKid, ChannelId, ChannelSecret, Client, Error, HttpBackend, Limits, RetryPolicy, TokenKeyId,
    TokenLifetime, TransportError,
};
use line_channel_token_mock::{FakeSigner, ManualClock};
use tokio::sync::Semaphore;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

pub(crate) fn id(id: usize) -> ChannelId {
    ChannelId::new(id.to_string()).unwrap()
}

pub(crate) fn signer() -> FakeSigner {
    FakeSigner::new(id(1), AssertionKid::new("kid").unwrap())
}

/// Lets the tasks that are ready run.
pub(crate) async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

/// Lets time pass in steps of a second, in which tasks run.
pub(crate) async fn pass(clock: &ManualClock, time: Duration) {
    for _ in 0..time.as_secs() {
        clock.advance(SECOND);
        settle().await;
    }
}

/// The time that passes on the clock until the cache has a token, asked for once in a second.
pub(crate) async fn seconds_until_a_token(cache: &TokenCache, clock: &ManualClock, limit: u64) -> u64 {
    for seconds in 0..limit {
        if cache.token().await.is_ok() {
            return seconds;
        }
        pass(clock, SECOND).await;
    }
    panic!("no token within {limit} s: {}", cache.token().await.unwrap_err());
}

/// LINE as a backend: it issues tokens and lists none, unless it is told to respond with something else.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    response: Arc<Mutex<Option<(u16, &'static str)>>>,
    pub(crate) calls: Arc<AtomicUsize>,
    issued: Arc<AtomicUsize>,
}

impl Line {
    /// Responds with this to every request, as a gateway in front of LINE does.
    pub(crate) fn always_responds(&self, status: u16, body: &'static str) {
        *self.response.lock().unwrap() = Some((status, body));
    }

    pub(crate) fn recovers(&self) {
        *self.response.lock().unwrap() = None;
    }

    pub(crate) fn client(&self, clock: &ManualClock) -> Client {
        Client::builder(self.clone()).clock(Arc::new(clock.clone())).retry(RetryPolicy::never()).build()
    }
}

#[async_trait]
impl HttpBackend for Line {
    async fn send(&self, request: Request<Bytes>, _: Limits) -> Result<Response<Bytes>, TransportError> {
        let path = request.uri().path();
        if path.ends_with("/token") || path.ends_with("/accessToken") {
            self.calls.fetch_add(1, SeqCst);
        }
        if let Some((status, body)) = *self.response.lock().unwrap() {
            let status = StatusCode::from_u16(status).unwrap();
            return Ok(Response::builder().status(status).body(body.into()).unwrap());
        }
        if path.ends_with("/kid") {
            return Ok(Response::new(r#"{"kids":[]}"#.into()));
        }
        let nth = self.issued.fetch_add(1, SeqCst);
        let lifetime = if path.contains("v3") { 900 } else { 2_592_000 };
        let body = format!(
            r#"{{"access_token":"token-{nth}","token_type":"Bearer","expires_in":{lifetime},"key_id":"key-{nth}"}}"#
        );
        Ok(Response::new(body.into()))
    }
}

/// A cache of each family over the same LINE.
pub(crate) fn families(line: &Line, clock: &ManualClock) -> Vec<(&'static str, TokenCache)> {
    let secret = || ChannelSecret::new("s3cret").unwrap();
    let client = || line.client(clock);
    let cache = |source: Arc<dyn TokenSource>| TokenCache::builder(source).clock(Arc::new(clock.clone())).build();
    let thirty_days = TokenLifetime::from_days(30).unwrap();
    vec![
        ("stateless", cache(Arc::new(StatelessSource::from_secret(client(), id(1), secret())))),
        ("v2", cache(Arc::new(ShortLivedSource::new(client(), id(1), secret())))),
        ("v2.1", cache(Arc::new(JwtSource::new(client(), signer(), thirty_days)))),
    ]
}

/// What a scripted source does with a call.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Issue,
    Hang,
    Fail(Error),
    Panic,
    Return(Issued),
}

/// A scripted source that records its calls.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) act: Mutex<Act>,
    pub(crate) policy: SourcePolicy,
    pub(crate) lifetime: Duration,
    /// What its tokens' names begin with.
    pub(crate) name: String,
    pub(crate) calls: AtomicUsize,
    /// The reason of each request, and the token that it was to replace.
    pub(crate) requests: Mutex<Vec<String>>,
    pub(crate) retired: Mutex<Vec<(String, RetireReason)>>,
    pub(crate) listed: Mutex<Result<Option<Vec<TokenKeyId>>, Error>>,
    pub(crate) retires: Retired,
    /// Whether calls to retire never come back.
    pub(crate) retiring_hangs: Mutex<bool>,
    pub(crate) gate: Option<Semaphore>,
}

impl Source {
    pub(crate) fn new(policy: SourcePolicy) -> Self {
        Self {
            act: Mutex::new(Act::Issue),
            policy,
            lifetime: 900 * SECOND,
            name: "token".to_owned(),
            calls: AtomicUsize::new(0),
            requests: Mutex::default(),
            retired: Mutex::default(),
            listed: Mutex::new(Ok(None)),
            retires: Retired::Revoked,
            retiring_hangs: Mutex::new(false),
            gate: None,
        }
    }

    /// With at least a second between issues.
    pub(crate) fn quick() -> Self {
        Self::new(SourcePolicy::new().with_min_interval(SECOND))
    }

    /// Its calls for tokens wait until a permit is added to the gate.
    pub(crate) fn gated(self) -> Self {
        Self { gate: Some(Semaphore::new(0)), ..self }
    }

    pub(crate) fn act(&self, act: Act) {
        *self.act.lock().unwrap() = act;
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }

    pub(crate) fn open_gate(&self) {
        self.gate.as_ref().unwrap().add_permits(100);
    }

    pub(crate) fn retired(&self) -> Vec<(String, RetireReason)> {
        self.retired.lock().unwrap().clone()
    }

    pub(crate) fn cache(self: &Arc<Self>, clock: &ManualClock) -> TokenCache {
        TokenCache::builder(self.clone()).clock(Arc::new(clock.clone())).build()
    }
}

#[async_trait]
impl TokenSource for Source {
    fn policy(&self) -> SourcePolicy {
        self.policy.clone()
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        let nth = self.calls.fetch_add(1, SeqCst) + 1;
        let sent_at = request.clock().now();
        let replaces = request.replaces().map_or("nothing", |token| token.access_token().expose_secret());
        self.requests.lock().unwrap().push(format!("{:?} {replaces}", request.reason()));
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        let act = self.act.lock().unwrap().clone();
        match act {
            Act::Issue => {
                let token = AccessToken::new(format!("{}-{nth}", self.name))?;
                Ok(NewToken::new(token, sent_at, self.lifetime).into())
            }
            Act::Hang => std::future::pending().await,
            Act::Fail(error) => Err(error),
            Act::Panic => panic!("the source was told to panic"),
            Act::Return(issued) => Ok(issued),
        }
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        if *self.retiring_hangs.lock().unwrap() {
            std::future::pending::<()>().await;
        }
        self.retired.lock().unwrap().push((token.access_token().expose_secret().to_owned(), reason));
        Ok(self.retires)
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        self.listed.lock().unwrap().clone()
    }
}

/// A pool of sources that are made by `make`, with its clock.
pub(crate) fn pool(
    clock: &ManualClock,
    max_capacity: usize,
    max_concurrent_issues: usize,
    make: impl Fn(&ChannelId) -> Arc<Source> + Send + Sync + 'static,
) -> TokenPool {
    TokenPool::builder(move |channel: &ChannelId| Ok(make(channel)))
        .clock(Arc::new(clock.clone()))
        .max_capacity(max_capacity)
        .max_concurrent_issues(max_concurrent_issues)
        .build()
}

/// The names of the events of a cache.
#[derive(Clone, Default)]
pub(crate) struct Events(Arc<Mutex<Vec<String>>>);

impl Events {
    pub(crate) fn hook(&self) -> impl Fn(&Event) + Send + Sync + 'static {
        let log = self.0.clone();
        move |event| log.lock().unwrap().push(format!("{event:?}"))
    }

    pub(crate) fn count(&self, name: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|event| event.starts_with(name)).count()
    }
}
