//! The CPU time of a whole process.

use std::process::Command;

/// How often a program runs in one measurement: bash tells milliseconds, and these programs take few.
const RUNS: u32 = 20;

/// Milliseconds of CPU that a run takes, in the program and in the system for it; bash's own part in starting it included.
pub(super) fn milliseconds(name: &str, line: &[String], variables: &[(&str, &str)]) -> Result<f64, String> {
    let script = format!(
        "TIMEFORMAT='%3U %3S'; time for ((nth = 0; nth < {RUNS}; nth++)); do \"$@\" > /dev/null || exit 1; done"
    );
    let mut command = Command::new("bash");
    command.args(["-c", &script, "bash"]).args(line).envs(variables.iter().copied());
    let output = command.output().map_err(|error| format!("bash: {error}"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{name} failed:\n{errors}"));
    }
    let seconds =
        errors.lines().last().and_then(sum).ok_or_else(|| format!("{name}: bash told no times:\n{errors}"))?;
    Ok(seconds * 1000.0 / f64::from(RUNS))
}

/// The sum of two numbers in a line.
fn sum(line: &str) -> Option<f64> {
    let (user, system) = line.trim().split_once(' ')?;
    Some(user.parse::<f64>().ok()? + system.parse::<f64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::sum;

    #[test]
    fn user_and_system_time_both_count() {
        assert!((sum("0.012 0.030\n").unwrap() - 0.042).abs() < 1e-9);
        assert_eq!(sum("command not found"), None);
    }
}
