//! From the wish for a new token to its landing.

use std::sync::{Arc, Weak};
use std::time::Duration;

use line_channel_token_core::{Clock, Error, ErrorKind, Moment};

use crate::backoff::{Failure, may_have_issued};
use crate::berthing::Berthing;
use crate::control::Control;
use crate::dock::Dock;
use crate::flight::{Flight, Landing, Passenger};
use crate::inner::{Inner, Seen};
use crate::source::caught;
use crate::{CacheState, CachedToken, Event, NewToken, TokenSource, rotation, trace};

/// How long a look need not be repeated where nothing says when one is due.
const SHORT: Duration = Duration::from_millis(10);

/// What a caller gets who cannot go on with the current token.
pub(crate) enum Joined {
    Flight(Passenger),
    Landed(Arc<CachedToken>),
}

impl Inner {
    /// The flight under way, or a new one where one may begin.
    pub(crate) fn join(self: &Arc<Self>, seen: Seen) -> Result<Joined, Error> {
        let Seen { now, serial } = seen;
        let mut control = self.control();
        if let Some(flight) = &control.flight {
            return Ok(Joined::Flight(flight.join()));
        }
        // One may have landed since the caller looked.
        if let Some(token) = &*self.current.load()
            && serial != Some(token.serial())
            && token.life.state(now) == CacheState::Fresh
        {
            return Ok(Joined::Landed(Arc::clone(token)));
        }
        let begun = control.clearance(&self.policy, now).and_then(|()| {
            let berthing = self.settings.dock.as_ref().map(|dock| Berthing::new(dock, Dock::berth_now(dock)));
            self.begin(&mut control, now, berthing)
        });
        let budget_event = self.budget_event(&mut control, &begun);
        drop(control);
        self.tell_all(budget_event);
        begun.map(Joined::Flight)
    }

    /// Begins a flight where one is due and none is under way. A pool that has enough of them under way begins it later.
    pub(crate) fn refresh_in_background(self: &Arc<Self>, now: Moment) {
        let mut control = self.control();
        let current = self.current.load();
        let Some(token) = current.as_ref().filter(|token| token.life.state(now) != CacheState::Fresh) else { return };
        if control.flight.is_some() || control.queued {
            token.life.look_when_mandatory_or_at(Duration::MAX);
            return;
        }
        let begun = self.begin_or_queue(&mut control, now);
        let again_in = match &begun {
            // The landing says when to look again.
            Ok(()) => Duration::MAX,
            Err(error) => error.retry_after().unwrap_or(SHORT),
        };
        token.life.look_when_mandatory_or_at(now.monotonic.saturating_add(again_in));
        let budget_event = self.budget_event(&mut control, &begun);
        drop(control);
        self.tell_all(budget_event);
    }

    /// The pool has room for the background flight that was queued.
    pub(crate) fn leave_queue(self: &Arc<Self>) {
        let now = self.now();
        self.control().queued = false;
        self.refresh_in_background(now);
        // Where it is not due any more, or not yet, the keeper comes again.
        self.plan(&mut self.control(), now);
    }

    fn begin_or_queue(self: &Arc<Self>, control: &mut Control, now: Moment) -> Result<(), Error> {
        control.clearance(&self.policy, now)?;
        let Some(dock) = &self.settings.dock else {
            return self.begin(control, now, None).map(drop);
        };
        match Dock::berth_or_queue(dock, || Arc::downgrade(self)) {
            Some(berth) => self.begin(control, now, Some(Berthing::new(dock, Some(berth)))).map(drop),
            None => {
                control.queued = true;
                Ok(())
            }
        }
    }

    /// Begins a flight that has its clearance.
    fn begin(
        self: &Arc<Self>,
        control: &mut Control,
        now: Moment,
        berthing: Option<Berthing>,
    ) -> Result<Passenger, Error> {
        // Charged before the call, so that a call that never comes back has been counted.
        let serial = control.ledger.charge(self.policy.budget, now);
        let call = fly(Arc::downgrade(self), Arc::clone(&self.source), Arc::clone(&self.settings.clock), serial);
        let flight = Flight::begin(serial, trace::in_span(self.channel(), call), berthing)
            .inspect_err(|_| control.ledger.release(serial))?;
        let passenger = flight.join();
        control.flight = Some(flight);
        Ok(passenger)
    }

    fn budget_event<T>(&self, control: &mut Control, begun: &Result<T, Error>) -> Option<Event> {
        let error = begun.as_ref().err().filter(|error| error.kind() == ErrorKind::IssueBudgetReached)?;
        if std::mem::replace(&mut control.budget_told, true) {
            return None;
        }
        let places = self.policy.budget.map_or(0, crate::IssueBudget::places);
        Some(Event::BudgetReached { places, free_in: error.retry_after().unwrap_or_default() })
    }

    pub(crate) fn tell_all(&self, events: impl IntoIterator<Item = Event>) {
        events.into_iter().for_each(|event| self.tell(&event));
    }

    /// Ends the flight: the token becomes the current one, or the failure decides when the next try is due.
    fn settle(self: &Arc<Self>, serial: u64, issued: Result<NewToken, Error>, now: Moment) -> Landing {
        let mut control = self.control();
        // Dropped after the lock is given back: its task gives back what a pool counts.
        let flight = control.flight.take();
        let mut events = Vec::new();
        let landing = match issued {
            Ok(mut token) => {
                if let Some(other) = token.other_signer.take() {
                    events.push(Event::OtherSignerUsed { refused: other.refused, used: other.used });
                }
                control.ledger.issued(now);
                control.ledger.answered(serial, token.expires_in, token.key_id.clone());
                let token = Arc::new(CachedToken::new(token, serial, now, fastrand::f64()));
                if control.retired {
                    // Nobody would know of it.
                    self.discard(&mut control, &token, now);
                    Err(Error::token_unavailable("the pool has dropped the channel"))
                } else if token.remaining(now).is_zero() {
                    Err(Error::token_unavailable("the source issued a token whose life was over when it arrived"))
                } else {
                    events.push(self.land(&mut control, &token, now));
                    Ok(token)
                }
            }
            Err(error) if may_have_issued(&error) || error.kind() == ErrorKind::TokenUnavailable => {
                control.ledger.issued(now);
                Err(error)
            }
            Err(error) => {
                control.ledger.release(serial);
                Err(error)
            }
        };
        let landing = landing.map_err(|error| {
            if control.retired {
                // It is no failure of the source's, and whoever waits asks the pool again.
                return error;
            }
            let failure = Failure::after(control.failure.as_deref(), error.clone(), now, fastrand::f64());
            control.failure = Some(Box::new(failure));
            let next_try_in = control.next_try_in(&self.policy, now);
            if let Some(token) = &*self.current.load() {
                token.life.look_when_mandatory_or_at(now.monotonic.saturating_add(next_try_in));
            }
            events.push(Event::RefreshFailed { error: error.clone(), next_try_in });
            error.with_retry_after(next_try_in)
        });
        self.plan(&mut control, now);
        drop(control);
        drop(flight);
        self.tell_all(events);
        landing
    }

    fn land(&self, control: &mut Control, token: &Arc<CachedToken>, now: Moment) -> Event {
        control.failure = None;
        control.budget_told = false;
        let before = self.current.swap(Some(Arc::clone(token)));
        if let Some(before) = &before
            && !before.is_the_same_as(token)
        {
            self.succeed(control, before, now);
        }
        let expires_in = token.expires_in();
        if before.is_some_and(|before| !before.remaining(now).is_zero()) {
            Event::Refreshed { expires_in }
        } else {
            Event::Issued { expires_in }
        }
    }
}

/// Calls the source, and puts what comes of it where everybody sees it. It keeps no cache alive.
async fn fly(cache: Weak<Inner>, source: Arc<dyn TokenSource>, clock: Arc<dyn Clock>, serial: u64) -> Landing {
    rotation::make_room(&cache, &source, &*clock).await;
    let issued = caught(async { source.issue().await }).await;
    let now = clock.now();
    match cache.upgrade() {
        Some(cache) => cache.settle(serial, issued, now),
        None => issued.map(|token| Arc::new(CachedToken::new(token, serial, now, 0.0))),
    }
}
