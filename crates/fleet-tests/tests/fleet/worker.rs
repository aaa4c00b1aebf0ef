//! A worker process, as a test sees it.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use fleet_tests::{Command as WorkerCommand, Counts, Line, Reply, StopPoint, Task, WorkerSettings};
use rustix::process::{Pid, Signal, kill_process};

/// How long a worker may take for anything, in real time: past that the test has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A worker process, which is killed with its handle.
pub struct Worker {
    child: Child,
    stdin: Mutex<(ChildStdin, u64)>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
}

#[derive(Default)]
struct Seen {
    ready: bool,
    ended: bool,
    stopped_at: HashSet<StopPoint>,
    replies: HashMap<u64, Reply>,
    events: Vec<(String, String)>,
}

impl Worker {
    /// Starts one, without waiting until it is ready.
    pub fn start(settings: &WorkerSettings) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fleet-worker"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the worker starts");
        let mut stdin = child.stdin.take().unwrap();
        writeln!(stdin, "{}", serde_json::to_string(settings).unwrap()).unwrap();
        let seen = Arc::new((Mutex::new(Seen::default()), Condvar::new()));
        let writer = Arc::clone(&seen);
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                // The last line of a worker that is killed may be half of one.
                let Ok(line) = serde_json::from_str(&line) else { continue };
                let mut seen = writer.0.lock().unwrap();
                match line {
                    Line::Ready => seen.ready = true,
                    Line::At(point) => drop(seen.stopped_at.insert(point)),
                    Line::Reply(reply) => drop(seen.replies.insert(reply.id, reply)),
                    Line::Event(name, text) => seen.events.push((name, text)),
                }
                writer.1.notify_all();
            }
            writer.0.lock().unwrap().ended = true;
            writer.1.notify_all();
        });
        Self { child, stdin: Mutex::new((stdin, 0)), seen }
    }

    pub fn wait_until_ready(&self) {
        self.wait_for("ready", |seen| seen.ready.then_some(()));
    }

    /// Begins to do something, for [`reply`](Self::reply) to wait for.
    pub fn begin(&self, task: Task) -> u64 {
        self.begin_for(0, task)
    }

    pub fn begin_for(&self, channel: usize, task: Task) -> u64 {
        let mut stdin = self.stdin.lock().unwrap();
        stdin.1 += 1;
        let id = stdin.1;
        let command = serde_json::to_string(&WorkerCommand { id, channel, task }).unwrap();
        // Fails if the worker was killed; then a reply is not waited for.
        let _ = writeln!(stdin.0, "{command}");
        id
    }

    pub fn reply(&self, id: u64) -> Reply {
        self.wait_for("its reply", |seen| seen.replies.remove(&id))
    }

    /// The reply, if there is one already.
    pub fn reply_if_done(&self, id: u64) -> Option<Reply> {
        self.seen.0.lock().unwrap().replies.remove(&id)
    }

    pub fn ask(&self, task: Task) -> Reply {
        self.reply(self.begin(task))
    }

    pub fn wait_until_at(&self, point: StopPoint) {
        self.wait_for(&format!("{point:?}"), |seen| seen.stopped_at.contains(&point).then_some(()));
    }

    pub fn counts(&self) -> Counts {
        self.ask(Task::Counts).counts
    }

    /// The texts of all events of this name.
    pub fn events(&self, name: &str) -> Vec<String> {
        let seen = self.seen.0.lock().unwrap();
        seen.events.iter().filter(|(event, _)| event == name).map(|(_, text)| text.clone()).collect()
    }

    pub fn wait_for_event(&self, name: &str) -> String {
        self.wait_for(name, |seen| seen.events.iter().find(|(event, _)| event == name).map(|(_, text)| text.clone()))
    }

    /// Kills it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Stops it in the middle of whatever it does (SIGSTOP).
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on (SIGCONT).
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Ends it gracefully, and waits until it has.
    pub fn shut_down(mut self) {
        self.ask(Task::Shutdown);
        assert!(self.child.wait().unwrap().success(), "the worker ends as it should");
    }

    /// Ends it without any notice.
    pub fn kill_and_forget(self) {
        drop(self);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn wait_for<T>(&self, what: &str, mut find: impl FnMut(&mut Seen) -> Option<T>) -> T {
        let mut found = None;
        let seen = self.seen.0.lock().unwrap();
        let (seen, _) = self
            .seen
            .1
            .wait_timeout_while(seen, PATIENCE, |seen| {
                found = find(seen);
                found.is_none() && !seen.ended
            })
            .unwrap();
        let events = &seen.events;
        found.unwrap_or_else(|| panic!("a worker was not {what} in time; ended: {}; events: {events:?}", seen.ended))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
    }
}
