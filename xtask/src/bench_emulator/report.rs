//! The figures as tables for docs/benchmarks.md, and as JSON.

use std::path::Path;

use serde_json::json;

use super::first_token::FirstToken;
use crate::run::{Outcome, section};

/// Our two loads come first, and then those of others.
const OURS: usize = 2;

#[derive(Default)]
pub(super) struct Report {
    names: Vec<&'static str>,
    /// Tokens a second by load, of each round.
    rounds: Vec<Vec<f64>>,
    /// The median of the rounds' own ratios of our tokens by secret to the faster of the others.
    pub(super) ratio: f64,
    /// KiB before, KiB after, requests between.
    pub(super) memory: (u64, u64, u64),
    pub(super) first_tokens: Vec<FirstToken>,
}

impl Report {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn add_round(&mut self, rates: &[f64]) {
        self.rounds.push(rates.to_vec());
        self.ratio = median(&self.ratios(0));
    }

    pub(super) fn name_loads(&mut self, names: impl Iterator<Item = &'static str>) {
        self.names = names.collect();
    }

    /// The ratios of one load to the faster of the others, round by round.
    fn ratios(&self, index: usize) -> Vec<f64> {
        let faster = |round: &[f64]| round.iter().skip(OURS).copied().fold(f64::MIN_POSITIVE, f64::max);
        self.rounds.iter().filter_map(|round| Some(round.get(index)? / faster(round))).collect()
    }

    fn rate(&self, index: usize) -> f64 {
        median(&self.rounds.iter().filter_map(|round| round.get(index).copied()).collect::<Vec<_>>())
    }

    pub(super) fn print(&self) {
        section("for docs/benchmarks.md");
        println!("| | tokens a second | of the faster of the others |\n|---|---|---|");
        for (index, name) in self.names.iter().enumerate() {
            println!("| {name} | {} | {:.2} |", thousands(self.rate(index)), median(&self.ratios(index)));
        }
        let (before, after, requests) = self.memory;
        println!("\nMemory: {before} KiB before and {after} KiB after {} requests.\n", thousands(requests as f64));
        println!("| from start to token | time | memory |\n|---|---|---|");
        for token in &self.first_tokens {
            println!("| {} | {:.1} ms | {:.1} MiB |", token.name, token.milliseconds, token.kib / 1024.0);
        }
        println!("\n{}", machine());
    }

    pub(super) fn write(&self, file: &Path) -> Outcome {
        let loads: Vec<_> = (self.names.iter().enumerate())
            .map(|(index, name)| json!({"name": name, "tokens_per_second": self.rate(index), "ratio": median(&self.ratios(index))}))
            .collect();
        let tokens: Vec<_> = (self.first_tokens.iter())
            .map(|token| json!({"name": token.name, "milliseconds": token.milliseconds, "kib": token.kib}))
            .collect();
        let (before, after, requests) = self.memory;
        let memory = json!({"kib_before": before, "kib_after": after, "requests": requests});
        let all = json!({"throughput": loads, "memory": memory, "first_token": tokens, "machine": machine()});
        std::fs::write(file, format!("{all:#}\n")).map_err(|error| format!("{}: {error}", file.display()))
    }
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    let lower = sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default();
    f64::midpoint(lower, upper)
}

fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Cores, processor and how busy the machine was.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, name)| name);
    let load = read("/proc/loadavg");
    format!("{cores} cores, {model}, load average {}", load.split(' ').next().unwrap_or("unknown"))
}

#[cfg(test)]
mod tests {
    use super::{Report, median, thousands};

    #[test]
    fn a_ratio_is_of_the_faster_of_the_others() {
        let mut report = Report::new();
        report.add_round(&[4000.0, 1000.0, 100.0, 50.0]);
        report.add_round(&[3000.0, 1000.0, 50.0, 200.0]);
        report.add_round(&[2000.0, 1000.0, 100.0, 50.0]);
        assert!((report.ratio - 20.0).abs() < 1e-9, "{}", report.ratio);
        assert!((report.rate(0) - 3000.0).abs() < 1e-9);
    }

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!([thousands(7.4), thousands(1450.0), thousands(200_000.0)], ["7", "1,450", "200,000"]);
        assert!((median(&[4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < 1e-9);
    }
}
