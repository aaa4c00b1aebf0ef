//! How many calls the channels of a pool may have in flight at a time, and who is next.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::sync::Mutex;

/// Why a permit is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Somebody waits for the token.
    Caller,
    /// The present token is to be replaced ahead of its expiry.
    Background,
    /// The channel's last call failed, or this one has been running for long. Half of the permits are out of reach of such
    /// calls, so that dead channels leave room for healthy ones.
    Unhealthy,
}

const LANES: usize = 3;

/// Runs a call that waited for its permit.
pub(crate) type Start = Box<dyn FnOnce(Permit) + Send>;

pub(crate) struct Limiter {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: [usize; LANES],
    waiting: [VecDeque<Waiting>; LANES],
    turn: u32,
    /// Whether a call grants permits: what becomes free meanwhile is left to it, so that grants do not nest.
    granting: bool,
}

enum Waiting {
    Task(oneshot::Sender<Permit>),
    Start(Start),
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

    /// How many calls of a lane there may be; at least one, so that a single permit serves all.
    fn share(&self, lane: Lane) -> usize {
        match lane {
            Lane::Caller => self.limit,
            Lane::Background => (self.limit - self.limit / 8).min(self.limit - 1).max(1),
            Lane::Unhealthy => (self.limit / 2).max(1),
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

    /// A permit, after waiting for it. A caller who stops waiting leaves the queue.
    pub(crate) async fn acquire(self: &Arc<Self>, lane: Lane) -> Permit {
        loop {
            let turn = {
                let mut state = self.state.lock();
                if self.has_room(&state, lane) {
                    return self.grant(&mut state, lane);
                }
                let (grant, turn) = oneshot::channel();
                state.enqueue(lane, Waiting::Task(grant));
                turn
            };
            // The sender is never dropped without a permit while this waits; if it were, this would queue again.
            if let Ok(permit) = turn.await {
                return permit;
            }
        }
    }

    /// Calls `start` with a permit once there is one, now or later, and in the order of these calls; not under a cache's lock.
    pub(crate) fn start_when_free(self: &Arc<Self>, lane: Lane, start: Start) {
        self.state.lock().enqueue(lane, Waiting::Start(start));
        self.drain_queues();
    }

    fn grant(self: &Arc<Self>, state: &mut State, lane: Lane) -> Permit {
        state.running[lane as usize] += 1;
        Permit { lane, limiter: Arc::clone(self) }
    }

    /// Grants what is free to those who wait.
    fn drain_queues(self: &Arc<Self>) {
        if std::mem::replace(&mut self.state.lock().granting, true) {
            return;
        }
        let mut granting = Granting { limiter: self, is_over: false };
        loop {
            let (waiting, permit) = {
                let mut state = self.state.lock();
                let Some((waiting, lane)) = self.next(&mut state) else {
                    // Under the same lock: what becomes free from now on is granted by the call that frees it.
                    state.granting = false;
                    granting.is_over = true;
                    return;
                };
                (waiting, self.grant(&mut state, lane))
            };
            // Not under the lock: it wakes or starts a task. If that has ended, the permit is dropped here, and goes to the next.
            match waiting {
                Waiting::Task(sender) => drop(sender.send(permit)),
                Waiting::Start(start) => start(permit),
            }
        }
    }

    /// Callers first, and of those the newest and the oldest in turns: if more wait than can be served, most of them wait for
    /// channels that do not respond, and a new one must not stand behind all of those. Background refreshes are served in their
    /// order, which is that of expiry.
    fn next(&self, state: &mut State) -> Option<(Waiting, Lane)> {
        let turn = state.turn.wrapping_add(1);
        let is_even = turn.is_multiple_of(2);
        let others = if is_even { [Lane::Unhealthy, Lane::Background] } else { [Lane::Background, Lane::Unhealthy] };
        for lane in [Lane::Caller, others[0], others[1]] {
            while self.has_room(state, lane) {
                let takes_oldest = lane == Lane::Background || is_even;
                let queue = &mut state.waiting[lane as usize];
                let Some(waiting) = (if takes_oldest { queue.pop_front() } else { queue.pop_back() }) else { break };
                if waiting.is_waiting() {
                    state.turn = turn;
                    return Some((waiting, lane));
                }
            }
        }
        None
    }
}

/// Ends the granting also if what is started panics, a user's clock for example.
struct Granting<'a> {
    limiter: &'a Limiter,
    is_over: bool,
}

impl Drop for Granting<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.limiter.state.lock().granting = false;
        }
    }
}

impl State {
    fn enqueue(&mut self, lane: Lane, waiting: Waiting) {
        let queue = &mut self.waiting[lane as usize];
        // Those who stopped waiting are taken out before the queue grows.
        if queue.len() == queue.capacity() {
            queue.retain(Waiting::is_waiting);
        }
        queue.push_back(waiting);
    }
}

impl Waiting {
    fn is_waiting(&self) -> bool {
        match self {
            Self::Task(sender) => !sender.is_closed(),
            Self::Start(_) => true,
        }
    }
}

impl Permit {
    /// The call has been running for long: it is counted among the unhealthy ones, if they have room for it.
    pub(crate) fn becomes_unhealthy(&mut self) {
        let mut state = self.limiter.state.lock();
        if self.lane == Lane::Unhealthy
            || state.running[Lane::Unhealthy as usize] >= self.limiter.share(Lane::Unhealthy)
        {
            return;
        }
        state.running[self.lane as usize] -= 1;
        state.running[Lane::Unhealthy as usize] += 1;
        self.lane = Lane::Unhealthy;
        drop(state);
        self.limiter.drain_queues();
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
    use std::sync::atomic::{AtomicUsize, Ordering};
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
    fn the_bound_holds_and_reserves_permits_for_callers() {
        let limiter = Arc::new(Limiter::new(8));
        let background: Vec<_> = (0..8).map_while(|_| limiter.try_acquire(Lane::Background)).collect();
        assert_eq!(background.len(), 7);
        let caller = limiter.try_acquire(Lane::Caller).unwrap();
        assert!(limiter.try_acquire(Lane::Caller).is_none());
        drop((background, caller));
        let unhealthy: Vec<_> = (0..8).map_while(|_| limiter.try_acquire(Lane::Unhealthy)).collect();
        assert_eq!(unhealthy.len(), 4);
    }

    #[test]
    fn a_single_permit_serves_every_lane() {
        let limiter = Arc::new(Limiter::new(0));
        for lane in [Lane::Caller, Lane::Background, Lane::Unhealthy] {
            drop(limiter.try_acquire(lane).unwrap());
        }
    }

    #[test]
    fn newest_and_oldest_caller_alternate() {
        let limiter = Arc::new(Limiter::new(1));
        let mut permit = limiter.try_acquire(Lane::Caller);
        let mut callers: Vec<_> = (0..6).map(|_| waiting(&limiter, Lane::Caller)).collect();
        let mut order = Vec::new();
        for _ in 0..6 {
            drop(permit.take());
            let at = callers.iter_mut().position(|caller| {
                permit = poll(caller);
                permit.is_some()
            });
            order.push(at.unwrap());
            callers[at.unwrap()] = Box::pin(std::future::pending());
        }
        assert_eq!(order, [5, 0, 4, 1, 3, 2]);
    }

    #[test]
    fn a_cancelled_waiter_loses_no_permit() {
        let limiter = Arc::new(Limiter::new(1));
        let permit = limiter.try_acquire(Lane::Caller);
        let mut first = waiting(&limiter, Lane::Unhealthy);
        let cancelled = waiting(&limiter, Lane::Caller);
        let granted_and_cancelled = waiting(&limiter, Lane::Caller);
        drop(cancelled);
        drop(permit);
        drop(granted_and_cancelled);
        drop(poll(&mut first).unwrap());
        assert!(limiter.try_acquire(Lane::Caller).is_some());
    }

    #[test]
    fn an_unhealthy_call_leaves_its_share_to_others() {
        let limiter = Arc::new(Limiter::new(4));
        let mut background: Vec<_> = (0..3).map_while(|_| limiter.try_acquire(Lane::Background)).collect();
        assert!(limiter.try_acquire(Lane::Background).is_none());
        background.iter_mut().for_each(Permit::becomes_unhealthy);
        let next = limiter.try_acquire(Lane::Background);
        assert!(next.is_some() && limiter.try_acquire(Lane::Unhealthy).is_none(), "two of four are unhealthy");
    }

    #[test]
    fn a_hundred_thousand_unused_permits_do_not_nest() {
        let limiter = Arc::new(Limiter::new(1));
        let permit = limiter.try_acquire(Lane::Caller);
        for _ in 0..100_000 {
            limiter.start_when_free(Lane::Background, Box::new(drop::<Permit>));
        }
        drop(permit);
        assert!(limiter.try_acquire(Lane::Background).is_some());
    }

    #[test]
    fn queued_calls_start_in_order() {
        let limiter = Arc::new(Limiter::new(1));
        let permit = limiter.try_acquire(Lane::Caller);
        let started = Arc::new(AtomicUsize::new(0));
        for nth in 0..3 {
            let count = started.clone();
            let start = move |permit: Permit| {
                assert_eq!(count.fetch_add(1, Ordering::SeqCst), nth);
                drop(permit);
            };
            limiter.start_when_free(Lane::Background, Box::new(start));
        }
        assert_eq!(started.load(Ordering::SeqCst), 0);
        drop(permit);
        assert_eq!(started.load(Ordering::SeqCst), 3);
    }
}
