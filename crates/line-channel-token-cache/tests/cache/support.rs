//! A scripted source, and a cache of it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_cache::{
    Event, IssueRequest, Issued, NewToken, RefreshAhead, SourcePolicy, TokenCache, TokenSource,
};
use line_channel_token_core::{AccessToken, Clock, Error};
use line_channel_token_mock::ManualClock;
use tokio::sync::Semaphore;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// What the source does next; the last one is repeated.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Issue(Duration),
    /// A token that others issued.
    Adopt(Duration),
    /// The present token is to be kept for this long.
    Keep(Duration),
    Fail(Error),
    Panic,
}

#[derive(Debug)]
pub(crate) struct Source {
    acts: Mutex<VecDeque<Act>>,
    calls: AtomicUsize,
    gate: Option<Semaphore>,
    clock: ManualClock,
    min_interval: Duration,
}

impl Source {
    pub(crate) fn new(
        acts: impl IntoIterator<Item = Act>,
        gated: bool,
        min_interval: Duration,
        clock: &ManualClock,
    ) -> Self {
        Self {
            acts: Mutex::new(acts.into_iter().collect()),
            calls: AtomicUsize::new(0),
            gate: gated.then(|| Semaphore::new(0)),
            clock: clock.clone(),
            min_interval,
        }
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl TokenSource for Source {
    fn policy(&self) -> SourcePolicy {
        SourcePolicy::new().with_min_interval(self.min_interval)
    }

    async fn issue(&self, _request: IssueRequest<'_>) -> Result<Issued, Error> {
        let nth = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let sent_at = self.clock.now();
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        let act = {
            let mut acts = self.acts.lock().unwrap();
            if acts.len() > 1 { acts.pop_front().unwrap() } else { acts[0].clone() }
        };
        let token = |lifetime| NewToken::new(AccessToken::new(format!("token-{nth}")).unwrap(), sent_at, lifetime);
        match act {
            Act::Issue(lifetime) => Ok(token(lifetime).into()),
            Act::Adopt(lifetime) => Ok(Issued::Adopted(token(lifetime))),
            Act::Keep(ask_again_in) => Ok(Issued::Keep { ask_again_in }),
            Act::Fail(error) => Err(error),
            Act::Panic => panic!("the source was told to panic"),
        }
    }
}

pub(crate) struct Scene {
    pub(crate) cache: TokenCache,
    pub(crate) source: Arc<Source>,
    pub(crate) clock: ManualClock,
    pub(crate) events: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    pub(crate) fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        Self::with(acts, false, SECOND)
    }

    /// A source whose calls wait until [`release`](Self::release) lets them go.
    pub(crate) fn gated(acts: impl IntoIterator<Item = Act>) -> Self {
        Self::with(acts, true, SECOND)
    }

    /// A source whose issues may follow each other at once.
    pub(crate) fn unbounded(acts: impl IntoIterator<Item = Act>) -> Self {
        Self::with(acts, false, Duration::ZERO)
    }

    /// A source that leaves a minute between its issues, as that of v2.1 tokens does.
    pub(crate) fn minutely(acts: impl IntoIterator<Item = Act>) -> Self {
        Self::with(acts, false, 60 * SECOND)
    }

    /// The same source and clock with a cache that keeps to another policy.
    pub(crate) fn refreshing(self, when: RefreshAhead) -> Self {
        let builder = TokenCache::builder(self.source.clone()).clock(Arc::new(self.clock.clone()));
        Self { cache: builder.refresh_ahead(when).build(), ..self }
    }

    fn with(acts: impl IntoIterator<Item = Act>, gated: bool, min_interval: Duration) -> Self {
        let clock = ManualClock::new();
        let source = Arc::new(Source::new(acts, gated, min_interval, &clock));
        let events = Arc::new(Mutex::new(Vec::new()));
        let log = events.clone();
        let cache = TokenCache::builder(source.clone())
            .clock(Arc::new(clock.clone()))
            .on_event(move |event| log.lock().unwrap().push(name(event)))
            .build();
        Self { cache, source, clock, events }
    }

    pub(crate) fn calls(&self) -> usize {
        self.source.calls()
    }

    pub(crate) fn release(&self, calls: usize) {
        self.source.gate.as_ref().unwrap().add_permits(calls);
    }

    pub(crate) async fn token(&self) -> Result<String, Error> {
        self.cache.token().await.map(|token| token.access_token().expose_secret().to_owned())
    }

    /// Lets the tasks that are ready run, those of a refresh in the background among them.
    pub(crate) async fn settle(&self) {
        settle().await;
    }
}

/// Lets the tasks that are ready run.
pub(crate) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

fn name(event: &Event) -> String {
    match event {
        Event::Issued { .. } => "issued".to_owned(),
        Event::Refreshed { .. } => "refreshed".to_owned(),
        Event::RefreshFailed { retry_in, .. } => format!("failed, next in {:.0} s", retry_in.as_secs_f64()),
        Event::ServedStale => "served stale".to_owned(),
        Event::Invalidated => "invalidated".to_owned(),
        other => format!("{other:?}"),
    }
}
