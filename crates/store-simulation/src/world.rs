//! What is outside of the nodes: time, the network, the store, LINE, and who watches.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use line_channel_token_cache::StoreEvent;
use line_channel_token_cache::store::{Comparison, Revision, StoreError, StoreKey, StoredValue};
use line_channel_token_core::{BaseUrl, ChannelId, Error};

use crate::checks::{Checks, StoredAt};
use crate::executor::{Handle, Process};
use crate::line::Line;
use crate::network::Network;
use crate::notify::Notify;
use crate::record::Contents;
use crate::scenario::Scenario;
use crate::store::Store;
use crate::trace::{Happened, Trace};
use crate::traps::Traps;

/// What is outside of the nodes.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) handle: Handle,
    pub(crate) key: Arc<StoreKey>,
    pub(crate) channel_id: ChannelId,
    state: Arc<Mutex<State>>,
}

/// Its changing part.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) rng: Rng,
    pub(crate) trace: Trace,
    pub(crate) network: Network,
    pub(crate) store: Store,
    pub(crate) line: Line,
    pub(crate) checks: Checks,
    pub(crate) traps: Traps,
    /// What runs on each node.
    pub(crate) processes: BTreeMap<u32, Running>,
}

/// The process of a node.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) process: Process,
    /// Told once it is killed.
    pub(crate) death: Arc<Notify>,
}

impl World {
    pub(crate) fn new(handle: Handle, scenario: &Scenario, seed: u64) -> Result<Self, Error> {
        let channel_id = ChannelId::new("1234567890")?;
        let key = StoreKey::new(channel_id.clone(), scenario.family, &BaseUrl::line());
        let state = State {
            rng: Rng::with_seed(seed),
            trace: Trace::default(),
            network: scenario.network.clone(),
            store: Store::default(),
            line: Line::new(scenario.family, scenario.lifetime),
            checks: Checks::new(scenario.drift, scenario.network.is_reliable()),
            traps: Traps::default(),
            processes: BTreeMap::new(),
        };
        Ok(Self { handle, key: Arc::new(key), channel_id, state: Arc::new(Mutex::new(state)) })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Duration {
        self.handle.now()
    }

    pub(crate) fn note(&self, happened: Happened) {
        let now = self.now();
        self.state().trace.add(now, happened);
    }

    pub(crate) fn told(&self, process: Process, event: &StoreEvent) {
        let now = self.now();
        let mut state = self.state();
        state.trace.add(now, Happened::Event { process, event: event.as_str() });
        state.checks.told(process, event, now);
    }

    /// A caller of this process got this token, or none.
    pub(crate) fn served(&self, process: Process, token: Option<u64>) {
        let now = self.now();
        let mut state = self.state();
        let state = &mut *state;
        if std::mem::replace(&mut state.checks.facts(process).served, token) != token {
            state.trace.add(now, Happened::Serves { process, token });
        }
        match token {
            Some(serial) => state.checks.served(process, serial, &state.line, now),
            None => state.checks.not_served(process, &state.line, now),
        }
    }

    /// A caller of this process has told that a server refused this token.
    pub(crate) fn refused(&self, process: Process, serial: u64) {
        let now = self.now();
        let mut state = self.state();
        state.trace.add(now, Happened::Refused { process, token: serial });
        state.checks.facts(process).refused.insert(serial);
        state.line.excuse(serial, "a server refused it");
    }

    pub(crate) fn pause(&self, process: Process) {
        let now = self.now();
        let mut state = self.state();
        state.trace.add(now, Happened::Paused(process));
        state.checks.paused(process);
        state.line.excuse_unstored(process, "its process was paused", now);
        drop(state);
        self.handle.pause(process);
    }

    pub(crate) fn resume(&self, process: Process) {
        self.note(Happened::Resumed(process));
        // To a process that wakes, a call that was under way looks like one without a response.
        self.state().checks.store_changes += 1;
        self.handle.resume(process);
    }

    pub(crate) fn kill(&self, process: Process) {
        let now = self.now();
        let mut state = self.state();
        state.trace.add(now, Happened::Killed(process));
        state.checks.trouble(process);
        state.line.excuse_unstored(process, "its process was killed", now);
        let death = state
            .processes
            .values()
            .find(|running| running.process == process)
            .map(|running| Arc::clone(&running.death));
        drop(state);
        self.handle.kill(process);
        self.handle.resume(process);
        if let Some(death) = death {
            death.notify();
        }
    }
}

impl State {
    /// What the store holds, as far as it is a record.
    pub(crate) fn contents(&self, key: &StoreKey) -> Contents {
        self.store.value(key).and_then(Contents::parse).unwrap_or_default()
    }

    /// The holder of the lease that is in the store.
    pub(crate) fn holder(&self, key: &StoreKey, now: Duration) -> Option<Process> {
        self.checks.holder(self.contents(key).lease.as_ref(), self.store.time(now))
    }

    pub(crate) fn compare_and_set(
        &mut self,
        process: Process,
        key: &StoreKey,
        request: &(Option<Revision>, StoredValue, Duration),
        now: Duration,
    ) -> Result<Comparison, StoreError> {
        let (expected, value, keep_for) = request;
        let change = self.store.compare_and_set(key, expected.as_ref(), value, *keep_for, now)?;
        if matches!(change.comparison, Comparison::Changed(_)) {
            self.trace.add(now, Happened::Changed { process });
            return Ok(change.comparison);
        }
        let before = change.before.as_ref().and_then(Contents::parse).unwrap_or_default();
        let after = Contents::parse(value).unwrap_or_default();
        let at = StoredAt { now, store_time: self.store.time(now) };
        self.checks.stored(process, &before, &after, &self.line, at);
        let token = after.token.as_ref().map(|token| token.serial);
        if let Some(serial) = token {
            self.line.stored(serial);
        }
        let holder = self.checks.holder(after.lease.as_ref(), at.store_time);
        self.trace.add(now, Happened::Stored { process, token, holder });
        Ok(change.comparison)
    }

    /// The store is about to lose its value, or its last changes: one token more is explained, and so is what is under way.
    pub(crate) fn store_loses(&mut self, key: &StoreKey, why: &'static str) {
        if let Some(token) = self.contents(key).token {
            self.line.excuse(token.serial, why);
        }
        self.checks.store_lost();
    }
}
