//! What goes wrong, when, and until when.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::NodeClock;
use crate::executor::WORLD;
use crate::scenario::{Kind, Scenario};
use crate::store::Hindrance;
use crate::trace::Happened;
use crate::traps::{Point, Trap};
use crate::world::World;

/// What a later version might write.
pub(crate) const NEWER_FORMAT: &[u8] = br#"{"format":99}"#;

/// Something that goes wrong.
#[derive(Clone, Debug)]
enum Fault {
    Hindered(Hindrance, Duration),
    Emptied,
    SetBack(Duration),
    /// Something that is none of ours is at our key.
    Planted(Option<&'static [u8]>),
    /// A value of a newer version is there for a while.
    NewerFormat(Duration),
    CutOff(Vec<u32>, Duration),
    SlowNetwork(Duration),
    LineDown(Duration),
    LineHangs(Duration),
    IssuesLost(Duration),
    Revoked,
    EverythingRefused(Duration),
    Kill(u32),
    KillAll,
    KillAt(Point),
    Pause(u32, Duration),
    PauseAt(Point, Duration),
    CalendarSet(u32, i64),
    FailedOver(Duration),
}

/// Spawns the faults of a scenario, and what ends them all.
pub(crate) fn spawn(world: &World, scenario: &Scenario, clocks: &[Arc<NodeClock>]) {
    for _ in 0..scenario.faults {
        let at = {
            let rng = &mut world.state().rng;
            match rng.u32(..3) {
                // Many faults matter only while somebody issues.
                0 => Duration::from_millis(rng.u64(..60_000)),
                _ => scenario.faulty_for.mul_f64(rng.f64()),
            }
        };
        let fault = random(world, scenario);
        let (world, clocks, end) = (world.clone(), clocks.to_vec(), scenario.faulty_for);
        world.handle.clone().spawn(WORLD, async move {
            world.handle.sleep(at).await;
            world.note(Happened::Fault(format!("{fault:?}")));
            happen(&world, fault, &clocks, end).await;
        });
    }
}

fn random(world: &World, scenario: &Scenario) -> Fault {
    let rng = &mut world.state().rng;
    let node = rng.u32(..scenario.nodes);
    // Long enough for tokens to expire meanwhile, if they do not live for days: that would be millions of attempts.
    let longest = scenario.lifetime.mul_f64(1.2).min(Duration::from_secs(3 * 3_600));
    let long = if rng.bool() { longest.mul_f64(rng.f64()) } else { Duration::from_secs(rng.u64(1..900)) };
    let pause = Duration::from_secs(if rng.bool() { rng.u64(5..60) } else { rng.u64(60..1_200) });
    let point = Point::ALL.get(rng.usize(..Point::ALL.len())).copied().unwrap_or(Point::AfterResponse);
    match rng.u32(..if scenario.kind == Kind::FailingOver { 26 } else { 23 }) {
        0 | 1 => Fault::Hindered(Hindrance::Silent, long),
        2 => Fault::Hindered(Hindrance::Refusing, long),
        3 => Fault::Hindered(Hindrance::ReadOnly, long),
        4 => Fault::Hindered(Hindrance::Full, long),
        5 => Fault::Emptied,
        6 => Fault::SetBack(Duration::from_millis(rng.u64(1..1_000))),
        7 => {
            let values: [Option<&[u8]>; 4] =
                [None, Some(b""), Some(b"{\"format\":1,\"token\":7}"), Some(b"\xff\x00garbage")];
            Fault::Planted(values.get(rng.usize(..values.len())).copied().flatten())
        }
        8 => Fault::NewerFormat(long),
        9 | 10 => {
            let nodes = (0..scenario.nodes).filter(|_| rng.bool()).collect();
            Fault::CutOff(nodes, long)
        }
        11 => Fault::SlowNetwork(long),
        12 => Fault::LineDown(long),
        13 => Fault::LineHangs(Duration::from_secs(rng.u64(1..300))),
        14 => Fault::IssuesLost(Duration::from_secs(rng.u64(1..300))),
        15 => Fault::Revoked,
        16 => Fault::EverythingRefused(Duration::from_secs(rng.u64(1..1_800))),
        17 => Fault::Kill(node),
        18 => Fault::KillAll,
        19 => Fault::KillAt(point),
        20 => Fault::Pause(node, pause),
        21 => Fault::PauseAt(point, pause),
        22 => Fault::CalendarSet(node, rng.i64(-300_000..300_000)),
        _ => Fault::FailedOver(Duration::from_secs(rng.u64(1..120))),
    }
}

async fn happen(world: &World, fault: Fault, clocks: &[Arc<NodeClock>], end: Duration) {
    let until_end = |duration: Duration| duration.min(end.saturating_sub(world.now()));
    match fault {
        Fault::Hindered(hindrance, duration) => {
            change(world, |state| state.store.hindrance = Some(hindrance));
            world.handle.sleep(until_end(duration)).await;
            change(world, |state| state.store.hindrance = None);
        }
        Fault::Emptied => change(world, |state| {
            state.store_loses(&world.key, "the store was emptied");
            state.store.clear();
        }),
        Fault::SetBack(by) => change(world, |state| state.store.set_back(by)),
        Fault::Planted(value) => change(world, |state| {
            state.store_loses(&world.key, "the store's value was replaced");
            state.store.plant(&world.key, value);
        }),
        Fault::NewerFormat(duration) => {
            change(world, |state| {
                state.store_loses(&world.key, "the store's value was replaced");
                state.store.plant(&world.key, Some(NEWER_FORMAT));
            });
            world.handle.sleep(until_end(duration)).await;
            change(world, |state| {
                if state.store.value(&world.key).is_some_and(|value| value.expose_bytes() == NEWER_FORMAT) {
                    state.store.clear();
                }
            });
        }
        Fault::CutOff(nodes, duration) => {
            change(world, |state| state.network.cut_off.extend(&nodes));
            world.handle.sleep(until_end(duration)).await;
            change(world, |state| state.network.cut_off.retain(|node| !nodes.contains(node)));
        }
        Fault::SlowNetwork(duration) => {
            let before = world.state().network.slow;
            change(world, |state| (state.network.slow, state.checks.is_reliable) = (400, false));
            world.handle.sleep(until_end(duration)).await;
            change(world, |state| state.network.slow = before);
        }
        Fault::LineDown(duration) => {
            world.state().line.is_down = true;
            world.handle.sleep(until_end(duration)).await;
            world.state().line.is_down = false;
        }
        Fault::LineHangs(duration) => {
            world.state().line.hangs = true;
            world.handle.sleep(until_end(duration)).await;
            world.state().line.hangs = false;
        }
        Fault::IssuesLost(duration) => {
            world.state().network.loses_issues = true;
            world.handle.sleep(until_end(duration)).await;
            world.state().network.loses_issues = false;
        }
        Fault::Revoked => {
            let mut state = world.state();
            if let Some(token) = state.contents(&world.key).token {
                state.line.revoke(token.serial);
            }
        }
        Fault::EverythingRefused(duration) => {
            world.state().line.refuses_everything = true;
            world.handle.sleep(until_end(duration)).await;
            world.state().line.refuses_everything = false;
        }
        Fault::Kill(node) => {
            if let Some(process) = process_of(world, node) {
                world.kill(process);
            }
        }
        Fault::KillAll => {
            let processes: Vec<_> = world.state().processes.values().map(|running| running.process).collect();
            processes
                .into_iter()
                .filter(|process| world.handle.is_alive(*process))
                .for_each(|process| world.kill(process));
        }
        Fault::KillAt(point) => world.state().traps.set(point, Trap::Kill),
        Fault::Pause(node, duration) => {
            let Some(process) = process_of(world, node) else { return };
            world.pause(process);
            world.handle.sleep(until_end(duration)).await;
            world.resume(process);
        }
        Fault::PauseAt(point, duration) => world.state().traps.set(point, Trap::Pause(duration)),
        Fault::CalendarSet(node, ahead) => {
            if let Some(clock) = clocks.get(node as usize) {
                clock.set_ahead(ahead);
            }
        }
        Fault::FailedOver(lag) => {
            let replica = world.state().store.replica();
            world.handle.sleep(until_end(lag)).await;
            change(world, |state| {
                state.store_loses(&world.key, "the store failed over");
                state.store.fail_over(replica);
            });
        }
    }
}

/// A change of the store or of the way to it, which may cost those who ask just now their leases.
fn change(world: &World, change: impl FnOnce(&mut crate::world::State)) {
    let mut state = world.state();
    state.checks.store_changes += 1;
    state.checks.trouble_for_all();
    change(&mut state);
}

fn process_of(world: &World, node: u32) -> Option<u32> {
    let process = world.state().processes.get(&node)?.process;
    world.handle.is_alive(process).then_some(process)
}

/// Ends what is still wrong.
pub(crate) fn heal(world: &World) {
    let paused: Vec<_> = {
        let mut state = world.state();
        state.traps.clear();
        state.network.lost = 0;
        state.network.slow = 0;
        state.processes.values().map(|running| running.process).collect()
    };
    change(world, |state| state.checks.is_reliable = false);
    paused.into_iter().filter(|process| world.handle.is_paused(*process)).for_each(|process| world.resume(process));
    world.note(Happened::Fault("no fault any more".to_owned()));
}
