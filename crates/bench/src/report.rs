//! The table, and the same as JSON.

use serde_json::{Value, json};

use crate::curve::Curve;
use crate::measure::Comparison;

/// One comparison, and the ratio that it must not exceed.
#[derive(Debug)]
pub struct Row {
    /// What is compared with what.
    pub name: &'static str,
    /// The figures, in nanoseconds.
    pub figures: Comparison,
    /// The largest ratio that is accepted.
    pub threshold: f64,
}

impl Row {
    /// A row.
    pub fn new(name: &'static str, figures: Comparison, threshold: f64) -> Self {
        Self { name, figures, threshold }
    }

    /// Whether the ratio is within the threshold.
    pub fn holds(&self) -> bool {
        self.figures.ratio <= self.threshold
    }
}

/// Prints the table.
pub fn print(rows: &[Row]) {
    println!("{:<42}{:>12}{:>12}{:>8}{:>11}  holds", "", "ours", "reference", "ratio", "threshold");
    for row in rows {
        let Comparison { ours, reference, ratio } = row.figures;
        let holds = if row.holds() { "yes" } else { "NO" };
        println!(
            "{:<42}{:>12}{:>12}{ratio:>8.3}{:>11.2}  {holds}",
            row.name,
            time(ours),
            time(reference),
            row.threshold
        );
    }
}

/// One object a row.
pub fn json(rows: &[Row]) -> Value {
    rows.iter()
        .map(|row| {
            let Comparison { ours, reference, ratio } = row.figures;
            json!({
                "name": row.name, "ours": ours, "reference": reference, "unit": "ns",
                "ratio": ratio, "threshold": row.threshold, "holds": row.holds(),
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
