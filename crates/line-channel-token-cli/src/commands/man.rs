//! `man`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueHint};
use clap_mangen::Man as Page;
use serde::Serialize;

use crate::failure::{Exit, Failure};
use crate::os_error::describe;
use crate::output::{self, OutputArgs, OutputFormat};
use crate::{cli, path_text};

const EXAMPLES: &str = "\
Examples:
  line-channel-token man | man -l -
  line-channel-token man sign | man -l -
  line-channel-token man --dir ~/.local/share/man/man1";

/// Prints the manual page, or that of a command
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Man {
    /// The command whose page is printed; that of all of them if this is left out
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    command: Option<String>,
    /// Writes the pages of all commands into this folder, and prints their paths
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    dir: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Serialize)]
struct Files {
    files: Vec<String>,
}

#[derive(Serialize)]
struct Text<'a> {
    name: String,
    roff: &'a str,
}

impl Man {
    pub(crate) fn output_format(&self) -> OutputFormat {
        self.output.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let pages = pages();
        match (&self.dir, self.output.output) {
            (Some(dir), format) => {
                let files = write_all(&pages, dir)?;
                match format {
                    OutputFormat::Json => output::json(&Files { files })?,
                    OutputFormat::Text => output::line(&files.join("\n"))?,
                }
            }
            (None, format) => {
                let page = self.page(&pages)?;
                let roff = rendered(page)?;
                match format {
                    OutputFormat::Json => {
                        output::json(&Text { name: page.get_filename(), roff: &roff })?;
                    }
                    OutputFormat::Text => output::bytes(roff.as_bytes())?,
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn page<'a>(&self, pages: &'a [Page]) -> Result<&'a Page, Failure> {
        let name = match &self.command {
            Some(command) => format!("{}-{command}.1", cli::NAME),
            None => format!("{}.1", cli::NAME),
        };
        pages.iter().find(|page| page.get_filename() == name).ok_or_else(|| {
            Failure::usage("there is no such command").with_hint("`line-channel-token --help` lists all commands")
        })
    }
}

/// The page of all, and that of each command.
fn pages() -> Vec<Page> {
    let mut command = cli::command().disable_help_subcommand(true);
    command.build();
    let commands: Vec<_> = command.get_subcommands().filter(|command| !command.is_hide_set()).cloned().collect();
    let manual = "line-channel-token manual";
    [command].into_iter().chain(commands).map(|command| Page::new(command).manual(manual)).collect()
}

fn rendered(page: &Page) -> Result<String, Failure> {
    let mut roff = Vec::new();
    page.render(&mut roff).map_err(|error| Failure::other(format!("the page cannot be made: {}", describe(&error))))?;
    Ok(ascii(&String::from_utf8_lossy(&roff)))
}

fn write_all(pages: &[Page], dir: &Path) -> Result<Vec<String>, Failure> {
    let failed = |path: &Path, error: &std::io::Error| {
        let message = format!("{} cannot be written: {}", path_text::shown(path), describe(error));
        Failure::new(Exit::Other, "file", message)
    };
    fs::create_dir_all(dir).map_err(|error| failed(dir, &error))?;
    let mut files = Vec::new();
    for page in pages {
        let path = dir.join(page.get_filename());
        fs::write(&path, rendered(page)?).map_err(|error| failed(&path, &error))?;
        files.push(path.display().to_string());
    }
    Ok(files)
}

/// Other characters as the escapes of groff and mandoc: groff alone reads Latin-1.
fn ascii(roff: &str) -> String {
    let mut text = String::with_capacity(roff.len());
    for char in roff.chars() {
        if char.is_ascii() {
            text.push(char);
        } else {
            // Cannot fail: writing to a String never does.
            let _ = write!(text, "\\[u{:04X}]", u32::from(char));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::ascii;

    #[test]
    fn other_characters_are_escaped() {
        assert_eq!(ascii("a…é鍵\u{1f511}"), r"a\[u2026]\[u00E9]\[u9375]\[u1F511]");
    }
}
