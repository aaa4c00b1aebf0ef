//! A node's client of the store.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use line_channel_token_cache::store::{
    Comparison, Revision, Snapshot, StoreError, StoreErrorKind, StoreKey, StoredValue, TokenStore,
};

use crate::executor::{Process, WORLD};
use crate::faults::NEWER_FORMAT;
use crate::network::Server;
use crate::record::Contents;
use crate::store::Hindrance;
use crate::trace::Happened;
use crate::traps::Point;
use crate::world::{State, World};

/// A node's client of the store.
#[derive(Clone)]
pub(crate) struct StoreClient {
    pub(crate) world: World,
    pub(crate) node: u32,
    pub(crate) process: Process,
    pub(crate) timeout: Option<Duration>,
    /// How often it sends a change again whose response does not come.
    pub(crate) retries: u32,
}

impl fmt::Debug for StoreClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreClient").field("node", &self.node).finish_non_exhaustive()
    }
}

impl StoreClient {
    /// Sends a request, which arrives, or twice, or not; and so does its response.
    fn send<T: Send + 'static>(
        &self,
        apply: impl Fn(&mut State, Duration) -> Result<T, StoreError> + Send + 'static,
    ) -> oneshot::Receiver<Result<T, StoreError>> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.world.state();
        let state = &mut *state;
        let way = state.network.way(&mut state.rng, self.node, Server::Store);
        let world = self.world.clone();
        self.world.handle.spawn(WORLD, async move {
            let Some(request) = way.request else { return };
            world.handle.sleep(request).await;
            let outcome = respond(&world, &apply);
            if let Some(later) = way.duplicate {
                let world_later = world.clone();
                world.handle.spawn(WORLD, async move {
                    world_later.handle.sleep(later).await;
                    drop(respond(&world_later, &apply));
                });
            }
            if let (Some(response), Some(outcome)) = (way.response, outcome) {
                world.handle.sleep(response).await;
                drop(sender.send(outcome));
            } else {
                // Nobody responds, so the client waits for as long as it likes.
                std::future::pending::<()>().await;
            }
        });
        receiver
    }

    async fn call<T: Send + 'static>(
        &self,
        retries: u32,
        apply: impl Fn(&mut State, Duration) -> Result<T, StoreError> + Clone + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut watch = Watch { client: self, outcome: Some("cancelled") };
        for nth in 0..=retries {
            let now = self.world.now();
            if nth == 0 {
                self.world.state().checks.calls_store(self.process, now);
            }
            let response = self.send(apply.clone());
            let timeout = self.timeout.unwrap_or(Duration::MAX);
            let outcome = match select(response, self.world.handle.sleep(timeout)).await {
                Either::Left((Ok(outcome), _)) => outcome,
                Either::Left((Err(_), _)) => {
                    // The request was lost.
                    self.world.handle.sleep(timeout).await;
                    Err(StoreError::new(StoreErrorKind::Unavailable, "the store does not respond"))
                }
                Either::Right(_) => Err(StoreError::new(StoreErrorKind::Unavailable, "the store does not respond")),
            };
            match outcome {
                Ok(value) => {
                    watch.outcome = None;
                    return Ok(value);
                }
                Err(error) if error.kind() == StoreErrorKind::Unavailable && nth < retries => {}
                Err(error) => {
                    watch.outcome = Some(error.kind().as_str());
                    return Err(error);
                }
            }
        }
        Err(StoreError::new(StoreErrorKind::Unavailable, "the store does not respond"))
    }
}

impl StoreClient {
    /// A value of a newer version is as good as no store.
    fn note_format(&self, snapshot: &Snapshot) {
        if snapshot.entry.as_ref().is_some_and(|entry| entry.value.expose_bytes() == NEWER_FORMAT) {
            let mut state = self.world.state();
            state.checks.facts(self.process).store_failed = true;
            state.checks.trouble(self.process);
            let now = self.world.now();
            state.line.excuse_unstored(self.process, "its store failed", now);
        }
    }
}

/// What the store does about a request; `None` if it does not respond.
fn respond<T>(
    world: &World,
    apply: &impl Fn(&mut State, Duration) -> Result<T, StoreError>,
) -> Option<Result<T, StoreError>> {
    let now = world.now();
    let mut state = world.state();
    let is_silent = state.store.hindrance == Some(Hindrance::Silent);
    (!is_silent).then(|| apply(&mut state, now))
}

/// Notes how a call ended, also if it was given up.
struct Watch<'a> {
    client: &'a StoreClient,
    outcome: Option<&'static str>,
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let StoreClient { world, process, .. } = self.client;
        let now = world.now();
        let mut state = world.state();
        let facts = state.checks.facts(*process);
        facts.store_failed = self.outcome.is_some();
        if self.outcome.is_none()
            && let Some(asking) = &mut facts.asking
        {
            asking.has_read = true;
        }
        if let Some(why) = self.outcome {
            state.checks.trouble(*process);
            state.line.excuse_unstored(*process, "its store failed", now);
            state.trace.add(now, Happened::StoreFailed { process: *process, why });
        }
    }
}

#[async_trait]
impl TokenStore for StoreClient {
    async fn load(&self, key: &StoreKey) -> Result<Snapshot, StoreError> {
        let (key, process) = (key.clone(), self.process);
        let loaded = self.call(0, move |state, now| {
            let loaded = state.store.load(&key, now);
            let token = state.contents(&key).token.map(|token| token.serial);
            state.trace.add(now, Happened::Loaded { process, token });
            loaded
        });
        let snapshot = loaded.await?;
        self.note_format(&snapshot);
        Ok(snapshot)
    }

    async fn compare_and_set(
        &self,
        key: &StoreKey,
        expected: Option<&Revision>,
        value: &StoredValue,
        keep_for: Duration,
    ) -> Result<Comparison, StoreError> {
        let stores_token = {
            let state = self.world.state();
            let token = Contents::parse(value).and_then(|contents| contents.token);
            token.and_then(|token| state.line.token(token.serial).map(|token| !token.was_stored)).unwrap_or(false)
        };
        if stores_token {
            self.world.reach(self.process, Point::BeforeStoring).await;
        }
        let (key, process) = (key.clone(), self.process);
        let request = (expected.cloned(), value.clone(), keep_for);
        let call = self.call(self.retries, move |state, now| state.compare_and_set(process, &key, &request, now));
        if stores_token {
            let world = self.world.clone();
            self.world.handle.spawn(WORLD, async move {
                world.handle.sleep(Duration::from_millis(1)).await;
                world.spring(process, Point::AfterStoring);
            });
        }
        let comparison = call.await?;
        if let Comparison::Changed(found) = &comparison {
            self.note_format(found);
        }
        Ok(comparison)
    }

    async fn set_aside(&self, key: &StoreKey, revision: Option<&Revision>) -> Result<Option<String>, StoreError> {
        let (key, revision) = (key.clone(), revision.cloned());
        self.call(0, move |state, _| state.store.set_aside(&key, revision.as_ref())).await
    }
}
