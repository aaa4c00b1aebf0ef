//! The table, and the same as JSON.

use serde_json::{Value, json};

use crate::curve::Curve;
use crate::measure::Comparison;
use crate::same_minute::Outcome;

/// One comparison and the bar that it must not pass.
#[derive(Debug)]
pub struct Row {
    /// What is compared with what.
    pub name: &'static str,
    /// The figures, in nanoseconds.
    pub figures: Comparison,
    /// The largest ratio that is accepted.
    pub bar: f64,
}

impl Row {
    /// A row.
    pub fn new(name: &'static str, figures: Comparison, bar: f64) -> Self {
        Self { name, figures, bar }
    }

    /// Whether the ratio is within the bar.
    pub fn holds(&self) -> bool {
        self.figures.ratio <= self.bar
    }
}

/// Prints the table.
pub fn print(rows: &[Row]) {
    println!("{:<42}{:>12}{:>12}{:>8}{:>7}  holds", "", "ours", "reference", "ratio", "bar");
    for row in rows {
        let Comparison { ours, reference, ratio } = row.figures;
        let holds = if row.holds() { "yes" } else { "NO" };
        println!("{:<42}{:>12}{:>12}{ratio:>8.3}{:>7.2}  {holds}", row.name, time(ours), time(reference), row.bar);
    }
}

/// One object a row.
pub fn json(rows: &[Row]) -> Value {
    rows.iter()
        .map(|row| {
            let Comparison { ours, reference, ratio } = row.figures;
            json!({
                "name": row.name, "ours": ours, "reference": reference, "unit": "ns",
                "ratio": ratio, "bar": row.bar, "holds": row.holds(),
            })
        })
        .collect()
}

fn time(nanoseconds: f64) -> String {
    if nanoseconds < 1000.0 { format!("{nanoseconds:.0} ns") } else { format!("{:.1} µs", nanoseconds / 1000.0) }
}

/// Prints the points of a curve.
pub fn print_curve(curve: &Curve) {
    println!("{}", curve.title);
    for line in &curve.lines {
        let points: Vec<String> = line.points.iter().map(|(x, y)| format!("{x:.0}: {y:.0}")).collect();
        println!("  {:<30}{}", line.name, points.join("   "));
    }
    println!();
}

/// What came of a hundred thousand tokens that expire in the same minute.
pub fn same_minute(outcome: &Outcome) -> String {
    let Outcome { channels, reads, waited, refreshed, took, to_spare } = outcome;
    format!(
        "{channels} channels whose tokens expire in the same minute: {refreshed} replaced within {took:.0} s, {to_spare:.0} s \
         before the first expiry; {waited} of {reads} callers waited  {}",
        if outcome.holds() { "yes" } else { "NO" }
    )
}
