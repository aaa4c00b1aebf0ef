//! Runs side by side, as text.

use crate::history::History;

const LABEL: usize = 30;
const COLUMN: usize = 16;

/// Whether a figure is one to be glad of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Plain,
    Good,
    Bad,
}

/// What a run has in a row.
type Cell<'a> = &'a dyn Fn(&&History) -> (String, Mood);

/// A table with a column for each run.
pub(crate) fn of(runs: &[&History], shared_name: &str, lives: f64, has_colors: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let name = |run: &&History| (if run.is_shared { shared_name } else { "no store" }.to_owned(), Mood::Plain);
    let rows: [(&str, Cell<'_>); 12] = [
        ("", &name),
        ("lives of a token", &|run| (format!("{:.1} of {lives}", run.lives(run.elapsed)), Mood::Plain)),
        ("workers that are served", &|run| {
            (format!("{} of {}", run.served, run.workers), good_if(run.served == run.workers))
        }),
        ("tokens issued", &|run| (thousands(run.issues.len() as u64), Mood::Plain)),
        ("issues refused", &|run| none_is_good(run.line.refused_issues)),
        ("live tokens, and at most", &|run| {
            (format!("{}, {}", run.live, run.line.most_live), good_if(run.line.most_live <= 2))
        }),
        ("messages", &|run| (thousands(run.line.messages), Mood::Plain)),
        ("sent with a dead token", &|run| none_is_good(run.line.dead_messages)),
        ("errors of callers", &|run| none_is_good(run.totals.errors)),
        ("workers replaced by deploys", &|run| (thousands(run.totals.replaced), Mood::Plain)),
        ("calls of the store", &|run| (run.round_trips.map_or_else(|| "-".to_owned(), thousands), Mood::Plain)),
        ("tokens revoked", &|run| (thousands(run.line.revocations), Mood::Plain)),
    ];
    for (label, cell) in rows {
        let mut line = format!("{label:<LABEL$}");
        for run in runs {
            let (text, mood) = cell(run);
            let padded = format!("{text:>COLUMN$}");
            line.push_str(&if has_colors { colored(&padded, mood) } else { padded });
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// How far one run is, in a line.
pub(crate) fn line(run: &History, shared_name: &str) -> String {
    format!(
        "{:<10} {:>5.1} lives: {} of {} served, {} issued, {} refused, {} live (at most {}), {} messages, {} with a dead token, {} errors",
        if run.is_shared { shared_name } else { "no store" },
        run.lives(run.elapsed),
        run.served,
        run.workers,
        run.issues.len(),
        run.line.refused_issues,
        run.live,
        run.line.most_live,
        thousands(run.line.messages),
        run.line.dead_messages,
        run.totals.errors,
    )
}

fn none_is_good(count: u64) -> (String, Mood) {
    (thousands(count), good_if(count == 0))
}

fn good_if(is_good: bool) -> Mood {
    if is_good { Mood::Good } else { Mood::Bad }
}

fn colored(text: &str, mood: Mood) -> String {
    match mood {
        Mood::Plain => text.to_owned(),
        Mood::Good => format!("\x1b[32m{text}\x1b[0m"),
        Mood::Bad => format!("\x1b[31m{text}\x1b[0m"),
    }
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_stand_side_by_side() {
        let shared = History { is_shared: true, workers: 50, served: 50, ..History::default() };
        let mut unshared = History { workers: 50, served: 30, ..History::default() };
        unshared.line.messages = 12_345;
        let table = of(&[&shared, &unshared], "Redis", 4.0, false);
        let row = |label: &str| {
            table.iter().find(|line| line.contains(label)).unwrap().split_whitespace().collect::<Vec<_>>()
        };
        assert_eq!(row("Redis"), ["Redis", "no", "store"]);
        assert_eq!(row("served")[4..], ["50", "of", "50", "30", "of", "50"]);
        assert_eq!(row("messages"), ["messages", "0", "12,345"]);
        assert!(!table.concat().contains('\x1b'));
        assert!(of(&[&unshared], "", 4.0, true).concat().contains("\x1b[31m"));
    }
}
