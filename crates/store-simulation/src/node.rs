//! A process of the fleet: a small cache over a source, and callers who use its tokens.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use line_channel_token_cache::{IssueRequest, Issued, NewToken, RetireReason, TokenSource};
use line_channel_token_core::{Clock, Error, Moment, Sent};

use crate::cache::CacheState;
use crate::executor::Process;
use crate::invariant::Invariant;
use crate::line::serial_of;
use crate::notify::Notify;
use crate::process_facts::Asking;
use crate::trace::Happened;
use crate::world::World;

/// How long a call of a source may take.
const ISSUE_TIMEOUT: Duration = Duration::from_secs(60);

/// A process of the fleet.
pub(crate) struct Node {
    pub(crate) world: World,
    pub(crate) process: Process,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) source: Arc<dyn TokenSource>,
    /// How often a caller comes.
    pub(crate) call_every: Duration,
    pub(crate) cache: Mutex<CacheState>,
    pub(crate) wake: Notify,
}

impl Node {
    /// Starts the tasks of the process.
    pub(crate) fn start(self) {
        let node = Arc::new(self);
        let handle = node.world.handle.clone();
        handle.spawn(node.process, Arc::clone(&node).refresh());
        handle.spawn(node.process, node.serve());
    }

    fn cache(&self) -> MutexGuard<'_, CacheState> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn jitter(&self) -> f64 {
        self.world.state().rng.f64()
    }

    async fn refresh(self: Arc<Self>) {
        let min_interval = self.source.policy().min_interval();
        loop {
            let delay = self.cache().ask_in(self.clock.now(), min_interval);
            if !delay.is_zero() {
                select(self.clock.sleep(delay), std::pin::pin!(self.wake.notified())).await;
            }
            if self.cache().is_to_ask(self.clock.now(), min_interval) {
                self.ask().await;
            }
        }
    }

    async fn ask(self: &Arc<Self>) {
        let begun_at = self.clock.now();
        let (reason, replaces) = self.cache().request(begun_at);
        let holds = self.cache().valid(begun_at).and_then(serial);
        let process = self.process;
        self.world.note(Happened::Asks {
            process,
            reason: reason.as_str(),
            replaces: replaces.as_ref().and_then(serial),
        });
        self.world.state().checks.facts(process).asking = Some(Asking::new(self.world.now(), holds));

        let mut request = IssueRequest::new(reason, &*self.clock).with_deadline(later(begun_at, ISSUE_TIMEOUT));
        if let Some(token) = &replaces {
            request = request.with_replaces(token);
        }
        let outcome = match select(self.source.issue(request), self.clock.sleep(ISSUE_TIMEOUT)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => {
                self.world.state().gave_up(process, self.world.now());
                Err(Error::transient("the source did not return").with_sent(Sent::Unknown))
            }
        };
        self.apply(outcome);
    }

    fn apply(self: &Arc<Self>, outcome: Result<Issued, Error>) {
        let (now, jitter, process) = (self.clock.now(), self.jitter(), self.process);
        let refused = self.cache().refused.clone();
        let replaced = match outcome {
            Ok(Issued::New(token)) => {
                self.world.note(Happened::Returned { process, outcome: "new", token: serial(&token) });
                self.cache().accept(token, true, now, jitter).filter(|before| !before.is_adopted())
            }
            Ok(Issued::Adopted(token)) => {
                self.world.note(Happened::Returned { process, outcome: "adopted", token: serial(&token) });
                self.cache().accept(token, false, now, jitter).filter(|before| !before.is_adopted())
            }
            Ok(Issued::Keep { ask_again_in }) => {
                self.world.note(Happened::Returned { process, outcome: "keep", token: None });
                self.cache().keep(ask_again_in, now, jitter);
                None
            }
            Ok(_) => None,
            Err(error) => {
                self.world.note(Happened::Failed { process, error: error.to_string() });
                self.cache().fail(&error, now, jitter);
                let at = self.world.now();
                let mut state = self.world.state();
                let state = &mut *state;
                state.checks.returned(process, None, &state.line, at);
                return;
            }
        };
        let held = self.cache().valid(now).and_then(serial);
        {
            let at = self.world.now();
            let mut state = self.world.state();
            let state = &mut *state;
            state.checks.returned(process, held, &state.line, at);
        }
        if let Some(refused) = refused.filter(|_| self.cache().refused.is_none()) {
            self.retire_later(refused, RetireReason::Refused, Duration::ZERO);
        }
        if let (Some(replaced), Some(grace)) = (replaced, self.source.policy().revoke_previous_after()) {
            self.retire_later(replaced, RetireReason::Replaced, grace);
        }
    }

    fn retire_later(self: &Arc<Self>, token: NewToken, reason: RetireReason, grace: Duration) {
        let node = Arc::clone(self);
        self.world.handle.spawn(self.process, async move {
            node.clock.sleep(grace).await;
            for nth in 0..10_u32 {
                if node.source.retire(&token, reason).await.is_ok() {
                    return;
                }
                node.clock.sleep(Duration::from_secs(30) * (1 << nth.min(5))).await;
            }
        });
    }

    /// Callers come again and again, and send what they get.
    async fn serve(self: Arc<Self>) {
        loop {
            let share = 0.5 + self.jitter();
            self.world.handle.sleep(self.call_every.mul_f64(share)).await;
            let token = self.cache().valid(self.clock.now()).cloned();
            self.world.served(self.process, token.as_ref().and_then(serial));
            match token {
                Some(token) => self.world.handle.spawn(self.process, Arc::clone(&self).send(token)),
                None => self.wake.notify(),
            }
        }
    }

    async fn send(self: Arc<Self>, token: NewToken) {
        let latency = Duration::from_millis(5);
        self.world.handle.sleep(latency).await;
        let Some(serial) = serial(&token) else { return };
        let is_accepted = self.world.state().line.accepts(serial, self.world.now());
        self.world.handle.sleep(latency).await;
        if is_accepted {
            return;
        }
        let min_interval = self.source.policy().min_interval();
        if self.cache().refuse(&token, self.clock.now(), min_interval) {
            self.world.refused(self.process, serial);
            self.wake.notify();
        }
    }
}

impl crate::world::State {
    /// A cache has given its source up, which is the source's fault if it has not even asked LINE.
    fn gave_up(&mut self, process: Process, now: Duration) {
        let asking = self.checks.facts(process).asking.clone();
        if let Some(asking) = asking.filter(|asking| !asking.has_called_line && !asking.was_paused) {
            let text = format!(
                "process {process} waits for its store since {:?}, for longer than its deadline",
                asking.begun_at
            );
            self.checks.violate(Invariant::OutageCostsNothing, now, text);
        }
    }
}

fn serial(token: &NewToken) -> Option<u64> {
    serial_of(token.access_token().expose_secret())
}

fn later(now: Moment, delay: Duration) -> Moment {
    Moment { monotonic: now.monotonic.saturating_add(delay), unix: now.unix.saturating_add(delay) }
}
