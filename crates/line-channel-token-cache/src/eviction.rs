//! Which channels a full pool evicts, and what is remembered of them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Weak};
use std::time::Duration;

use foldhash::fast::RandomState;
use line_channel_token_core::{ChannelId, Error, ErrorKind, Moment};

use crate::cache::TokenCache;
use crate::decide::admission::immediate_again_in;
use crate::decide::backoff::Failure;
use crate::decide::slots::SlotCounts;
use crate::decide::{Timestamp, nanos};
use crate::shared::Shared;
use crate::state::State;

/// How many channels are scanned at most to find one to evict. That bounds the cost of an insertion, whatever the size of the
/// pool.
const MAX_SCANNED: usize = 32;
/// How many evicted channels are remembered at most, with 64 bytes each.
const MAX_REMEMBERED: usize = 65_536;
/// How many evicted caches are kept at most while their tokens wait to be revoked.
const MAX_LEAVING: usize = 1024;
const MIN_LEAVING: usize = 32;

/// The channels of a pool in the order in which they came, with a second chance for those that were used since.
#[derive(Default)]
pub(crate) struct UseQueue {
    /// Each with when it was put here, by the monotonic clock, in nanoseconds. Some may have left the pool.
    queue: VecDeque<(Weak<Shared>, u64)>,
}

impl UseQueue {
    pub(crate) fn push(&mut self, cache: &Arc<Shared>, now: Moment) {
        self.queue.push_back((Arc::downgrade(cache), nanos(now.monotonic)));
    }

    /// The next channel to evict: the first that was not used since it was put here and has no call in flight; or, after a bounded
    /// number of channels, the first at all. `scanned` gets the handles, to be dropped outside of the lock.
    pub(crate) fn next(&mut self, scanned: &mut Vec<Arc<Shared>>) -> Option<Arc<Shared>> {
        let mut count = 0;
        while let Some((handle, put_at)) = self.queue.pop_front() {
            let Some(cache) = handle.upgrade() else { continue };
            let (has_left, is_busy) = {
                let state = cache.state();
                (state.removal.is_some(), state.in_flight.is_some())
            };
            let last_used = cache.last_used();
            if has_left {
                scanned.push(cache);
                continue;
            }
            count += 1;
            if count > MAX_SCANNED || !(is_busy || last_used > put_at) {
                return Some(cache);
            }
            self.queue.push_back((handle, put_at.max(last_used)));
            scanned.push(cache);
        }
        None
    }

    /// Forgets channels that have left the pool otherwise, once they are as many as those that are there.
    pub(crate) fn prune(&mut self, len: usize, scanned: &mut Vec<Arc<Shared>>) {
        if self.queue.len() <= 2 * len + MAX_SCANNED {
            return;
        }
        self.queue.retain(|(handle, _)| {
            let Some(cache) = handle.upgrade() else { return false };
            let is_there = cache.state().removal.is_none();
            scanned.push(cache);
            is_there
        });
    }
}

/// What a channel that comes back must still know.
#[derive(Clone, Copy, Debug)]
struct CarriedState {
    retry_at: Option<Timestamp>,
    last_issue: Option<Timestamp>,
    last_invalidation: Option<Timestamp>,
    slots_until: Option<Timestamp>,
    attempts: u8,
    slots: SlotCounts,
    exhausted: bool,
    exhaustion_reported: bool,
}

const _: () =
    assert!(size_of::<(ChannelId, CarriedState)>() <= 64, "what is remembered of a channel takes at most 64 bytes");

impl CarriedState {
    /// What matters of this state; `None` if nothing does.
    fn of(state: &State, now: Moment) -> Option<Self> {
        let after = |delay: Duration| (!delay.is_zero()).then(|| Timestamp::after(now, delay));
        let interval = state.limits.min_interval();
        let slots = state.issues.counts(now);
        let keeps_interval = slots.all > 0 || !state.issues.next_issue_in(interval, now).is_zero();
        let last_issue = state.issues.last_issue().filter(|_| keeps_interval);
        let last_invalidation =
            state.last_invalidation.filter(|last| !immediate_again_in(interval, *last, now).is_zero());
        let failure = state.failure.as_ref();
        let retry_at = after(Failure::blocks_for(failure.map(|failure| &**failure), now));
        let carried = Self {
            retry_at,
            last_issue,
            last_invalidation,
            slots_until: after(state.issues.all_free_in(now)),
            attempts: failure.map_or(0, |failure| u8::try_from(failure.attempts()).unwrap_or(u8::MAX)),
            slots,
            exhausted: failure.is_some_and(|failure| failure.error.kind() == ErrorKind::IssueBudgetReached),
            exhaustion_reported: state.exhaustion_reported,
        };
        let matters = slots.all > 0 || retry_at.or(last_issue).or(last_invalidation).is_some();
        matters.then_some(carried)
    }

    fn restore(self, state: &mut State, now: Moment) {
        let left = |at: Option<Timestamp>| at.map_or(Duration::ZERO, |at| at.time_left(now));
        state.issues.restore(self.slots, left(self.slots_until), self.last_issue, now);
        state.last_invalidation = self.last_invalidation;
        state.exhaustion_reported = self.exhaustion_reported;
        let delay = left(self.retry_at);
        if !delay.is_zero() {
            let error = if self.exhausted {
                Error::issue_budget_reached(
                    "issue budget reached before the channel was evicted from the pool: the pool is too small for the channels \
                     in use",
                )
            } else {
                Error::token_unavailable("the channel's source failed before the channel was evicted from the pool")
            };
            state.failure = Some(Box::new(Failure::lasting(error, u32::from(self.attempts), now, delay)));
        }
    }
}

/// What is known of channels that have left the pool. Without this, a channel that comes and goes would use up its 30 slots,
/// each time with a fresh budget, and would be asked for again and again if it is refused.
#[derive(Default)]
pub(crate) struct EvictedChannels {
    /// In two generations, each of at most half of the bound: the older one is dropped as a whole.
    recent: HashMap<ChannelId, CarriedState, RandomState>,
    older: HashMap<ChannelId, CarriedState, RandomState>,
    /// Those whose tokens wait to be revoked, or with a call in flight whose token will be.
    leaving: HashMap<ChannelId, Vec<TokenCache>, RandomState>,
    /// At this many, those that have nothing left to do are dropped.
    prune_at: usize,
}

impl EvictedChannels {
    /// Takes in a cache that has left the pool. Returns what is no longer kept, to be dropped outside of the lock.
    #[must_use]
    pub(crate) fn insert(&mut self, channel: &ChannelId, cache: &TokenCache, now: Moment) -> Vec<TokenCache> {
        if !cache.shared().is_leaving(now) {
            self.remember(channel, cache, now);
            return Vec::new();
        }
        let mut dropped = Vec::new();
        if self.leaving.len() >= self.prune_at {
            dropped = self.prune(now);
            self.prune_at = (2 * self.leaving.len()).clamp(MIN_LEAVING, MAX_LEAVING);
        }
        self.leaving.entry(channel.clone()).or_default().push(cache.clone());
        dropped
    }

    fn remember(&mut self, channel: &ChannelId, cache: &TokenCache, now: Moment) {
        let Some(carried) = CarriedState::of(&cache.shared().state(), now) else { return };
        if self.recent.len() >= MAX_REMEMBERED / 2 {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(channel.clone(), carried);
    }

    /// Drops the caches that have nothing left to do, and if those are few, some that have: their tokens are left to expire.
    fn prune(&mut self, now: Moment) -> Vec<TokenCache> {
        let mut dropped = Vec::new();
        let is_done = |cache: &TokenCache| !cache.shared().is_leaving(now);
        let is_full = self.leaving.values().filter(|caches| !caches.iter().all(is_done)).count() >= MAX_LEAVING;
        let channels: Vec<ChannelId> = self.leaving.keys().cloned().collect();
        for channel in channels {
            let must_go = is_full && self.leaving.len() > MAX_LEAVING / 2;
            let Some(caches) = self.leaving.get_mut(&channel) else { continue };
            let (leaving, done): (Vec<_>, Vec<_>) =
                caches.drain(..).partition(|cache| !must_go && cache.shared().is_leaving(now));
            *caches = leaving;
            if caches.is_empty() {
                self.leaving.remove(&channel);
                if let Some(last) = done.last() {
                    self.remember(&channel, last, now);
                }
            }
            dropped.extend(done);
        }
        dropped
    }

    /// A channel comes back. If it was evicted in the middle of a call, that is its cache again; otherwise `cache` is, and gets
    /// what is known of the channel. Returns what is no longer kept, to be dropped outside of the lock.
    pub(crate) fn restore(&mut self, channel: &ChannelId, cache: &mut TokenCache, now: Moment) -> Vec<TokenCache> {
        let mut done = Vec::new();
        if let Some(olds) = self.leaving.remove(channel) {
            let mut still_leaving = Vec::new();
            for old in olds {
                if old.shared().reinstate() {
                    done.push(std::mem::replace(cache, old));
                    continue;
                }
                let revocation = {
                    let mut state = old.shared().state();
                    state.carry_over(&mut cache.shared().state());
                    state.revocation.take()
                };
                // What its task was about to revoke is revoked by the next cache.
                drop(revocation);
                if old.shared().is_leaving(now) { still_leaving.push(old) } else { done.push(old) }
            }
            if !still_leaving.is_empty() {
                self.leaving.insert(channel.clone(), still_leaving);
            }
        } else if let Some(carried) = self.recent.remove(channel).or_else(|| self.older.remove(channel)) {
            carried.restore(&mut cache.shared().state(), now);
        }
        let shared = cache.shared();
        shared.schedule(&mut shared.state(), now);
        done
    }

    /// The caches whose tokens may wait to be revoked.
    pub(crate) fn leaving(&self) -> Vec<TokenCache> {
        self.leaving.values().flatten().cloned().collect()
    }

    /// The caches of a channel whose tokens wait to be revoked.
    pub(crate) fn leaving_of(&self, channel: &ChannelId, now: Moment) -> Vec<TokenCache> {
        let caches = self.leaving.get(channel).into_iter().flatten();
        caches.filter(|cache| cache.shared().is_leaving(now)).cloned().collect()
    }
}

/// Drops caches that are no longer kept, and reports what they leave undone; not under a lock.
pub(crate) fn release_caches(caches: Vec<TokenCache>) {
    let is_last = |cache: &TokenCache| Arc::strong_count(cache.shared()) == 1;
    caches.iter().filter(|cache| is_last(cache)).for_each(|cache| cache.shared().report_left_to_expire());
}

#[cfg(test)]
mod tests {
    use super::{CarriedState, ChannelId};

    #[test]
    fn an_evicted_channel_takes_64_bytes() {
        assert!(size_of::<(ChannelId, CarriedState)>() <= 64);
    }
}
