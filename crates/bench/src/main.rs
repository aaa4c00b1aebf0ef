//! Compares with the floor: `cargo xtask bench`.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use bench::{chart, report, server, signing, transport};
use clap::Parser;

/// Prints how much slower than the floor we are, as ratios of medians in one run.
#[derive(Parser)]
struct Arguments {
    /// Write one JSON object a row here.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Draw the chart here.
    #[arg(long)]
    svg: Option<PathBuf>,
    /// Fail where a bar is missed.
    #[arg(long)]
    check: bool,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::parse();
    let mut rows = signing::rows()?;
    rows.extend(transport::rows(server::start()?)?);
    report::print(&rows);
    if let Some(file) = arguments.json {
        std::fs::write(file, format!("{:#}\n", report::json(&rows)))?;
    }
    if let Some(file) = arguments.svg {
        std::fs::write(file, chart::svg(&rows))?;
    }
    let missed = rows.iter().filter(|row| !row.holds()).count();
    if arguments.check && missed > 0 {
        eprintln!("{missed} bars were missed");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
