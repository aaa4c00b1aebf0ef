//! `completions`.

use std::process::ExitCode;

use clap::Args;
use clap_complete::aot::{Shell, generate};
use serde::Serialize;

use crate::cli;
use crate::failure::Failure;
use crate::output::{self, OutputArgs, OutputFormat};

const EXAMPLES: &str = "\
Examples:
  line-channel-token completions bash \\
    > ~/.local/share/bash-completion/completions/line-channel-token
  line-channel-token completions zsh > \"${fpath[1]}/_line-channel-token\"
  line-channel-token completions fish > ~/.config/fish/completions/line-channel-token.fish
  line-channel-token completions powershell >> $PROFILE";

/// Prints the completions of a shell
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Serialize)]
struct Script<'a> {
    shell: String,
    script: &'a str,
}

impl Completions {
    pub(crate) fn output_format(&self) -> OutputFormat {
        self.output.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let script = script(self.shell);
        match self.output.output {
            OutputFormat::Json => {
                let shell = self.shell.to_string();
                output::json(&Script { shell, script: &script })?;
            }
            OutputFormat::Text => output::bytes(script.as_bytes())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn script(shell: Shell) -> String {
    // Into memory first: it panics if what it writes to fails.
    let mut script = Vec::new();
    generate(shell, &mut cli::command(), cli::NAME, &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    if shell == Shell::Bash {
        // clap_complete 4.6 spells a name with hyphens in two ways, and then completes nothing after a command (clap-rs/clap, issue 6421).
        return script.replace(&cli::NAME.replace('-', "__subcmd__"), &cli::NAME.replace('-', "__"));
    }
    script
}
