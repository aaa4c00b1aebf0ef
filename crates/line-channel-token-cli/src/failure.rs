//! Why a command failed: the exit code, and what standard error says.

use std::process::ExitCode;

use line_channel_token::configuration::ConfigError;
use line_channel_token::{Error, ErrorKind};
use serde::Serialize;

use crate::output::OutputFormat;

/// What an exit code means to a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Exit {
    /// None of the others, such as a file that cannot be written.
    Other = 1,
    /// The command line or the configuration is wrong: the same command fails again.
    Usage = 2,
    /// LINE refused the request.
    Refused = 3,
    /// LINE could not be reached, or was too busy: the same command may succeed later.
    TryLater = 4,
}

/// A command that did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    kind: String,
    message: String,
    hint: Option<String>,
    status: Option<u16>,
    request_id: Option<String>,
}

/// The shape of a failure on standard error with `--output json`.
#[derive(Serialize)]
struct Report<'a> {
    error: Body<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
    exit: Exit,
    kind: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, kind: &str, message: impl Into<String>) -> Self {
        Self { exit, kind: kind.to_owned(), message: message.into(), hint: None, status: None, request_id: None }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self::new(Exit::Other, "other", message)
    }

    /// The same with a line that says what to do.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says it on standard error, and is the exit code.
    pub(crate) fn report(&self, format: OutputFormat) -> ExitCode {
        match format {
            OutputFormat::Json => {
                let body = Body {
                    exit: self.exit,
                    kind: &self.kind,
                    message: &self.message,
                    hint: self.hint.as_deref(),
                    status: self.status,
                    request_id: self.request_id.as_deref(),
                };
                eprintln_quietly(&serde_json::to_string(&Report { error: body }).unwrap_or_default());
            }
            OutputFormat::Text => {
                eprintln_quietly(&format!("error: {}", self.message));
                if let Some(hint) = &self.hint {
                    eprintln_quietly(&format!("hint: {hint}"));
                }
            }
        }
        ExitCode::from(self.exit as u8)
    }
}

/// Nobody may be there to read it, which is no reason to panic.
fn eprintln_quietly(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{line}");
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = match error.kind() {
            ErrorKind::InvalidInput | ErrorKind::Signing | ErrorKind::Backend => Exit::Usage,
            _ if error.is_transient() => Exit::TryLater,
            ErrorKind::Certificate => Exit::Usage,
            _ if error.status().is_some() => Exit::Refused,
            _ => Exit::TryLater,
        };
        Self {
            exit,
            kind: error.kind().to_string(),
            message: error.to_string(),
            hint: None,
            status: error.status().map(|status| status.as_u16()),
            request_id: error.request_id().map(ToString::to_string),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Exit::Usage, "configuration", error.to_string())
    }
}
