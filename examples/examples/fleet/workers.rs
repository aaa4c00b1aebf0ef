//! All workers, and their rolling deploys.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::outcome::Outcome;
use crate::process::{Process, Report};

/// The processes that are there.
pub(crate) struct Workers {
    settings: String,
    slots: Vec<Slot>,
    /// Were replaced, and are about to end.
    leaving: Vec<Process>,
    next_id: u64,
    reports: Receiver<Report>,
    report_to: Sender<Report>,
    pub(crate) totals: Totals,
}

/// One of the replicas: the process that is it, and the one that will be.
struct Slot {
    current: Process,
    successor: Option<Process>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Starting,
    Ready,
    Served,
    Unserved,
}

/// What the workers told in all.
#[derive(Clone, Default)]
pub(crate) struct Totals {
    pub(crate) errors: u64,
    pub(crate) last_error: Option<String>,
    pub(crate) replaced: u64,
    pub(crate) store_events: BTreeMap<String, u64>,
}

impl Workers {
    /// Starts them; they wait to begin.
    pub(crate) fn start(count: usize, settings: String) -> Result<Self, String> {
        let (report_to, reports) = channel();
        let mut workers = Self {
            settings,
            slots: Vec::new(),
            leaving: Vec::new(),
            next_id: 0,
            reports,
            report_to,
            totals: Totals::default(),
        };
        for _ in 0..count {
            let current = workers.spawn()?;
            workers.slots.push(Slot { current, successor: None, state: State::Starting });
        }
        Ok(workers)
    }

    fn spawn(&mut self) -> Result<Process, String> {
        self.next_id += 1;
        Process::start(self.next_id, &self.settings, self.report_to.clone())
    }

    /// Takes in what they have reported.
    ///
    /// # Errors
    ///
    /// If one has ended that nobody asked to.
    pub(crate) fn update(&mut self) -> Result<(), String> {
        let reports: Vec<Report> = self.reports.try_iter().collect();
        for Report { process, outcome } in reports {
            match outcome {
                Some(outcome) => self.take_in(process, outcome),
                None if self.is_current(process) => return Err("a worker has ended by itself".to_owned()),
                None => {}
            }
        }
        self.leaving.retain_mut(|process| !process.has_ended());
        Ok(())
    }

    fn is_current(&self, process: u64) -> bool {
        let is =
            |slot: &Slot| slot.current.id == process || slot.successor.as_ref().is_some_and(|next| next.id == process);
        self.slots.iter().any(is)
    }

    fn take_in(&mut self, process: u64, outcome: Outcome) {
        let state = match &outcome {
            Outcome::Ready => Some(State::Ready),
            Outcome::Sent => Some(State::Served),
            Outcome::Failed(error) => {
                self.totals.errors += 1;
                self.totals.last_error = Some(error.clone());
                Some(State::Unserved)
            }
            Outcome::Store(event) => {
                let name = event.split(':').next().unwrap_or_default();
                *self.totals.store_events.entry(name.to_owned()).or_default() += 1;
                None
            }
        };
        let Some(state) = state else { return };
        for slot in &mut self.slots {
            if slot.current.id == process {
                slot.state = state;
            } else if let Some(mut successor) = slot.successor.take_if(|next| next.id == process) {
                if state == State::Ready {
                    successor.begin();
                    slot.successor = Some(successor);
                    continue;
                }
                // It has sent its first message, or has tried to: the old one may go.
                let mut old = std::mem::replace(&mut slot.current, successor);
                slot.state = state;
                old.dismiss();
                self.leaving.push(old);
                self.totals.replaced += 1;
            }
        }
    }

    /// Whether all have started.
    pub(crate) fn are_ready(&self) -> bool {
        self.slots.iter().all(|slot| slot.state != State::Starting)
    }

    /// Lets all send.
    pub(crate) fn begin(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.current.begin());
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.slots.len()
    }

    /// How many have sent their last message with success.
    pub(crate) fn served(&self) -> usize {
        self.slots.iter().filter(|slot| slot.state == State::Served).count()
    }

    /// Whether each has had a first message to send.
    pub(crate) fn have_all_tried(&self) -> bool {
        self.slots.iter().all(|slot| matches!(slot.state, State::Served | State::Unserved))
    }

    /// Starts the process that is to replace this worker, unless one is on its way.
    pub(crate) fn replace(&mut self, index: usize) -> Result<(), String> {
        let successor = self.spawn()?;
        if let Some(slot) = self.slots.get_mut(index) {
            slot.successor.get_or_insert(successor);
        }
        Ok(())
    }

    /// Asks all to leave.
    pub(crate) fn dismiss(&mut self) {
        for slot in self.slots.drain(..) {
            let Slot { mut current, successor, .. } = slot;
            current.dismiss();
            self.leaving.push(current);
            if let Some(mut successor) = successor {
                successor.dismiss();
                self.leaving.push(successor);
            }
        }
    }

    /// Whether those that were asked to leave have.
    pub(crate) fn have_left(&mut self) -> bool {
        self.leaving.retain_mut(|process| !process.has_ended());
        self.leaving.is_empty()
    }
}
