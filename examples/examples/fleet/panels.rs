//! Charts of lines in one or more panels, as SVG: for light and dark surroundings, described for those who do not see them, without scripts.

use std::fmt::Write;

const WIDTH: f64 = 380.0;
const HEIGHT: f64 = 170.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 18.0;
const TOP: f64 = 46.0;
const BOTTOM: f64 = 44.0;
const HEAD: f64 = 44.0;
const FOOT: f64 = 34.0;

/// Colours that are told apart in both surroundings, also by those who see fewer: blue and orange; grey for limits.
const STYLE: &str = "text{fill:#57606a;font:12px sans-serif}.h{fill:#1f2328;font-size:15px;font-weight:600}.t{fill:#1f2328;font-weight:600}\
    .bg{fill:#fff}.axis{stroke:#8c959f;fill:none}.grid{stroke:#d8dee4}.limit{stroke:#8c959f;stroke-dasharray:5 4}\
    .l{fill:none;stroke-width:2.2;stroke-linejoin:round}.a{stroke:#0969da}.b{stroke:#bc4c00;stroke-dasharray:7 3}.c{stroke:#6e7781;stroke-dasharray:2 3}\
    @media(prefers-color-scheme:dark){text{fill:#9198a1}.h,.t{fill:#f0f6fc}.bg{fill:#0d1117}.axis{stroke:#656c76}.grid{stroke:#2a3038}\
    .limit{stroke:#656c76}.a{stroke:#58a6ff}.b{stroke:#f0883e}.c{stroke:#9198a1}}";

/// Panels in rows, with one legend.
pub(crate) struct Chart {
    pub(crate) title: String,
    /// What a reader is to see in it, in words.
    pub(crate) description: String,
    pub(crate) columns: usize,
    pub(crate) panels: Vec<Panel>,
    pub(crate) legend: Vec<(Stroke, String)>,
}

pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    /// A horizontal line, and what it is.
    pub(crate) limit: Option<(f64, String)>,
    pub(crate) lines: Vec<Line>,
}

pub(crate) struct Axis {
    pub(crate) label: String,
    pub(crate) ticks: Vec<f64>,
    pub(crate) scale: Scale,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "each program that includes this file uses what it needs")]
pub(crate) enum Scale {
    Linear,
    Logarithmic,
}

/// A line from left to right.
pub(crate) struct Line {
    pub(crate) stroke: Stroke,
    pub(crate) points: Vec<(f64, f64)>,
}

/// How a line looks, the same in all panels.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "each program that includes this file uses what it needs")]
pub(crate) enum Stroke {
    Blue,
    Orange,
    Grey,
}

impl Chart {
    pub(crate) fn svg(&self) -> String {
        let columns = self.columns.max(1);
        let rows = self.panels.len().div_ceil(columns);
        let (cell_width, cell_height) = (LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM);
        let width = cell_width * columns as f64;
        let height = HEAD + cell_height * rows as f64 + FOOT;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-labelledby=\"title desc\">\n\
             <title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n<style>{STYLE}</style>\n\
             <rect class=\"bg\" width=\"100%\" height=\"100%\"/>\n<text class=\"h\" x=\"16\" y=\"28\">{}</text>\n",
            escaped(&self.title),
            escaped(&self.description),
            escaped(&self.title)
        );
        for (nth, panel) in self.panels.iter().enumerate() {
            let left = cell_width * (nth % columns) as f64 + LEFT;
            let top = HEAD + cell_height * (nth / columns) as f64 + TOP;
            panel.draw(&mut svg, left, top);
        }
        let mut x = LEFT;
        for (stroke, name) in &self.legend {
            let y = height - 16.0;
            // Writing to a String cannot fail.
            let _ = writeln!(
                svg,
                "<path class=\"l {}\" d=\"M{x:.0} {:.0}h28\"/><text x=\"{:.0}\" y=\"{y:.0}\">{}</text>",
                stroke.class(),
                y - 4.0,
                x + 36.0,
                escaped(name)
            );
            x += 64.0 + 6.6 * name.chars().count() as f64;
        }
        svg.push_str("</svg>\n");
        svg
    }
}

impl Panel {
    fn draw(&self, svg: &mut String, left: f64, top: f64) {
        let bottom = top + HEIGHT;
        let across = |x: f64| left + WIDTH * self.x.share(x);
        let up = |y: f64| bottom - HEIGHT * self.y.share(y);
        let _ =
            writeln!(svg, "<text class=\"t\" x=\"{left:.0}\" y=\"{:.0}\">{}</text>", top - 14.0, escaped(&self.title));
        for tick in &self.y.ticks {
            let y = up(*tick);
            let _ = writeln!(
                svg,
                "<path class=\"grid\" d=\"M{left:.0} {y:.1}h{WIDTH}\"/><text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                left - 8.0,
                y + 4.0,
                number(*tick)
            );
        }
        for tick in &self.x.ticks {
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
                across(*tick),
                bottom + 17.0,
                number(*tick)
            );
        }
        let _ = writeln!(
            svg,
            "<path class=\"axis\" d=\"M{left:.0} {top:.0}V{bottom:.0}h{WIDTH}\"/>\
             <text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
            left + WIDTH / 2.0,
            bottom + 34.0,
            escaped(&self.x.label)
        );
        if let Some((limit, name)) = &self.limit {
            let y = up(*limit);
            let _ = writeln!(
                svg,
                "<path class=\"limit\" d=\"M{left:.0} {y:.1}h{WIDTH}\"/><text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                left + WIDTH - 4.0,
                y - 5.0,
                escaped(name)
            );
        }
        for line in &self.lines {
            let mut path = String::new();
            for (nth, (x, y)) in line.points.iter().enumerate() {
                let _ = write!(path, "{}{:.1} {:.1}", if nth == 0 { 'M' } else { 'L' }, across(*x), up(*y));
            }
            let _ = writeln!(svg, "<path class=\"l {}\" d=\"{path}\"/>", line.stroke.class());
        }
    }
}

impl Axis {
    /// From the first tick to the last, which are 0 and `most` or a little more.
    pub(crate) fn linear(label: &str, most: f64) -> Self {
        let step = round_step(most / 4.0);
        // What exceeds a tick by a hair needs no further one.
        let count = (most / step - 0.02).ceil().max(1.0) as u32;
        let ticks = (0..=count).map(|nth| f64::from(nth) * step).collect();
        Self { label: label.to_owned(), ticks, scale: Scale::Linear }
    }

    /// How far along the axis a value lies, from 0 to 1.
    fn share(&self, value: f64) -> f64 {
        let scale =
            |value: f64| if self.scale == Scale::Logarithmic { value.max(f64::MIN_POSITIVE).log10() } else { value };
        let first = scale(self.ticks.first().copied().unwrap_or(0.0));
        let last = scale(self.ticks.last().copied().unwrap_or(1.0));
        ((scale(value) - first) / (last - first).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0)
    }
}

impl Stroke {
    fn class(self) -> &'static str {
        match self {
            Self::Blue => "a",
            Self::Orange => "b",
            Self::Grey => "c",
        }
    }
}

/// 1, 2 or 5 times a power of ten; at least 1, because what is counted is whole.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.max(1.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|round| *round >= step).unwrap_or(10.0 * power)
}

/// Whole numbers with separators; others as they are.
fn number(value: f64) -> String {
    if value.fract() != 0.0 {
        return format!("{value}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(most: f64) -> Panel {
        let line = Line { stroke: Stroke::Blue, points: vec![(0.0, 0.0), (4.0, most)] };
        Panel {
            title: "a < b".to_owned(),
            x: Axis::linear("lives", 4.0),
            y: Axis::linear("tokens", most),
            limit: None,
            lines: vec![line],
        }
    }

    #[test]
    fn axes_end_at_or_above_the_most() {
        for (most, last) in
            [(0.0, 1.0), (1.0, 1.0), (4.0, 4.0), (30.0, 30.0), (97.0, 100.0), (1234.0, 1500.0), (2.01, 2.0)]
        {
            assert_eq!(Axis::linear("", most).ticks.last(), Some(&last), "{most}");
        }
    }

    #[test]
    fn charts_are_described_and_hold_no_script() {
        let chart = Chart {
            title: "Tokens & slots".to_owned(),
            description: "They grow.".to_owned(),
            columns: 2,
            panels: vec![panel(4.0), panel(4.0), panel(4.0)],
            legend: vec![(Stroke::Blue, "tokens".to_owned())],
        };
        let svg = chart.svg();
        for part in [
            "<title id=\"title\">Tokens &amp; slots</title>",
            "<desc id=\"desc\">They grow.</desc>",
            "role=\"img\"",
            "prefers-color-scheme:dark",
            "a &lt; b",
        ] {
            assert!(svg.contains(part), "{part}");
        }
        assert!(!svg.contains("<script") && !svg.contains("href"));
        assert_eq!(svg.matches("class=\"axis\"").count(), 3);
    }

    #[test]
    fn logarithms_share_an_axis_evenly() {
        let axis = Axis { label: String::new(), ticks: vec![1.0, 10.0, 100.0], scale: Scale::Logarithmic };
        assert!((axis.share(10.0) - 0.5).abs() < 1e-9 && axis.share(0.0) == 0.0 && axis.share(1000.0) == 1.0);
    }
}
