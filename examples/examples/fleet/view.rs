//! What happens, while it does: a table on a terminal, lines elsewhere.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use crate::history::History;
use crate::table;

/// How often lines are written, and how often the table is drawn.
const LINE_EVERY: Duration = Duration::from_secs(2);
const TABLE_EVERY: Duration = Duration::from_millis(200);

/// Shows runs on standard output.
pub(crate) struct View {
    shared_name: &'static str,
    is_terminal: bool,
    has_colors: bool,
    lives: f64,
    past: Vec<History>,
    shown_at: Option<Duration>,
    lines_drawn: usize,
}

impl View {
    pub(crate) fn new(shared_name: &'static str, lives: u16) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let is_terminal = std::io::stdout().is_terminal() && !is_dumb;
        Self {
            shared_name,
            is_terminal,
            has_colors: is_terminal && !set("NO_COLOR"),
            lives: f64::from(lives),
            past: Vec::new(),
            shown_at: None,
            lines_drawn: 0,
        }
    }

    /// Shows how far a run is.
    pub(crate) fn show(&mut self, run: &History) {
        let every = if self.is_terminal { TABLE_EVERY } else { LINE_EVERY };
        if self.shown_at.is_some_and(|at| run.elapsed.saturating_sub(at) < every) {
            return;
        }
        self.shown_at = Some(run.elapsed);
        if self.is_terminal {
            let runs: Vec<&History> = self.past.iter().chain([run]).collect();
            self.draw(&table::of(&runs, self.shared_name, self.lives, self.has_colors));
        } else {
            print(&table::line(run, self.shared_name));
        }
    }

    /// Keeps a run that is over, beside which the next one is shown.
    pub(crate) fn keep(&mut self, run: &History) {
        self.past.push(run.clone());
        self.shown_at = None;
    }

    /// Shows all runs as they ended.
    pub(crate) fn finish(&mut self) {
        let runs: Vec<&History> = self.past.iter().collect();
        let table = table::of(&runs, self.shared_name, self.lives, self.has_colors);
        if self.is_terminal {
            self.draw(&table);
        } else {
            print("");
            table.iter().for_each(|line| print(line));
        }
    }

    /// Draws over what was drawn before.
    fn draw(&mut self, lines: &[String]) {
        let mut text = String::new();
        if self.lines_drawn > 0 {
            text.push_str(&format!("\x1b[{}A\x1b[J", self.lines_drawn));
        }
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
        self.lines_drawn = lines.len();
        let mut out = std::io::stdout();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

/// A line, unless nobody reads any more.
pub(crate) fn print(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
