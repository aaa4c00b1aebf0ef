//! Why a command failed: the exit code, and what standard error says.

use std::fmt::Write as _;
use std::process::ExitCode;

use line_channel_token::Error;
use line_channel_token::configuration::ConfigError;
use serde::Serialize;

pub(crate) use crate::exit::Exit;
use crate::library_words::for_people;
use crate::messages::{note, printable};
use crate::output_format::OutputFormat;
use crate::{error_advice, style};

/// A command that did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure(Kind);

#[derive(Debug)]
enum Kind {
    /// Whoever read standard output has gone, as `head -1` does: there is nobody to tell.
    ReaderGone,
    Failed(Box<Details>),
}

/// The members of `error` on standard error with `--output json`: the README's table has them.
#[derive(Debug, Serialize)]
struct Details {
    exit: Exit,
    kind: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<Problem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<f64>,
}

/// One thing that is wrong with the configuration.
#[derive(Debug, Serialize)]
struct Problem {
    subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    message: String,
}

#[derive(Serialize)]
struct Report<'a> {
    error: &'a Details,
}

impl Failure {
    /// A failure of a kind in `snake_case`. The message says what is wrong, and never shows a secret.
    pub(crate) fn new(exit: Exit, kind: &'static str, message: impl Into<String>) -> Self {
        Self(Kind::Failed(Box::new(Details {
            exit,
            kind,
            message: message.into(),
            hint: None,
            problems: Vec::new(),
            operation: None,
            status: None,
            request_id: None,
            retry_after_seconds: None,
        })))
    }

    /// The command line or what it names is wrong: exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    /// Anything else: exit code 1.
    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self::new(Exit::Other, "other", message)
    }

    /// The reader of standard output has gone: nothing is said, and the exit code is 0.
    pub(crate) fn reader_gone() -> Self {
        Self(Kind::ReaderGone)
    }

    /// The same with a line that says what to do.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        if let Kind::Failed(details) = &mut self.0 {
            details.hint = Some(hint.into());
        }
        self
    }

    /// The same about what was read there: standard input, or the path of a file.
    pub(crate) fn in_input(mut self, name: &str) -> Self {
        if let Kind::Failed(details) = &mut self.0 {
            details.message.insert_str(0, &format!("{name}: "));
        }
        self
    }

    /// What is wrong.
    pub(crate) fn message(&self) -> &str {
        match &self.0 {
            Kind::Failed(details) => &details.message,
            Kind::ReaderGone => "",
        }
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<&str> {
        match &self.0 {
            Kind::Failed(details) => details.hint.as_deref(),
            Kind::ReaderGone => None,
        }
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match &self.0 {
            Kind::Failed(details) => details.exit,
            Kind::ReaderGone => Exit::Other,
        }
    }

    /// Says it on standard error, and is the exit code.
    pub(crate) fn report(&self, format: OutputFormat) -> ExitCode {
        let Kind::Failed(details) = &self.0 else { return ExitCode::SUCCESS };
        match format {
            OutputFormat::Json => {
                note(&serde_json::to_string(&Report { error: details }).unwrap_or_default());
            }
            OutputFormat::Text => note(&text(details)),
        }
        ExitCode::from(details.exit as u8)
    }
}

fn text(details: &Details) -> String {
    let (error, hint) = (style::ERROR, style::HINT);
    let mut text = format!("{error}error:{error:#} {}", printable(&details.message));
    if let Some(advice) = &details.hint {
        // Cannot fail: writing to a String never does.
        let _ = write!(text, "\n{hint}hint:{hint:#} {}", printable(advice));
    }
    text
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(Kind::Failed(Box::new(Details {
            exit: error_advice::exit(&error),
            kind: error.kind().as_str(),
            message: for_people(&error.to_string()),
            hint: error_advice::hint(error.kind()).map(str::to_owned),
            problems: Vec::new(),
            operation: error.operation().map(|operation| operation.as_str()),
            status: error.status().map(|status| status.as_u16()),
            request_id: error.request_id().map(ToString::to_string),
            retry_after_seconds: error.retry_after().map(|delay| delay.as_secs_f64()),
        })))
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let mut failure = Self::new(Exit::Usage, "configuration", for_people(&error.to_string()));
        if let Kind::Failed(details) = &mut failure.0 {
            details.problems = error
                .problems()
                .map(|problem| Problem {
                    subject: problem.subject().to_owned(),
                    file: problem.file().map(|file| file.display().to_string()),
                    message: for_people(problem.message()),
                })
                .collect();
        }
        failure.with_hint(
            "`line-channel-token doctor` checks the configuration, and `--help` names the variables and flags",
        )
    }
}

#[cfg(test)]
mod tests {
    use line_channel_token::ErrorKind;
    use line_channel_token::configuration::ChannelConfig;

    use super::{Details, Failure, Kind};

    fn details(failure: Failure) -> Details {
        match failure.0 {
            Kind::Failed(details) => *details,
            Kind::ReaderGone => panic!("the reader has gone"),
        }
    }

    #[test]
    fn each_problem_of_a_configuration_is_a_member() {
        let vars = [("LINE_CHANNEL_ID", "U0"), ("LINE_TOKEN_FAMILY", "v5"), ("LINE_CHANNEL_SECRET_FILE", "/no/such")];
        let details = details(ChannelConfig::from_vars(vars).unwrap_err().into());
        let subjects: Vec<&str> = details.problems.iter().map(|problem| problem.subject.as_str()).collect();
        assert_eq!(subjects, ["LINE_CHANNEL_ID", "LINE_CHANNEL_SECRET_FILE", "LINE_TOKEN_FAMILY"]);
        assert_eq!(details.problems[1].file.as_deref(), Some("/no/such"));
        assert!(subjects.iter().all(|subject| details.message.contains(&format!("\n- {subject}"))));
    }

    #[test]
    fn an_error_of_the_library_keeps_its_kind() {
        let error = line_channel_token::Error::invalid_input("x");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(details(error.into()).kind, "invalid_input");
    }
}
