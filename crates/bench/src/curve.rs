//! Lines in a chart, as SVG.

use std::fmt::Write;

const LEFT: f64 = 70.0;
const TOP: f64 = 40.0;
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 240.0;

/// Some lines over the same axes; the vertical one begins at 0.
#[derive(Debug)]
pub struct Curve {
    /// What is shown.
    pub title: &'static str,
    /// What the horizontal axis counts.
    pub x: &'static str,
    /// What the vertical axis counts.
    pub y: &'static str,
    /// Whether the horizontal axis is logarithmic.
    pub logarithmic: bool,
    /// The lines.
    pub lines: Vec<Line>,
}

/// A line.
#[derive(Debug)]
pub struct Line {
    /// What it shows.
    pub name: &'static str,
    /// A colour of SVG's.
    pub color: &'static str,
    /// From left to right.
    pub points: Vec<(f64, f64)>,
}

impl Curve {
    /// The chart.
    pub fn svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let scale = |x: f64| if self.logarithmic { x.log10() } else { x };
        let (least, most) = points().fold((f64::MAX, f64::MIN), |(a, b), (x, _)| (a.min(scale(*x)), b.max(scale(*x))));
        let highest = points().map(|(_, y)| *y).fold(f64::MIN_POSITIVE, f64::max);
        let across = |x: f64| LEFT + WIDTH * (scale(x) - least) / (most - least).max(f64::MIN_POSITIVE);
        let up = |y: f64| TOP + HEIGHT * (1.0 - y / highest);
        let bottom = TOP + HEIGHT;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 660 360\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"{LEFT}\" y=\"22\" font-size=\"14\">{}</text>\n\
             <path d=\"M{LEFT} {TOP} V{bottom} H{:.0}\" fill=\"none\" stroke=\"#888\"/>\n",
            self.title,
            LEFT + WIDTH
        );
        // Writing to a String cannot fail.
        for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
            let y = highest * share;
            let _ = writeln!(
                svg,
                "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\" fill=\"#555\">{}</text>",
                LEFT - 6.0,
                up(y) + 4.0,
                thousands(y)
            );
        }
        for x in self.marks(least, most) {
            let _ = writeln!(
                svg,
                "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"#555\">{}</text>",
                across(x),
                bottom + 16.0,
                thousands(x)
            );
        }
        let _ = writeln!(
            svg,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"#555\">{}</text>\
             <text x=\"8\" y=\"{:.0}\" fill=\"#555\">{}</text>",
            LEFT + WIDTH / 2.0,
            bottom + 34.0,
            self.x,
            TOP - 6.0,
            self.y
        );
        for (nth, line) in self.lines.iter().enumerate() {
            let path: Vec<String> =
                line.points.iter().map(|(x, y)| format!("{:.1},{:.1}", across(*x), up(*y))).collect();
            let (x, y) = (LEFT + 190.0 * nth as f64, bottom + 58.0);
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\
                 <rect x=\"{x}\" y=\"{:.0}\" width=\"14\" height=\"4\" fill=\"{}\"/><text x=\"{:.0}\" y=\"{y}\">{}</text>",
                path.join(" "),
                line.color,
                y - 6.0,
                line.color,
                x + 20.0,
                line.name
            );
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn marks(&self, least: f64, most: f64) -> Vec<f64> {
        if self.logarithmic {
            return self.lines.first().map(|line| line.points.iter().map(|(x, _)| *x).collect()).unwrap_or_default();
        }
        (0..=6).map(|nth| least + (most - least) * f64::from(nth) / 6.0).collect()
    }
}

fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let (head, tail) = digits.split_at(digits.len().saturating_sub(3));
    if head.is_empty() { tail.to_owned() } else { format!("{head},{tail}") }
}
