//! The ratios as an SVG bar chart.

use std::fmt::Write;

use crate::report::Row;

const LABEL: f64 = 300.0;
const SCALE: f64 = 320.0;
const LINE: f64 = 34.0;

/// A bar for each ratio, the reference at 1 and a mark at each threshold.
pub fn svg(rows: &[Row]) -> String {
    let largest = rows.iter().map(|row| row.figures.ratio.max(row.threshold)).fold(1.0, f64::max);
    let (width, height) = (LABEL + SCALE * largest + 90.0, LINE * rows.len() as f64 + 50.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for (nth, row) in rows.iter().enumerate() {
        let top = LINE * nth as f64 + 10.0;
        let (ratio, middle) = (row.figures.ratio, top + 16.0);
        let color = if row.holds() { "#06c755" } else { "#d33" };
        let threshold = LABEL + SCALE * row.threshold;
        // Writing to a String cannot fail.
        let _ = writeln!(
            svg,
            "<text x=\"{:.0}\" y=\"{middle:.0}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{LABEL}\" y=\"{top:.0}\" width=\"{:.1}\" height=\"22\" fill=\"{color}\"/>\
             <text x=\"{:.1}\" y=\"{middle:.0}\">{ratio:.3}</text>\
             <line x1=\"{threshold:.1}\" x2=\"{threshold:.1}\" y1=\"{:.0}\" y2=\"{:.0}\" stroke=\"#333\" stroke-width=\"2\"/>",
            LABEL - 8.0,
            row.name,
            SCALE * ratio,
            LABEL + SCALE * ratio.max(row.threshold) + 6.0,
            top - 3.0,
            top + 25.0,
        );
    }
    let (one, bottom) = (LABEL + SCALE, height - 40.0);
    let _ = writeln!(
        svg,
        "<line x1=\"{one}\" x2=\"{one}\" y1=\"4\" y2=\"{bottom:.0}\" stroke=\"#888\" stroke-dasharray=\"4 3\"/>\
         <text x=\"{LABEL}\" y=\"{:.0}\" fill=\"#555\">time, as a multiple of the reference (dashed: 1; black marks: the threshold)</text>\n</svg>",
        height - 14.0
    );
    svg
}
