//! `inspect`.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueHint};
use line_channel_token::ChannelId;
use line_channel_token::emulator::{Finding, Inspection, InspectionBuilder, Verdict};

use crate::failure::{Exit, Failure};
use crate::input::Source;
use crate::output::{self, OutputArgs, OutputFormat, printable};
use crate::{key_file, style};

const EXAMPLES: &str = "\
Examples:
  # Which rule an assertion breaks, with its signature
  line-channel-token sign | line-channel-token inspect --key key.pem
  # What was pasted into the terminal: an assertion, a token, a form, a line of a log
  line-channel-token inspect
  # Only the rules that are broken
  line-channel-token inspect --output json assertion.txt \\
    | jq '.findings[] | select(.verdict == \"violation\")'

Exit codes: 0 no rule is broken, 3 LINE would refuse it, 2 it cannot be read. Nothing is sent anywhere:
`line-channel-token verify` asks LINE about a token.";

/// The longest text that is inspected, with room for an error that says so.
const LIMIT: usize = 1 << 20;

/// Says what an assertion or a token says, and which rules of LINE's it breaks
///
/// All rules are checked at once, by this machine's clock and without asking LINE. What would have to be known for a rule can be given by a
/// flag; without it the rule is listed as not checked.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Inspect {
    /// The file of the assertion or the token; - or nothing for standard input
    #[arg(value_name = "FILE", value_parser = Source::parser(), value_hint = ValueHint::FilePath)]
    file: Option<Source>,
    /// The key that must have signed it: a private key, a public key or a public JWK
    #[arg(long, value_name = "FILE", value_parser = Source::parser(), value_hint = ValueHint::FilePath)]
    key: Option<Source>,
    /// The channel that it must be of
    #[arg(long, value_name = "ID", env = "LINE_CHANNEL_ID", hide_env_values = true)]
    channel_id: Option<String>,
    /// An audience that is accepted, if it is not for LINE; may be given several times
    #[arg(long, value_name = "URL")]
    audience: Vec<String>,
    /// Accepts ES256, as a gateway may; LINE does not
    #[arg(long)]
    accept_es256: bool,
    /// The Unix time, in seconds, by which it is checked; now if this is left out
    #[arg(long, value_name = "SECONDS")]
    at: Option<u64>,
    #[command(flatten)]
    output: OutputArgs,
}

impl Inspect {
    pub(crate) fn output_format(&self) -> OutputFormat {
        self.output.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let builder = self.builder()?;
        let source = self.file.unwrap_or_default();
        let text = source.read_text("an assertion or a token", LIMIT)?;
        let inspection = builder.inspect(&text);
        match self.output.output {
            OutputFormat::Json => output::json(&inspection)?,
            OutputFormat::Text => output::styled(&describe(&inspection))?,
        }
        Ok(if inspection.is_accepted() { ExitCode::SUCCESS } else { ExitCode::from(Exit::Refused as u8) })
    }

    fn builder(&self) -> Result<InspectionBuilder, Failure> {
        if self.key == Some(Source::Stdin) && self.file.clone().unwrap_or_default() == Source::Stdin {
            return Err(Failure::usage("standard input cannot be both the key and what is inspected")
                .with_hint("give the path of one of them"));
        }
        let mut builder = Inspection::builder().accept_es256(self.accept_es256);
        if let Some(id) = &self.channel_id {
            builder = builder.channel_id(ChannelId::new(id)?);
        }
        if !self.audience.is_empty() {
            builder = builder.accepted_audiences(&self.audience);
        }
        if let Some(seconds) = self.at {
            builder = builder.now(Duration::from_secs(seconds));
        }
        if let Some(key) = &self.key {
            builder = builder
                .public_jwk(key_file::read_any(key)?)
                .map_err(|error| Failure::from(error).in_input(&key.name()))?;
        }
        Ok(builder)
    }
}

/// What it is, what it says, what each rule says, and the sum of it.
fn describe(inspection: &Inspection) -> String {
    let heading = style::HEADING;
    let kind = inspection.subject().as_str().replace('_', " ");
    let mut text = format!("{heading}{kind}{heading:#}\n");
    for (name, json) in [("header", inspection.header()), ("claims", inspection.claims())] {
        if let Some(json) = json {
            // Cannot fail: writing to a String never does.
            let _ = writeln!(text, "{heading}{name}{heading:#} {}", printable(json));
        }
    }
    text.push('\n');
    let width = inspection.findings().iter().map(|finding| finding.rule.len()).max().unwrap_or_default();
    for finding in inspection.findings() {
        let _ = writeln!(text, "{}", line(finding, width));
    }
    text.push('\n');
    text.push_str(&sum(inspection.findings()));
    let is_open = |rule: &str| {
        let mut findings = inspection.findings().iter();
        findings.any(|finding| finding.rule == rule && finding.verdict == Verdict::NotChecked)
    };
    if is_open("signature") {
        text.push_str("\n`--key FILE` verifies the signature.");
    }
    if is_open("status") {
        text.push_str("\n`line-channel-token verify` asks LINE whether a token is valid.");
    }
    text
}

fn line(finding: &Finding, width: usize) -> String {
    let (style, mark) = match finding.verdict {
        Verdict::Ok => (style::GOOD, "ok"),
        Verdict::Warning => (style::WARNING, "warning"),
        Verdict::Violation => (style::ERROR, "violation"),
        _ => (style::HEADING, "not checked"),
    };
    let mut line = format!("{style}{mark:<11}{style:#}  {:<width$}  {}", finding.rule, printable(&finding.message));
    if let Some(advice) = &finding.advice {
        let _ = write!(line, "\n{:<11}  {:<width$}  -> {}", "", "", printable(advice));
    }
    line
}

fn sum(findings: &[Finding]) -> String {
    let count = |verdict: Verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let (good, bad) = (style::GOOD, style::ERROR);
    match (count(Verdict::Violation), count(Verdict::NotChecked)) {
        (0, 0) => format!("{good}No rule is broken.{good:#}"),
        (0, 1) => format!("{good}No rule is broken{good:#}, and 1 could not be checked."),
        (0, unknown) => format!("{good}No rule is broken{good:#}, and {unknown} could not be checked."),
        (1, _) => format!("{bad}LINE would refuse it: 1 rule is broken.{bad:#}"),
        (broken, _) => format!("{bad}LINE would refuse it: {broken} rules are broken.{bad:#}"),
    }
}
