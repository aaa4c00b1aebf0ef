//! What sharing promises, and whether a run kept it.

use std::time::Duration;

use crate::history::History;

/// A token is refreshed at 75 to 85 % of its lifetime, which counts from when it was asked for.
const EARLIEST: f64 = 0.75;
/// How long it may take on a wall until the emulator has issued a token that was asked for.
const TIME_TO_ISSUE: Duration = Duration::from_millis(500);
/// The token in use, and the one that it replaced.
const MOST_LIVE: usize = 2;

/// How a run broke the promise; empty if it kept it.
pub(crate) fn broken(run: &History) -> Vec<String> {
    let mut broken = Vec::new();
    if run.issues.is_empty() {
        broken.push("no token was issued".to_owned());
    }
    for (before, after) in run.issues.iter().zip(run.issues.iter().skip(1)) {
        let between = run.lives(after.saturating_sub(*before));
        if between < EARLIEST - run.lives(TIME_TO_ISSUE) {
            broken.push(format!("a token was issued {between:.2} of a lifetime after another"));
        }
    }
    if run.line.most_live > MOST_LIVE {
        broken.push(format!("{} tokens were alive at once", run.line.most_live));
    }
    if run.served < run.workers {
        broken.push(format!("{} of {} workers were served", run.served, run.workers));
    }
    for (count, what) in [
        (run.line.refused_issues, "issues were refused"),
        (run.line.dead_messages, "messages were sent with a dead token"),
        (run.totals.errors, "messages failed"),
    ] {
        if count > 0 {
            broken.push(format!("{count} {what}"));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> History {
        let mut run = History { workers: 50, served: 50, life: Duration::from_secs(10), ..History::default() };
        run.issues = [0, 8, 16].map(Duration::from_secs).to_vec();
        run.line.most_live = 2;
        run
    }

    #[test]
    fn one_issue_for_each_expiry_keeps_it() {
        assert_eq!(broken(&run()), Vec::<String>::new());
    }

    #[test]
    fn each_breach_is_told() {
        let breaches: [fn(&mut History); 6] = [
            |run| run.issues.push(Duration::from_secs(17)),
            |run| run.issues.clear(),
            |run| run.line.most_live = 3,
            |run| run.served = 49,
            |run| run.line.dead_messages = 1,
            |run| run.totals.errors = 1,
        ];
        for breach in breaches {
            let mut run = run();
            breach(&mut run);
            assert_eq!(broken(&run).len(), 1);
        }
    }
}
