//! A whole process from its start to a token on its standard output: time and memory.

use std::process::Command;
use std::time::{Duration, Instant};

use super::report::median;
use crate::run::section;

const ROUNDS: usize = 20;

/// What one program took, in the median.
pub(crate) struct FirstToken {
    pub(crate) name: &'static str,
    pub(crate) milliseconds: f64,
    pub(crate) kib: f64,
}

/// Runs the programs in turns.
pub(crate) fn measure(
    commands: &[(&'static str, Vec<String>)],
    variables: &[(&str, &str)],
) -> Result<Vec<FirstToken>, String> {
    section(&format!("from start to token, {ROUNDS} rounds"));
    let mut times = vec![Vec::new(); commands.len()];
    let mut memory = vec![Vec::new(); commands.len()];
    for round in 0..=ROUNDS {
        for (index, (name, line)) in commands.iter().enumerate() {
            let (time, kib) = run(name, line, variables)?;
            // The first round fills the caches of the system.
            if let (true, Some(times), Some(memory)) = (round > 0, times.get_mut(index), memory.get_mut(index)) {
                times.push(time.as_secs_f64() * 1000.0);
                memory.push(kib);
            }
        }
    }
    let medians = commands.iter().zip(times.iter().zip(&memory));
    Ok(medians
        .map(|((name, _), (times, memory))| FirstToken { name, milliseconds: median(times), kib: median(memory) })
        .collect())
}

/// GNU `time` knows the most memory that the process had; it is small, so that its own does not count.
#[expect(clippy::disallowed_methods, reason = "this measures real time")]
fn run(name: &str, line: &[String], variables: &[(&str, &str)]) -> Result<(Duration, f64), String> {
    let mut command = Command::new("/usr/bin/time");
    command.args(["--quiet", "--format", "%M"]).args(line).envs(variables.iter().copied());
    let start = Instant::now();
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    let time = start.elapsed();
    let errors = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || !String::from_utf8_lossy(&output.stdout).starts_with("eyJ") {
        return Err(format!("{name} printed no token:\n{errors}"));
    }
    let kib = errors.lines().last().and_then(|line| line.trim().parse().ok());
    Ok((time, kib.ok_or_else(|| format!("{name}: time printed no number:\n{errors}"))?))
}
