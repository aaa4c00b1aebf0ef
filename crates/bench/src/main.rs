//! Compares with the baselines: `cargo xtask bench`.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use bench::{
    authorized_call, cached_read, chart, dead_channels, expiry_burst, insertion, latency_under_refresh, pooled_read,
    replicas, report, server, signing, transport,
};
use clap::{Parser, ValueEnum};

/// Prints how much slower than the baseline we are, as ratios of medians in one run.
#[derive(Parser)]
struct Arguments {
    /// What to measure; everything if none is named.
    groups: Vec<Group>,
    /// Write one JSON object a row here.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Draw the charts in this directory.
    #[arg(long)]
    svg: Option<PathBuf>,
    /// Fail if a threshold is exceeded.
    #[arg(long)]
    check: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Group {
    /// Assertions.
    Signing,
    /// Calls over the backends.
    Transport,
    /// Reads of a cache.
    Cache,
    /// Calls of a service through the layer that authorizes them.
    Tower,
    /// Reads of a pool.
    Pool,
    /// New channels in a pool that is full.
    Insertion,
    /// A pool whose tokens expire in the same minute.
    ExpiryBurst,
    /// A healthy channel behind many whose source never responds.
    DeadChannels,
    /// Issues a day by the number of replicas, with a store and without.
    Replicas,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::parse();
    let wanted = |group| arguments.groups.is_empty() || arguments.groups.contains(&group);
    let (mut rows, mut charts, mut exceeded) = (Vec::new(), Vec::new(), 0);
    if wanted(Group::Signing) {
        rows.extend(signing::rows()?);
    }
    if wanted(Group::Transport) {
        rows.extend(transport::rows(server::start()?)?);
    }
    if wanted(Group::Cache) {
        rows.extend(cached_read::rows()?);
        rows.extend(latency_under_refresh::rows()?);
    }
    if wanted(Group::Tower) {
        rows.extend(authorized_call::rows()?);
    }
    if wanted(Group::Pool) {
        let (pool, curve) = pooled_read::rows()?;
        rows.extend(pool);
        report::print_curve(&curve);
        charts.push(("pool-reads.svg", curve.svg()));
    }
    if wanted(Group::Insertion) {
        let (insertion, curve) = insertion::rows()?;
        rows.extend(insertion);
        report::print_curve(&curve);
    }
    if wanted(Group::ExpiryBurst) {
        let (outcome, curve) = expiry_burst::run(100_000)?;
        println!("{}\n", outcome);
        charts.push(("pool-expiry-burst.svg", curve.svg()));
        exceeded += usize::from(!outcome.holds());
    }
    if wanted(Group::DeadChannels) {
        let delays = dead_channels::run()?;
        println!("{}\n", delays);
        exceeded += usize::from(!delays.holds());
    }
    if wanted(Group::Replicas) {
        let replicas = replicas::run()?;
        println!("{}\n", replicas);
        charts.push(("issues-by-replicas.svg", replicas.svg()));
    }
    report::print(&rows);
    if let Some(file) = arguments.json {
        std::fs::write(file, format!("{:#}\n", report::json(&rows)))?;
    }
    if let Some(directory) = arguments.svg {
        if !rows.is_empty() {
            charts.push(("benchmarks.svg", chart::svg(&rows)));
        }
        for (name, svg) in charts {
            std::fs::write(directory.join(name), svg)?;
        }
    }
    exceeded += rows.iter().filter(|row| !row.holds()).count();
    if arguments.check && exceeded > 0 {
        eprintln!("{exceeded} thresholds were exceeded");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
