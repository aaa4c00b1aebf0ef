//! How many calls the channels of a pool may have in flight at a time, and who is next.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::sync::Mutex;

/// Who wants to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Somebody waits for the token.
    Caller,
    /// The present token is to be replaced ahead of its expiry.
    Background,
    /// The channel's last call failed or hung. A few permits are out of reach of such calls, so that dead channels delay
    /// no healthy one.
    Retry,
}

/// Every nth permit goes to the caller who has waited longest, the others to the newest: if more callers wait than can be
/// served, most of them are waiting for channels that do not respond, and a new one must not stand behind all of those.
const OLDEST_EVERY: u32 = 4;

pub(crate) struct Limiter {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: [usize; 3],
    waiting: [VecDeque<oneshot::Sender<Permit>>; 3],
    turns: u32,
}

/// Permission for one call; released when dropped, which must not be under a cache's lock.
pub(crate) struct Permit {
    lane: Lane,
    limiter: Arc<Limiter>,
}

impl Limiter {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), state: Mutex::default() }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// How many calls of a lane there may be; at least one, so that a single permit serves all.
    fn share(&self, lane: Lane) -> usize {
        match lane {
            Lane::Caller => self.limit,
            Lane::Background => (self.limit - self.limit / 8).min(self.limit - 1).max(1),
            Lane::Retry => (self.limit - self.limit.div_ceil(4)).max(1),
        }
    }

    fn has_room(&self, state: &State, lane: Lane) -> bool {
        state.running.iter().sum::<usize>() < self.limit && state.running[lane as usize] < self.share(lane)
    }

    /// A permit, if there is one at once.
    pub(crate) fn try_acquire(self: &Arc<Self>, lane: Lane) -> Option<Permit> {
        let mut state = self.state.lock();
        self.has_room(&state, lane).then(|| self.grant(&mut state, lane))
    }

    /// A permit, after waiting for it. Whoever stops waiting leaves the queue.
    pub(crate) async fn acquire(self: &Arc<Self>, lane: Lane) -> Permit {
        loop {
            let turn = {
                let mut state = self.state.lock();
                if self.has_room(&state, lane) {
                    return self.grant(&mut state, lane);
                }
                let (grant, turn) = oneshot::channel();
                let queue = &mut state.waiting[lane as usize];
                // Those who stopped waiting are taken out before the queue grows.
                if queue.len() == queue.capacity() {
                    queue.retain(|waiting| !waiting.is_closed());
                }
                queue.push_back(grant);
                turn
            };
            // The sender is never dropped without a permit while this waits; if it were, this would queue again.
            if let Ok(permit) = turn.await {
                return permit;
            }
        }
    }

    fn grant(self: &Arc<Self>, state: &mut State, lane: Lane) -> Permit {
        state.running[lane as usize] += 1;
        Permit { lane, limiter: Arc::clone(self) }
    }

    /// Grants what is free to those who wait.
    fn drain_queues(self: &Arc<Self>) {
        loop {
            let (sender, permit) = {
                let mut state = self.state.lock();
                let Some((sender, lane)) = self.next(&mut state) else { return };
                (sender, self.grant(&mut state, lane))
            };
            // Not under the lock: it wakes a task. If that is gone, the permit is dropped here, and goes to the next.
            drop(sender.send(permit));
        }
    }

    fn next(&self, state: &mut State) -> Option<(oneshot::Sender<Permit>, Lane)> {
        let turn = state.turns.wrapping_add(1);
        let others =
            if turn.is_multiple_of(2) { [Lane::Retry, Lane::Background] } else { [Lane::Background, Lane::Retry] };
        for lane in [Lane::Caller, others[0], others[1]] {
            while self.has_room(state, lane) {
                let oldest = lane != Lane::Caller || turn.is_multiple_of(OLDEST_EVERY);
                let queue = &mut state.waiting[lane as usize];
                let Some(sender) = (if oldest { queue.pop_front() } else { queue.pop_back() }) else { break };
                if !sender.is_closed() {
                    state.turns = turn;
                    return Some((sender, lane));
                }
            }
        }
        None
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.limiter.state.lock().running[self.lane as usize] -= 1;
        self.limiter.drain_queues();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};

    use super::{Lane, Limiter, Permit};

    type Acquire = std::pin::Pin<Box<dyn Future<Output = Permit>>>;

    fn waiting(limiter: &Arc<Limiter>, lane: Lane) -> Acquire {
        let limiter = limiter.clone();
        let mut acquire: Acquire = Box::pin(async move { limiter.acquire(lane).await });
        assert!(poll(&mut acquire).is_none());
        acquire
    }

    fn poll(acquire: &mut Acquire) -> Option<Permit> {
        match acquire.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(permit) => Some(permit),
            Poll::Pending => None,
        }
    }

    #[test]
    fn the_bound_holds_and_a_share_is_left_for_callers() {
        let limiter = Arc::new(Limiter::new(8));
        let background: Vec<_> = (0..8).map_while(|_| limiter.try_acquire(Lane::Background)).collect();
        assert_eq!(background.len(), 7);
        let caller = limiter.try_acquire(Lane::Caller).unwrap();
        assert!(limiter.try_acquire(Lane::Caller).is_none());
        drop((background, caller));
        let retries: Vec<_> = (0..8).map_while(|_| limiter.try_acquire(Lane::Retry)).collect();
        assert_eq!(retries.len(), 6);
    }

    #[test]
    fn a_single_permit_serves_every_lane() {
        let limiter = Arc::new(Limiter::new(0));
        for lane in [Lane::Caller, Lane::Background, Lane::Retry] {
            drop(limiter.try_acquire(lane).unwrap());
        }
    }

    #[test]
    fn the_newest_caller_is_next_and_the_oldest_now_and_then() {
        let limiter = Arc::new(Limiter::new(1));
        let mut permit = limiter.try_acquire(Lane::Caller);
        let mut callers: Vec<_> = (0..8).map(|_| waiting(&limiter, Lane::Caller)).collect();
        let mut order = Vec::new();
        for _ in 0..8 {
            drop(permit.take());
            let at = callers.iter_mut().position(|caller| {
                permit = poll(caller);
                permit.is_some()
            });
            order.push(at.unwrap());
            callers[at.unwrap()] = Box::pin(std::future::pending());
        }
        assert!(order.iter().filter(|at| **at == 0).count() == 1, "{order:?}");
        assert_eq!(order[0], 7, "{order:?}");
        assert!(order[..5].contains(&0), "{order:?}");
    }

    #[test]
    fn whoever_stops_waiting_blocks_nobody_and_loses_no_permit() {
        let limiter = Arc::new(Limiter::new(1));
        let permit = limiter.try_acquire(Lane::Caller);
        let mut first = waiting(&limiter, Lane::Retry);
        let gone = waiting(&limiter, Lane::Caller);
        let granted_and_gone = waiting(&limiter, Lane::Caller);
        drop(gone);
        drop(permit);
        drop(granted_and_gone);
        drop(poll(&mut first).unwrap());
        assert!(limiter.try_acquire(Lane::Caller).is_some());
    }
}
