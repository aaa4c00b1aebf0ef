//! Judges each step by the invariants.

use std::collections::BTreeMap;
use std::time::Duration;

use line_channel_token_cache::{StoreEvent, TokenFamily};

use crate::executor::Process;
use crate::invariant::{Invariant, Violation};
use crate::line::{Line, SLOTS, WITHOUT_STORE};
use crate::process_facts::{Asking, CallTimes, ProcessFacts};
use crate::record::{Contents, StoredLease};

const MINUTE: Duration = Duration::from_secs(60);

/// How many calls of the store a process may make within a minute, and of LINE within ten.
const STORE_CALLS_IN_A_MINUTE: usize = 150;
const LINE_CALLS_IN_TEN_MINUTES: usize = 40;
/// How many tokens a fleet may have issued within ten minutes that nothing explains; stateless ones follow each other from a second on.
const ISSUES_IN_TEN_MINUTES: usize = 8;
const STATELESS_IN_TEN_MINUTES: usize = 16;

/// Judges each step, and keeps the first violation.
#[derive(Debug)]
pub(crate) struct Checks {
    /// By how many millionths clocks differ from time at most.
    drift: u32,
    /// Counts changes of the store's state and of the network's.
    pub(crate) store_changes: u64,
    /// Whether no message is lost but by a fault.
    pub(crate) is_reliable: bool,
    pub(crate) processes: BTreeMap<Process, ProcessFacts>,
    /// Who has taken which lease.
    leases: BTreeMap<String, Process>,
    /// Since when the store knows that a token was refused.
    refused_in_store: BTreeMap<u64, Duration>,
    unexplained_issues: CallTimes,
    /// The only invariant that is judged, if not all are.
    pub(crate) only: Option<Invariant>,
    /// From when on each node must be served.
    pub(crate) must_serve_from: Duration,
    /// Without a fault, the least time between two issues.
    pub(crate) issue_interval: Option<Duration>,
    last_issue: Option<Duration>,
    violation: Option<Violation>,
}

impl Checks {
    pub(crate) fn new(drift: u32, is_reliable: bool) -> Self {
        Self {
            drift,
            store_changes: 0,
            is_reliable,
            processes: BTreeMap::new(),
            leases: BTreeMap::new(),
            refused_in_store: BTreeMap::new(),
            unexplained_issues: CallTimes::default(),
            only: None,
            must_serve_from: Duration::MAX,
            issue_interval: None,
            last_issue: None,
            violation: None,
        }
    }

    pub(crate) fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }

    pub(crate) fn violate(&mut self, invariant: Invariant, at: Duration, text: String) {
        if self.only.is_none_or(|only| only == invariant) {
            self.violation.get_or_insert(Violation { invariant, at, text });
        }
    }

    pub(crate) fn facts(&mut self, process: Process) -> &mut ProcessFacts {
        self.processes.entry(process).or_default()
    }

    /// The holder of a lease that is not over.
    pub(crate) fn holder(&self, lease: Option<&StoredLease>, store_time: Duration) -> Option<Process> {
        let lease = lease.filter(|lease| lease.expires_at > store_time)?;
        self.leases.get(&lease.nonce).copied()
    }

    /// Something happened to a process that may cost it a lease.
    pub(crate) fn trouble(&mut self, process: Process) {
        if let Some(asking) = &mut self.facts(process).asking {
            asking.had_trouble = true;
        }
    }

    pub(crate) fn paused(&mut self, process: Process) {
        self.trouble(process);
        if let Some(asking) = &mut self.facts(process).asking {
            asking.was_paused = true;
        }
    }

    /// The same, to all of them.
    pub(crate) fn trouble_for_all(&mut self) {
        for asking in self.processes.values_mut().filter_map(|facts| facts.asking.as_mut()) {
            asking.had_trouble = true;
        }
    }

    /// A process calls the store.
    pub(crate) fn calls_store(&mut self, process: Process, now: Duration) {
        let calls = self.facts(process).store_calls.add(now, MINUTE);
        if calls > STORE_CALLS_IN_A_MINUTE {
            self.violate(
                Invariant::NoStorm,
                now,
                format!("process {process} has called the store {calls} times in a minute"),
            );
        }
    }

    /// A process calls LINE for a token, while the store holds this.
    pub(crate) fn calls_line(&mut self, process: Process, holder: Option<Process>, now: Duration) {
        let facts = self.facts(process);
        let calls = facts.line_calls.add(now, 10 * MINUTE);
        let store_failed = facts.store_failed;
        let asking = facts.asking.get_or_insert(Asking::new(now, None));
        asking.has_called_line = true;
        asking.is_without_store = store_failed;
        let asking = asking.clone();
        if calls > LINE_CALLS_IN_TEN_MINUTES {
            let text = format!("process {process} has called LINE {calls} times in ten minutes");
            self.violate(Invariant::NoStorm, now, text);
        }
        if store_failed {
            if let Some(token) = asking.holds {
                let text =
                    format!("process {process} asks LINE without the store, and holds token {token}, which is valid");
                self.violate(Invariant::OutageCostsNothing, now, text);
            }
        } else if holder != Some(process) && !asking.had_trouble {
            let text = format!("process {process} asks LINE, and the lease is held by {holder:?}");
            self.violate(Invariant::FewTokens, now, text);
        }
    }

    /// LINE has issued a token.
    pub(crate) fn issued(&mut self, process: Process, serial: u64, line: &mut Line, now: Duration) {
        let since = self.last_issue.replace(now).map(|last| now.saturating_sub(last));
        if let (Some(interval), Some(since)) = (self.issue_interval, since)
            && since < interval
        {
            let text = format!("token {serial} was issued {since:?} after the one before");
            self.violate(Invariant::OneIssuePerExpiry, now, text);
        }
        let facts = self.facts(process);
        if facts.is_without_store() {
            line.excuse(serial, WITHOUT_STORE);
        } else if facts.asking.as_ref().is_some_and(|asking| asking.had_trouble) {
            line.excuse(serial, "its process may have lost the lease");
        }
        let unexplained: Vec<u64> =
            line.live(now).filter(|serial| line.token(*serial).is_some_and(|token| token.excuse.is_none())).collect();
        if unexplained.len() > 2 {
            let text = format!("process {process} got token {serial}, and these live: {unexplained:?}");
            self.violate(Invariant::FewTokens, now, text);
        }
        if line.token(serial).is_some_and(|token| token.excuse.is_none()) {
            let issues = self.unexplained_issues.add(now, 10 * MINUTE);
            let is_stateless = line.family() == TokenFamily::Stateless;
            if issues > if is_stateless { STATELESS_IN_TEN_MINUTES } else { ISSUES_IN_TEN_MINUTES } {
                let text = format!("{issues} tokens were issued in ten minutes, and nothing explains them");
                self.violate(Invariant::NoStorm, now, text);
            }
        }
    }

    /// A value was stored in the place of another.
    pub(crate) fn stored(&mut self, process: Process, before: &Contents, after: &Contents, line: &Line, now: StoredAt) {
        let StoredAt { now, store_time } = now;
        let holder = self.holder(before.lease.as_ref(), store_time);
        if let Some(lease) = after.lease.as_ref().filter(|lease| Some(*lease) != before.lease.as_ref()) {
            self.leases.entry(lease.nonce.clone()).or_insert(process);
        }
        let stale = |text: String| Some(format!("process {process} {text}"));
        let changes_token =
            before.token.as_ref().map(|token| token.serial) != after.token.as_ref().map(|token| token.serial);
        let changes_lease =
            before.lease.as_ref().map(|lease| &lease.nonce) != after.lease.as_ref().map(|lease| &lease.nonce);
        let text = match (&before.token, &after.token) {
            _ if changes_lease && holder.is_some_and(|holder| holder != process) => {
                stale(format!("has ended the lease of {holder:?}, who stores next"))
            }
            _ if changes_token && holder.is_some_and(|holder| holder != process) => {
                stale(format!("has stored a token, and the lease is that of {holder:?}"))
            }
            (Some(old), Some(new)) if new.serial < old.serial && !old.refused && line.is_live(old.serial, now) => {
                stale(format!("has stored token {} in the place of {}, which is newer", new.serial, old.serial))
            }
            // It is counted from when its request was sent, so it ends a little sooner there.
            (Some(old), None) if !old.refused && line.is_live(old.serial, now.saturating_add(MINUTE)) => {
                stale(format!("has removed token {}, which is valid", old.serial))
            }
            (Some(old), Some(new)) if old.serial == new.serial && old.refused && !new.refused => {
                stale(format!("has forgotten that token {} was refused", old.serial))
            }
            _ => None,
        };
        if let Some(text) = text {
            self.violate(Invariant::NoStaleOverwrite, now, text);
        }
        if let Some(token) = after.token.as_ref().filter(|token| token.refused) {
            self.refused_in_store.entry(token.serial).or_insert(now);
        }
    }

    /// The store has lost what it held, or a part of it.
    pub(crate) fn store_lost(&mut self) {
        self.refused_in_store.clear();
        self.leases.clear();
        self.processes.values_mut().for_each(|facts| facts.refused.clear());
        self.trouble_for_all();
    }

    /// A source has returned, and its node holds this token from now on.
    pub(crate) fn returned(&mut self, process: Process, token: Option<u64>, line: &Line, now: Duration) {
        let facts = self.facts(process);
        let Some(asking) = facts.asking.take() else { return };
        let (told, counted, store_failed) = (facts.told_without_store, facts.without_store, facts.store_failed);
        if told != counted {
            let text = format!("process {process} got {counted} tokens without the store, and has told of {told}");
            self.violate(Invariant::EventsOnce, now, text);
        }
        let Some(token) = token else { return };
        let known = self.refused_in_store.get(&token).is_some_and(|since| *since < asking.begun_at);
        if known && asking.has_read && !store_failed {
            let text = format!("process {process} was given token {token}, which the store knows as refused");
            self.violate(Invariant::NoneRefused, now, text);
        }
        let left = |serial| {
            let token = line.token(serial).filter(|token| !token.is_revoked)?;
            Some(token.expires_at.saturating_sub(now))
        };
        // A token that its process alone has is given up for one that all use, if that is good for long.
        if let Some(held) = asking.holds
            && held != token
            && left(held) > left(token)
            && left(token).is_some_and(|left| left < line.lifetime() / 5)
            && !self.refused_in_store.contains_key(&held)
        {
            let text = format!("process {process} was given token {token} in the place of {held}, which lives longer");
            self.violate(Invariant::OutageCostsNothing, now, text);
        }
    }

    /// A caller got this token.
    pub(crate) fn served(&mut self, process: Process, serial: u64, line: &Line, now: Duration) {
        let drift = line.lifetime() / 1_000_000 * self.drift + Duration::from_secs(1);
        if line.token(serial).is_none_or(|token| token.expires_at.saturating_add(drift) < now) {
            let text = format!("process {process} serves token {serial}, which has expired");
            self.violate(Invariant::NoneExpired, now, text);
        }
        if self.facts(process).refused.contains(&serial) {
            let text = format!("process {process} serves token {serial}, which it has seen refused");
            self.violate(Invariant::NoneRefused, now, text);
        }
    }

    /// A caller got none.
    pub(crate) fn not_served(&mut self, process: Process, line: &Line, now: Duration) {
        let is_full = line.family() != TokenFamily::Stateless && line.live(now).count() >= SLOTS;
        if now >= self.must_serve_from && !is_full {
            self.violate(Invariant::Served, now, format!("process {process} has no token"));
        }
    }

    /// A process tells of its store.
    pub(crate) fn told(&mut self, process: Process, event: &StoreEvent, now: Duration) {
        let (changes, is_reliable) = (self.store_changes, self.is_reliable);
        let facts = self.facts(process);
        if facts.told_since.0 != changes {
            facts.told_since = (changes, 0);
        }
        facts.told_since.1 += u32::from(matches!(event, StoreEvent::Unavailable { .. } | StoreEvent::Available));
        let too_often = is_reliable && facts.told_since.1 > 2;
        let text = match event {
            _ if too_often => Some("the store has changed its state, again and again, and it has not"),
            StoreEvent::Unavailable { error } => {
                let again = facts.told_unavailable.replace(error.kind()) == Some(error.kind());
                again.then_some("the store is unavailable, and had said so")
            }
            StoreEvent::Available => facts
                .told_unavailable
                .take()
                .is_none()
                .then_some("the store is available, and was never said not to be"),
            StoreEvent::IssuedWithoutStore => {
                facts.told_without_store += 1;
                (facts.told_without_store > facts.without_store).then_some("it issued without the store, and has not")
            }
            _ => None,
        };
        if let Some(text) = text {
            self.violate(Invariant::EventsOnce, now, format!("process {process} tells that {text}"));
        }
    }
}

/// When a value was stored, by time and by the store's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoredAt {
    pub(crate) now: Duration,
    pub(crate) store_time: Duration,
}
