//! The chart of the runs: tokens issued and tokens alive over time, side by side.

use std::time::Duration;

use crate::history::History;
use crate::panels::{Axis, Chart, Line, Panel, Stroke};
use crate::settings::Family;

/// LINE allows a channel so many.
const SLOTS: f64 = 30.0;

pub(crate) fn svg(runs: &[History], family: Family, shared_name: &str) -> String {
    let most = |figure: &dyn Fn(&History) -> usize| runs.iter().map(figure).max().unwrap_or_default() as f64;
    let most_issued = most(&|run| run.issues.len());
    let most_live = most(&|run| run.line.most_live).max(SLOTS + 1.0);
    let lives = runs.iter().map(|run| run.lives(run.elapsed)).fold(1.0, f64::max);
    let name = |run: &History| {
        if run.is_shared { format!("with a store ({shared_name})") } else { "without a store".to_owned() }
    };
    let stroke = |run: &History| if run.is_shared { Stroke::Blue } else { Stroke::Orange };
    let x = || Axis::linear("time, in lifetimes of a token", lives);
    let mut panels = Vec::new();
    for run in runs {
        panels.push(Panel {
            title: format!("Tokens issued, {}", name(run)),
            x: x(),
            y: Axis::linear("tokens", most_issued),
            limit: None,
            lines: vec![Line { stroke: stroke(run), points: issued(run) }],
        });
    }
    for run in runs {
        panels.push(Panel {
            title: format!("Live tokens, {}", name(run)),
            x: x(),
            y: Axis::linear("tokens", most_live),
            limit: Some((SLOTS, "LINE allows 30".to_owned())),
            lines: vec![Line { stroke: stroke(run), points: live(run) }],
        });
    }
    Chart {
        title: format!(
            "{} processes of one channel, {} tokens",
            runs.first().map_or(0, |run| run.workers),
            family.as_str()
        ),
        description: runs.iter().map(|run| described(run, &name(run))).collect::<Vec<_>>().join(" "),
        columns: runs.len(),
        panels,
        legend: runs.iter().map(|run| (stroke(run), name(run))).collect(),
    }
    .svg()
}

/// The same in words.
fn described(run: &History, name: &str) -> String {
    format!(
        "In {:.0} lifetimes of a token, {} workers {name} had {} tokens issued and {} issues refused; {} tokens were alive at most, \
         {} messages were sent with a dead token, {} callers got an error, and {} workers were served at the end.",
        run.lives(run.elapsed),
        run.workers,
        run.issues.len(),
        run.line.refused_issues,
        run.line.most_live,
        run.line.dead_messages,
        run.totals.errors,
        run.served
    )
}

/// A step up for each token.
fn issued(run: &History) -> Vec<(f64, f64)> {
    let mut points = vec![(0.0, 0.0)];
    for (nth, at) in run.issues.iter().enumerate() {
        points.push((run.lives(*at), nth as f64));
        points.push((run.lives(*at), (nth + 1) as f64));
    }
    points.push((run.lives(run.elapsed), run.issues.len() as f64));
    points
}

/// The samples at which something changed.
fn live(run: &History) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = Vec::new();
    let point = |at: Duration, live: usize| (run.lives(at), live as f64);
    let mut last = None;
    for sample in &run.samples {
        if let Some(before) = last.filter(|before| *before != sample.live) {
            points.push(point(sample.at, before));
        }
        if last != Some(sample.live) {
            points.push(point(sample.at, sample.live));
            last = Some(sample.live);
        }
    }
    points.extend(last.map(|live| point(run.elapsed, live)));
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Sample;

    #[test]
    fn lines_are_steps() {
        let second = Duration::from_secs;
        let sample = |at, live| Sample { at: second(at), live, served: 0 };
        let run = History {
            life: second(10),
            elapsed: second(20),
            issues: vec![second(5)],
            samples: vec![sample(0, 0), sample(5, 1), sample(10, 1), sample(15, 0)],
            ..History::default()
        };
        assert_eq!(issued(&run), [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (2.0, 1.0)]);
        assert_eq!(live(&run), [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (1.5, 1.0), (1.5, 0.0), (2.0, 0.0)]);
        let svg = svg(&[run.clone(), History { is_shared: true, ..run }], Family::Jwt, "Redis");
        assert!(svg.contains("with a store (Redis)") && svg.contains("LINE allows 30"));
    }
}
