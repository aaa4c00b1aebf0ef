//! What was found, for people and for programs.

use std::process::ExitCode;

use line_channel_token::{BaseUrl, Error};
use serde::Serialize;

use crate::failure::{Exit, Failure};
use crate::output::{self, OutputFormat};
use crate::{error_advice, library_words, style};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Ok,
    Warning,
    Problem,
    Skipped,
}

/// One thing that was found.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// The name of the check, which stays from version to version.
    pub(super) check: &'static str,
    pub(super) verdict: Verdict,
    /// What was found. It shows no secret.
    pub(super) message: String,
    /// What mends it.
    pub(super) advice: Option<String>,
    /// What the problem is to an exit code.
    #[serde(skip)]
    exit: Option<Exit>,
}

/// Everything that was found, in the order of the checks.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<Finding>);

/// The shape in JSON.
#[derive(Serialize)]
struct ReportJson<'a> {
    ok: bool,
    exit_code: u8,
    channel_id: Option<&'a str>,
    base_url: Option<String>,
    findings: &'a [Finding],
}

impl Report {
    pub(super) fn ok(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(check, Verdict::Ok, message.into(), None, None);
    }

    pub(super) fn skipped(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(check, Verdict::Skipped, message.into(), None, None);
    }

    pub(super) fn warning(&mut self, check: &'static str, message: impl Into<String>, advice: impl Into<String>) {
        self.add(check, Verdict::Warning, message.into(), Some(advice.into()), None);
    }

    pub(super) fn problem(
        &mut self,
        check: &'static str,
        exit: Exit,
        message: impl Into<String>,
        advice: impl Into<Option<String>>,
    ) {
        self.add(check, Verdict::Problem, message.into(), advice.into(), Some(exit));
    }

    /// A problem that a call met. What is neither refused nor may pass is not LINE's, so what is configured leads elsewhere.
    pub(super) fn failed(&mut self, check: &'static str, error: &Error, advice: impl Into<Option<String>>) {
        let exit = match error_advice::exit(error) {
            Exit::Other => Exit::Usage,
            exit => exit,
        };
        // Which operation it was is of no use to whoever reads the check.
        let message = error.to_string();
        let operation = error.operation().map(|operation| format!("{operation}: "));
        let message = operation.and_then(|operation| message.strip_prefix(&operation)).unwrap_or(&message);
        self.problem(check, exit, message, advice);
    }

    fn add(
        &mut self,
        check: &'static str,
        verdict: Verdict,
        message: String,
        advice: Option<String>,
        exit: Option<Exit>,
    ) {
        self.0.push(Finding { check, verdict, message: library_words::for_people(&message), advice, exit });
    }

    /// Whether a check found a problem.
    pub(super) fn has_problem(&self, check: &str) -> bool {
        self.0.iter().any(|finding| finding.check == check && finding.verdict == Verdict::Problem)
    }

    /// Whether a finding names this.
    pub(super) fn mentions(&self, name: &str) -> bool {
        self.0.iter().any(|finding| finding.message.contains(name))
    }

    /// The worst of the problems: what cannot mend itself has the smallest number.
    fn exit_code(&self) -> u8 {
        let order = [Exit::Usage, Exit::Refused, Exit::TryLater];
        let worst = order.into_iter().find(|exit| self.0.iter().any(|finding| finding.exit == Some(*exit)));
        worst.map_or(0, |exit| exit as u8)
    }

    /// Writes it, and is the exit code.
    pub(super) fn write(
        &self,
        format: OutputFormat,
        channel_id: Option<&str>,
        base_url: Option<&BaseUrl>,
    ) -> Result<ExitCode, Failure> {
        let exit_code = self.exit_code();
        match format {
            OutputFormat::Json => output::json(&ReportJson {
                ok: exit_code == 0,
                exit_code,
                channel_id,
                base_url: base_url.map(ToString::to_string),
                findings: &self.0,
            })?,
            OutputFormat::Text => output::styled(&self.text())?,
        }
        Ok(ExitCode::from(exit_code))
    }

    fn text(&self) -> String {
        let mut lines = Vec::new();
        for finding in &self.0 {
            let (word, style) = match finding.verdict {
                Verdict::Ok => ("ok", style::GOOD),
                Verdict::Warning => ("warning", style::WARNING),
                Verdict::Problem => ("problem", style::ERROR),
                Verdict::Skipped => ("skipped", style::HEADING),
            };
            let message = output::printable(&finding.message);
            lines.push(format!("{style}{word:<8}{style:#} {:<13} {message}", finding.check));
            let hint = style::HINT;
            let advice = finding.advice.iter().map(|advice| output::printable(advice));
            lines.extend(advice.map(|advice| format!("{:22} {hint}→{hint:#} {advice}", "")));
        }
        let count = |verdict| self.0.iter().filter(|finding| finding.verdict == verdict).count();
        let some = |count: usize, name: &str| format!("{count} {name}{}", if count == 1 { "" } else { "s" });
        lines.push(format!(
            "{} and {}; nothing was changed",
            some(count(Verdict::Problem), "problem"),
            some(count(Verdict::Warning), "warning")
        ));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::Report;
    use crate::failure::Exit;

    #[test]
    fn the_worst_problem_is_the_exit_code() {
        let mut report = Report::default();
        report.warning("slots", "29 of 30", "revoke");
        assert_eq!(report.exit_code(), 0);
        for (exit, code) in [(Exit::TryLater, 4), (Exit::Refused, 3), (Exit::Usage, 2)] {
            report.problem("x", exit, "y", None);
            assert_eq!(report.exit_code(), code);
        }
    }
}
