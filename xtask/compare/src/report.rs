//! The table, the bar, and the same as JSON.

use serde_json::{Value, json};

use crate::measure::Row;

/// Prints the table.
pub(crate) fn print(rows: &[Row]) {
    println!("{:<32}{:>10}{:>10}{:>14}", "a cached token", "theirs", "ours", "theirs/ours");
    for Row { name, ours, theirs, ratio } in rows {
        println!("{name:<32}{theirs:>7.1} ns{ours:>7.1} ns{ratio:>14.2}");
    }
}

/// Prints how the fastest of them compares, and returns whether it holds the bar.
pub(crate) fn bar(rows: &[Row], bar: f64) -> bool {
    // By the ratio: the machine may have been slower while another of them was timed.
    let Some(fastest) = rows.iter().min_by(|a, b| a.ratio.total_cmp(&b.ratio)) else { return false };
    let holds = fastest.ratio >= bar;
    let verdict = if holds { "holds" } else { "MISSES" };
    println!(
        "\nthe fastest of them, {}, takes {:.2} times as long: {verdict} the bar of at least {bar}",
        fastest.name, fastest.ratio
    );
    holds
}

/// One object a row.
pub(crate) fn json(rows: &[Row]) -> Value {
    rows.iter()
        .map(|Row { name, ours, theirs, ratio }| {
            json!({ "name": name, "ours_ns": ours, "theirs_ns": theirs, "ratio": ratio })
        })
        .collect()
}
