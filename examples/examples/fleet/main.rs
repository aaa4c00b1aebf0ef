//! Many processes, one channel: with a store they share one token, without one they use up the 30 that LINE allows.
//!
//! `cargo run --example fleet` needs nothing; with `-- --store redis` it needs `redis-server`. It starts an emulator with LINE's limits, 50 workers that send messages all the time,
//! and replaces them in rolling deploys, with time sped up; first with a store, then without. It ends with a table and a chart, and fails if sharing did not keep its promise: one
//! issue for each expiry, two live tokens at most, nobody without one.
//!
//! Stateless tokens need no store: they are issued without a limit.

mod arguments;
mod chart;
mod divided_lifetime;
#[cfg(unix)]
mod guard;
mod history;
mod line;
mod outcome;
mod pace;
mod panels;
mod process;
mod promise;
#[cfg(unix)]
mod redis_server;
mod run;
mod scaled_clock;
mod scaled_store;
mod settings;
mod stores;
mod table;
mod view;
mod worker;
mod worker_tokens;
mod workers;

use std::process::ExitCode;

use clap::Parser;
use serde_json::json;

use crate::arguments::{Arguments, Store};
use crate::history::History;
use crate::view::{View, print};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = if arguments.worker {
        worker::run().map(|()| ExitCode::SUCCESS)
    } else if let Some(outcome) = guarded(&arguments) {
        outcome.map(|()| ExitCode::SUCCESS)
    } else {
        fleet(&arguments)
    };
    outcome.unwrap_or_else(|message| {
        eprintln!("fleet: {message}");
        ExitCode::FAILURE
    })
}

/// What came of a server that this process was to guard.
fn guarded(arguments: &Arguments) -> Option<Result<(), String>> {
    #[cfg(unix)]
    return (!arguments.guard.is_empty()).then(|| guard::run(&arguments.guard));
    #[cfg(not(unix))]
    (!arguments.guard.is_empty()).then(|| Err("--guard is for this program itself".to_owned()))
}

/// Until the runs are over, or somebody presses Ctrl-C; either way all processes that were started end.
fn fleet(arguments: &Arguments) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime could be started: {error}"))?;
    runtime.block_on(async {
        tokio::select! {
            outcome = both_runs(arguments) => outcome,
            _ = tokio::signal::ctrl_c() => {
                print("");
                Ok(ExitCode::from(130))
            }
        }
    })
}

async fn both_runs(arguments: &Arguments) -> Result<ExitCode, String> {
    let mut view = View::new(arguments.store.as_str(), arguments.lives);
    let lives = match arguments.lives {
        0 => "30 days".to_owned(),
        _ => format!("{} s here, with time sped up", arguments.life),
    };
    print(&format!(
        "{} workers, one channel, {} tokens that live {lives}.\n",
        arguments.workers,
        arguments.family.as_str()
    ));
    let mut runs = Vec::new();
    if arguments.store != Store::None {
        let store = stores::PrivateStore::open(arguments.store)?;
        let mut run = run::run(arguments, Some(store.settings()), &mut view).await?;
        run.round_trips = store.round_trips();
        view.keep(&run);
        runs.push(run);
    }
    if !arguments.shared_only || runs.is_empty() {
        let run = run::run(arguments, None, &mut view).await?;
        view.keep(&run);
        runs.push(run);
    }
    view.finish();
    if let Some(file) = &arguments.json {
        let all: Vec<_> = runs.iter().map(History::json).collect();
        write(file, &format!("{:#}\n", json!(all)))?;
    }
    write(&arguments.chart, &chart::svg(&runs, arguments.family, arguments.store.as_str()))?;
    print(&format!("\nThe chart is {}.", arguments.chart.display()));
    Ok(verdict(&runs))
}

/// The exit code, which says whether sharing kept its promise.
fn verdict(runs: &[History]) -> ExitCode {
    let Some(shared) = runs.iter().find(|run| run.is_shared) else { return ExitCode::SUCCESS };
    let broken = promise::broken(shared);
    if broken.is_empty() {
        print("Shared: one issue for each expiry, two live tokens at most, and every message was sent.");
        return ExitCode::SUCCESS;
    }
    print("Sharing did NOT keep its promise:");
    broken.iter().for_each(|breach| print(&format!("- {breach}")));
    if let Some(error) = &shared.totals.last_error {
        print(&format!("The last error of a worker: {error}"));
    }
    for (event, count) in &shared.totals.store_events {
        print(&format!("{count} times the store was reported: {event}"));
    }
    print(
        "If this machine has more to do than it can, its processes stand still while the sped-up time goes on: take a longer --life, or fewer --workers.",
    );
    ExitCode::FAILURE
}

fn write(file: &std::path::Path, text: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    if let Some(directory) = file.parent() {
        std::fs::create_dir_all(directory).map_err(failed)?;
    }
    std::fs::write(file, text).map_err(failed)
}
