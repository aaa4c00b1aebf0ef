//! Compares with the floor: `cargo xtask bench`.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use bench::{cached_read, chart, pooled_read, report, same_minute, server, signing, tail, transport};
use clap::{Parser, ValueEnum};

/// Prints how much slower than the floor we are, as ratios of medians in one run.
#[derive(Parser)]
struct Arguments {
    /// What to measure; everything where none is named.
    groups: Vec<Group>,
    /// Write one JSON object a row here.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Draw the charts in this directory.
    #[arg(long)]
    svg: Option<PathBuf>,
    /// Fail where a bar is missed.
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
    /// Reads of a pool.
    Pool,
    /// A pool whose tokens expire in the same minute.
    SameMinute,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::parse();
    let wanted = |group| arguments.groups.is_empty() || arguments.groups.contains(&group);
    let (mut rows, mut charts, mut missed) = (Vec::new(), Vec::new(), 0);
    if wanted(Group::Signing) {
        rows.extend(signing::rows()?);
    }
    if wanted(Group::Transport) {
        rows.extend(transport::rows(server::start()?)?);
    }
    if wanted(Group::Cache) {
        rows.extend(cached_read::rows()?);
        rows.extend(tail::rows()?);
    }
    if wanted(Group::Pool) {
        let (pool, curve) = pooled_read::rows()?;
        rows.extend(pool);
        report::print_curve(&curve);
        charts.push(("pool-reads.svg", curve.svg()));
    }
    if wanted(Group::SameMinute) {
        let (outcome, curve) = same_minute::run(100_000)?;
        println!("{}\n", report::same_minute(&outcome));
        charts.push(("pool-same-minute.svg", curve.svg()));
        missed += usize::from(!outcome.holds());
    }
    report::print(&rows);
    if let Some(file) = arguments.json {
        std::fs::write(file, format!("{:#}\n", report::json(&rows)))?;
    }
    if let Some(directory) = arguments.svg {
        charts.push(("benchmarks.svg", chart::svg(&rows)));
        for (name, svg) in charts {
            std::fs::write(directory.join(name), svg)?;
        }
    }
    missed += rows.iter().filter(|row| !row.holds()).count();
    if arguments.check && missed > 0 {
        eprintln!("{missed} bars were missed");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
