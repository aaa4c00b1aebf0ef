//! Workers that are driven together.

use std::collections::HashSet;
use std::time::Duration;

use fleet_tests::{Reply, Task, WorkerSettings};

use crate::platform::Platform;
use crate::worker::Worker;

/// How far the time moves at once while somebody waits.
const STEP: Duration = Duration::from_millis(250);

pub struct Fleet<'a> {
    pub platform: &'a Platform,
    pub workers: Vec<Worker>,
}

impl<'a> Fleet<'a> {
    /// Starts so many workers, and waits until they are ready.
    pub fn start(platform: &'a Platform, settings: &WorkerSettings, count: usize) -> Self {
        let workers: Vec<Worker> = (0..count).map(|_| Worker::start(settings)).collect();
        workers.iter().for_each(Worker::wait_until_ready);
        Self { platform, workers }
    }

    pub fn add(&mut self, settings: &WorkerSettings) -> &Worker {
        let worker = Worker::start(settings);
        worker.wait_until_ready();
        self.workers.push(worker);
        self.workers.last().unwrap()
    }

    /// Lets all of them do it at once, and waits for their replies.
    pub fn ask(&self, task: Task) -> Vec<Reply> {
        let begun: Vec<u64> = self.workers.iter().map(|worker| worker.begin(task)).collect();
        self.workers.iter().zip(begun).map(|(worker, id)| worker.reply(id)).collect()
    }

    /// All of them use a token once, and none gets an error or is refused. Returns the tokens, each once.
    #[track_caller]
    pub fn send(&self) -> HashSet<String> {
        let replies = self.ask(Task::Send);
        for reply in &replies {
            assert_eq!((reply.error.as_deref(), reply.status), (None, Some(200)), "{reply:?}");
        }
        replies.into_iter().filter_map(|reply| reply.token).collect()
    }

    /// Moves the time ahead, once nobody is in the middle of a refresh: that would be a process that was paused for so long.
    pub fn advance(&self, by: Duration) {
        while self.ask(Task::Counts).iter().any(|reply| reply.in_flight || reply.busy) {
            std::thread::yield_now();
        }
        self.platform.advance(by);
        self.ask(Task::Tick);
    }

    /// Lets all workers send, while the time goes on in small steps; never while a call of a store or of the server is under way, because that takes
    /// no time by the test's clock. Returns their replies, and how much of it that took. Fails after `at_most`.
    pub fn send_as_time_goes_on(&self, at_most: Duration) -> (Vec<Reply>, Duration) {
        let begun: Vec<u64> = self.workers.iter().map(|worker| worker.begin(Task::Send)).collect();
        let mut replies = vec![None; begun.len()];
        let mut taken = Duration::ZERO;
        loop {
            while self.ask(Task::Counts).iter().any(|reply| reply.busy) {
                std::thread::yield_now();
            }
            for (reply, (worker, id)) in replies.iter_mut().zip(self.workers.iter().zip(&begun)) {
                *reply = reply.take().or_else(|| worker.reply_if_done(*id));
            }
            if replies.iter().all(Option::is_some) {
                return (replies.into_iter().flatten().collect(), taken);
            }
            assert!(taken < at_most, "not all workers were served within {at_most:?}");
            self.platform.advance(STEP);
            self.ask(Task::Tick);
            taken += STEP;
        }
    }

    /// How many events of this name the workers had, together.
    pub fn events(&self, name: &str) -> Vec<String> {
        self.workers.iter().flat_map(|worker| worker.events(name)).collect()
    }
}
