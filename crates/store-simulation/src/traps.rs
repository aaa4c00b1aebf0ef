//! Kills and pauses that wait for a process to reach a certain point of an issue.

use std::time::Duration;

use crate::executor::Process;
use crate::world::World;

/// Where a process can be caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Point {
    /// It has the lease, and has not asked LINE.
    BeforeSending,
    /// LINE has its request, perhaps.
    AfterSending,
    /// LINE's response has arrived.
    AfterResponse,
    /// It is about to store the token.
    BeforeStoring,
    /// It has sent the token to the store.
    AfterStoring,
}

impl Point {
    pub(crate) const ALL: [Self; 5] =
        [Self::BeforeSending, Self::AfterSending, Self::AfterResponse, Self::BeforeStoring, Self::AfterStoring];
}

/// What happens to the next process that gets there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trap {
    Kill,
    Pause(Duration),
}

/// The traps that are set.
#[derive(Debug, Default)]
pub(crate) struct Traps(Vec<(Point, Trap)>);

impl Traps {
    pub(crate) fn set(&mut self, point: Point, trap: Trap) {
        self.0.push((point, trap));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    fn take(&mut self, point: Point) -> Option<Trap> {
        let position = self.0.iter().position(|(there, _)| *there == point)?;
        Some(self.0.remove(position).1)
    }
}

impl World {
    /// A process has got to this point: it is killed or paused if a trap waits there. Whoever awaits this goes no further then.
    pub(crate) async fn reach(&self, process: Process, point: Point) {
        self.spring(process, point);
        // A task that was killed or paused is not run again before it is resumed.
        if !self.handle.is_alive(process) || self.handle.is_paused(process) {
            self.handle.sleep(Duration::from_nanos(1)).await;
        }
    }

    /// The same for a process that goes on until it waits for something.
    pub(crate) fn spring(&self, process: Process, point: Point) {
        let trap = self.state().traps.take(point);
        match trap {
            Some(Trap::Kill) => self.kill(process),
            Some(Trap::Pause(duration)) => {
                self.pause(process);
                let world = self.clone();
                self.handle.spawn(crate::executor::WORLD, async move {
                    world.handle.sleep(duration).await;
                    world.resume(process);
                });
            }
            None => {}
        }
    }
}
