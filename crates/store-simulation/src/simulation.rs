//! One seed, from its beginning to its end.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use line_channel_token_cache::TokenFamily;
use line_channel_token_core::Error;

use crate::breakage::Breakage;
use crate::clock::NodeClock;
use crate::executor::{Executor, WORLD};
use crate::faults;
use crate::fleet::Machine;
use crate::invariant::{Invariant, Violation};
use crate::scenario::{Kind, Scenario};
use crate::world::World;

/// What became of a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// The invariant that did not hold, if one did not.
    pub violation: Option<Violation>,
    /// A hash of all that happened, which is the same at each run of the seed.
    pub trace_hash: u64,
    /// What was simulated, in words.
    pub scenario: String,
    /// The last events before the violation, or before the end.
    pub last_events: String,
    /// How many tokens LINE issued, and how many of them nothing explains but the expiry of others.
    pub issued: (usize, usize),
    /// How often a task ran.
    pub steps: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}", self.scenario, self.last_events)?;
        match &self.violation {
            Some(violation) => {
                writeln!(f, "seed {}: {violation}", self.seed)?;
                write!(f, "replay it with: cargo xtask simulate 1 {}", self.seed)
            }
            None => write!(f, "seed {}: every invariant holds, for {} steps", self.seed, self.steps),
        }
    }
}

/// Simulates a seed.
///
/// ```
/// use store_simulation::simulate;
///
/// let report = simulate(7, None);
/// assert_eq!(report.violation, None, "{report}");
/// assert_eq!(simulate(7, None).trace_hash, report.trace_hash);
/// ```
#[must_use]
pub fn simulate(seed: u64, breakage: Option<Breakage>) -> Report {
    // What is under test takes its nonces and its jitter from the generator of the thread.
    fastrand::seed(seed);
    let mut rng = Rng::with_seed(seed);
    let scenario = Arc::new(Scenario::of(&mut rng));
    match Simulation::new(seed, &scenario, rng, breakage) {
        Ok(simulation) => simulation.run(),
        Err(error) => Report {
            seed,
            violation: Some(Violation { invariant: Invariant::Served, at: Duration::ZERO, text: error.to_string() }),
            trace_hash: 0,
            scenario: format!("{scenario:?}"),
            last_events: String::new(),
            issued: (0, 0),
            steps: 0,
        },
    }
}

/// More steps than any scenario needs: nodes that never wait.
const MAX_STEPS: u64 = 4_000_000;

struct Simulation {
    seed: u64,
    scenario: Arc<Scenario>,
    executor: Executor,
    world: World,
}

impl Simulation {
    fn new(seed: u64, scenario: &Arc<Scenario>, mut rng: Rng, breakage: Option<Breakage>) -> Result<Self, Error> {
        let executor = Executor::new(rng.u64(..));
        let handle = executor.handle();
        let world = World::new(handle.clone(), scenario, rng.u64(..))?;
        {
            let mut state = world.state();
            state.store.ignores_revisions = breakage == Some(Breakage::StoreComparesNothing);
            state.checks.only = breakage.map(Breakage::breaks);
            if scenario.kind == Kind::Healthy {
                state.checks.issue_interval = Some(scenario.lifetime.mul_f64(0.70));
                state.checks.must_serve_from = Duration::from_secs(90);
            }
        }
        let mut clocks = Vec::new();
        for node in 0..scenario.nodes {
            let drift = rng.i64(-i64::from(scenario.drift)..=i64::from(scenario.drift));
            let ahead = rng.i64(-scenario.ahead..=scenario.ahead);
            let origin = Duration::from_secs(rng.u64(..1_000_000));
            let clock = Arc::new(NodeClock::new(handle.clone(), drift, origin, ahead));
            clocks.push(Arc::clone(&clock));
            let machine = Machine { world: world.clone(), scenario: Arc::clone(scenario), node, clock, breakage };
            // Most begin at once, and some are deployed later.
            let first_in = if rng.u32(..5) > 0 {
                Duration::from_millis(rng.u64(..3_000))
            } else {
                scenario.lifetime.mul_f64(rng.f64()).min(scenario.faulty_for)
            };
            handle.spawn(
                WORLD,
                machine.run(if scenario.kind == Kind::Healthy {
                    Duration::from_millis(rng.u64(..3_000))
                } else {
                    first_in
                }),
            );
        }
        faults::spawn(&world, scenario, &clocks);
        Ok(Self { seed, scenario: Arc::clone(scenario), executor, world })
    }

    fn run(mut self) -> Report {
        let Scenario { faulty_for, .. } = *self.scenario;
        self.run_until(faulty_for);
        if self.scenario.kind != Kind::Healthy {
            faults::heal(&self.world);
            self.world.state().checks.must_serve_from = faulty_for + self.scenario.served_within();
        }
        let end = faulty_for + self.scenario.quiet_for();
        self.run_until(end - self.scenario.lifetime);
        let converged = Arc::new(Mutex::new(false));
        self.world.handle.spawn(WORLD, watch(self.world.clone(), self.scenario.lifetime / 200, Arc::clone(&converged)));
        self.run_until(end);
        let has_converged = *converged.lock().unwrap_or_else(PoisonError::into_inner);
        self.judge(end, has_converged);
        self.report()
    }

    fn run_until(&mut self, end: Duration) {
        let world = self.world.clone();
        self.executor.run_until(end, |steps| {
            let now = world.now();
            let mut state = world.state();
            if steps > MAX_STEPS {
                state.checks.violate(Invariant::NoStorm, now, format!("the fleet has taken {steps} steps"));
            }
            state.checks.violation().is_some() || steps > MAX_STEPS
        });
    }

    /// What can be said in the end alone.
    fn judge(&self, end: Duration, has_converged: bool) {
        let mut state = self.world.state();
        let state = &mut *state;
        let is_full =
            state.line.family() != TokenFamily::Stateless && state.line.live(end).count() >= crate::line::SLOTS;
        if !has_converged && !is_full {
            state.checks.violate(Invariant::Converged, end, "the nodes use different tokens in the end".to_owned());
        }
        let issued = state.line.all().len();
        let least = (end.as_secs_f64() / self.scenario.lifetime.as_secs_f64() / 0.9) as usize;
        if self.scenario.kind == Kind::Healthy && issued < least {
            let text = format!("{issued} tokens were issued, and {least} at least would have been needed");
            state.checks.violate(Invariant::OneIssuePerExpiry, end, text);
        }
    }

    fn report(self) -> Report {
        let state = self.world.state();
        let tokens = state.line.all();
        Report {
            seed: self.seed,
            violation: state.checks.violation().cloned(),
            trace_hash: state.trace.hash(),
            scenario: format!("{:?}", self.scenario),
            last_events: state.trace.last_events(),
            issued: (tokens.len(), tokens.iter().filter(|token| token.excuse.is_none()).count()),
            steps: self.executor.steps(),
        }
    }
}

/// Notes when all nodes use one token.
async fn watch(world: World, every: Duration, converged: Arc<Mutex<bool>>) {
    loop {
        world.handle.sleep(every).await;
        let mut state = world.state();
        let state = &mut *state;
        let mut served = state.processes.values().map(|running| state.checks.processes.get(&running.process)?.served);
        let first = served.next().flatten();
        if first.is_some() && served.all(|token| token == first) {
            *converged.lock().unwrap_or_else(PoisonError::into_inner) = true;
            return;
        }
    }
}
