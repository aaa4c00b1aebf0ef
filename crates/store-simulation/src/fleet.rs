//! Starts the processes of the nodes, and starts them again after they were killed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use line_channel_token_cache::{SharedSource, TokenSource};
use line_channel_token_core::Clock;

use crate::breakage::{Breakage, broken_source, broken_store};
use crate::cache::CacheState;
use crate::clock::NodeClock;
use crate::executor::WORLD;
use crate::line_source::LineSource;
use crate::node::Node;
use crate::notify::Notify;
use crate::scenario::Scenario;
use crate::store_client::StoreClient;
use crate::trace::Happened;
use crate::world::{Running, World};

/// The machine that a node runs on, and how its processes are made.
pub(crate) struct Machine {
    pub(crate) world: World,
    pub(crate) scenario: Arc<Scenario>,
    pub(crate) node: u32,
    pub(crate) clock: Arc<NodeClock>,
    pub(crate) breakage: Option<Breakage>,
}

impl Machine {
    /// Runs a process, and the next one a while after it was killed.
    pub(crate) async fn run(self, first_in: Duration) {
        let handle = self.world.handle.clone();
        handle.sleep(first_in).await;
        for life in 0_u32.. {
            let death = self.start_process(life);
            death.notified().await;
            let delay = Duration::from_millis(self.world.state().rng.u64(100..30_000));
            handle.sleep(delay).await;
        }
    }

    fn start_process(&self, life: u32) -> Arc<Notify> {
        let (world, node) = (&self.world, self.node);
        let process = WORLD + 1 + node + life * 1_000;
        let death = Arc::new(Notify::default());
        {
            let now = world.now();
            let mut state = world.state();
            state.trace.add(now, Happened::Started { node, process });
            state.checks.facts(process).node = node;
            state.processes.insert(node, Running { process, death: Arc::clone(&death) });
        }
        let clock: Arc<dyn Clock> = self.clock.clone();
        let node = Node {
            world: world.clone(),
            process,
            source: self.source(process, &clock),
            clock,
            call_every: (self.scenario.lifetime / 40).max(Duration::from_secs(5)),
            cache: Mutex::new(CacheState::default()),
            wake: Notify::default(),
        };
        node.start();
        death
    }

    fn source(&self, process: u32, clock: &Arc<dyn Clock>) -> Arc<dyn TokenSource> {
        let (world, node) = (self.world.clone(), self.node);
        let line = LineSource {
            world: world.clone(),
            node,
            process,
            clock: Arc::clone(clock),
            revokes_refused: self.scenario.revokes_refused,
        };
        let store = StoreClient {
            world: world.clone(),
            node,
            process,
            timeout: self.scenario.client_timeout,
            retries: self.scenario.client_retries,
        };
        let store = broken_store(self.breakage, store, process);
        let is_told_twice = self.breakage == Some(Breakage::EventsToldTwice);
        let shared =
            SharedSource::new(line.clone(), store).during_outage(self.scenario.outage).on_event(move |event| {
                world.told(process, event);
                if is_told_twice {
                    world.told(process, event);
                }
            });
        broken_source(self.breakage, shared, line, clock)
    }
}
