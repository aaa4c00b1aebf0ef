//! A command line that does not parse: clap's errors, in the shape of all others.

use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::failure::{Exit, Failure};
use crate::output::{self, OutputFormat};
use crate::path_text;

/// Writes what clap has to say: help and version to standard output, with exit code 0; errors to standard error, with 2.
pub(crate) fn report(mut error: clap::Error, format: OutputFormat) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let text = error.render().ansi().to_string();
        return match output::styled(text.trim_end()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => failure.report(format),
        };
    }
    hide_value(&mut error);
    match format {
        OutputFormat::Json => failure(&error).report(format),
        OutputFormat::Text => {
            output::note(output::printable_styled(&error.render().ansi().to_string()).trim_end());
            ExitCode::from(Exit::Usage as u8)
        }
    }
}

/// clap repeats an argument that it did not expect, which may be a secret: one that is neither a flag nor a path is not shown.
fn hide_value(error: &mut clap::Error) {
    if error.kind() != ErrorKind::UnknownArgument {
        return;
    }
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return };
    if !argument.starts_with('-') && !path_text::is_shown(Path::new(argument)) {
        error.insert(ContextKind::InvalidArg, ContextValue::String("(not shown)".to_owned()));
    }
}

/// The paragraphs of clap's text: what is wrong, tips, the usage.
fn failure(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::usage("a command is missing").with_hint("`line-channel-token --help` lists them");
    }
    let mut paragraphs = text.trim_end().split("\n\n");
    let message = paragraphs.next().unwrap_or_default().trim_start_matches("error: ");
    let message = message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let others = paragraphs.flat_map(str::lines).map(|line| line.trim().trim_start_matches("tip: "));
    let hint = others.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
    Failure::usage(message).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::{failure, hide_value};
    use crate::cli;

    fn said(arguments: &[&str]) -> String {
        let arguments = ["line-channel-token"].iter().chain(arguments);
        let mut error = cli::command().try_get_matches_from(arguments).unwrap_err();
        hide_value(&mut error);
        format!("{:?} {}", failure(&error), error.render())
    }

    #[test]
    fn an_unexpected_value_is_not_repeated() {
        for secret in ["s3cret", "aB3/xyz==", "eyJ.x"] {
            let said = said(&["man", "jwk", secret, secret]);
            assert!(!said.contains(secret) && said.contains("(not shown)"), "{said}");
        }
        assert!(said(&["man", "jwk", "other.pem"]).contains("'other.pem'"));
    }

    #[test]
    fn the_tip_is_a_hint() {
        let said = said(&["jwk", "--thumprint"]);
        assert!(said.contains("a similar argument exists: '--thumbprint'; Usage: "), "{said}");
    }
}
