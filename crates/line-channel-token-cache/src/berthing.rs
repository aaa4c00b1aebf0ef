//! How a flight of a pool comes to its berth, and gives it back whatever happens.

use std::sync::Arc;

use futures_util::future::{Either, select};
use tokio::sync::Semaphore;

use crate::dock::{Berth, Dock};
use crate::sync::Mutex;

/// The berth of a flight.
///
/// Whoever rides waits for it, not the flight itself: a rider who gives up, or whose runtime ends, leaves the queue, where
/// a flight that nobody drives would block it. The first who gets a berth gets it for all.
pub(crate) struct Berthing {
    dock: Arc<Dock>,
    berth: Mutex<Option<Berth>>,
    /// Closed once the flight may go.
    gate: Semaphore,
}

impl Berthing {
    /// For a flight that has its berth, or one that still waits for it.
    pub(crate) fn new(dock: &Arc<Dock>, berth: Option<Berth>) -> Self {
        let gate = Semaphore::new(0);
        if berth.is_some() {
            gate.close();
        }
        Self { dock: Arc::clone(dock), berth: Mutex::new(berth), gate }
    }

    /// Waits until the flight may go.
    pub(crate) async fn wait(&self) {
        if self.gate.is_closed() {
            return;
        }
        let (opened, berth) = (std::pin::pin!(self.gate.acquire()), std::pin::pin!(Dock::berth(&self.dock)));
        if let Either::Right((berth, _)) = select(opened, berth).await {
            let mut place = self.berth.lock();
            let surplus = if self.gate.is_closed() { Some(berth) } else { place.replace(berth) };
            self.gate.close();
            drop(place);
            drop(surplus);
        }
    }
}

/// Gives the berth back when it is dropped: when the flight has landed, and when its task has ended. Whoever drives a flight
/// whose task has ended, because a runtime is no more, does so without a berth.
pub(crate) struct Vacate(pub(crate) Arc<Berthing>);

impl Drop for Vacate {
    fn drop(&mut self) {
        let mut place = self.0.berth.lock();
        let berth = place.take();
        self.0.gate.close();
        drop(place);
        drop(berth);
    }
}
