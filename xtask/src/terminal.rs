//! A session in a terminal as a picture for the README: the commands of `xtask/terminal/session.sh`, run in a terminal of their own.

mod picture;
mod session;

use std::path::PathBuf;

use crate::emulator_process;
use crate::run::{Outcome, root, section};

/// The picture's bound, in bytes: it is loaded with the README.
const MAX_BYTES: usize = 60_000;

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let write = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--write"] => true,
        _ => return Err("terminal takes [--write]".to_owned()),
    };
    if !cfg!(target_os = "linux") || !crate::run::succeeds("script", &["--version"]) {
        section("SKIPPED: the session in a terminal, because it takes Linux and the command script of util-linux");
        return Ok(());
    }
    let program = emulator_process::build(false)?;
    let commands = session::commands()?;
    section("the commands of xtask/terminal/session.sh, in a terminal");
    let printed = session::run(&program, &commands)?;
    print!("{printed}\x1b[0m");
    let picture = picture::draw(&printed, &commands);
    let complaints = complaints(&picture, &commands);
    if !complaints.is_empty() {
        return Err(complaints.join("\n"));
    }
    let file = file();
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    if write {
        return std::fs::write(&file, picture).map_err(failed);
    }
    let committed = std::fs::read_to_string(&file).map_err(failed)?;
    let complaints = self::complaints(&committed, &commands);
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(format!("docs/terminal.svg is out of date: run `cargo xtask terminal --write`\n{}", complaints.join("\n")))
    }
}

fn file() -> PathBuf {
    root().join("docs/terminal.svg")
}

/// What is wrong with a picture of these commands.
fn complaints(picture: &str, commands: &[String]) -> Vec<String> {
    let mut complaints = Vec::new();
    if picture.len() > MAX_BYTES {
        complaints.push(format!("it has {} bytes, and {MAX_BYTES} are allowed", picture.len()));
    }
    let mut rest = picture;
    for command in commands {
        match rest.split_once(&picture::prompt(command)) {
            Some((_, after)) => rest = after,
            None => complaints.push(format!("it does not show, in this order: {command}")),
        }
    }
    for part in ["<title ", "<desc ", "role=\"img\"", "prefers-color-scheme: light"] {
        if !picture.contains(part) {
            complaints.push(format!("it has no {part}"));
        }
    }
    let root = root();
    for private in [root.to_str().unwrap_or_default(), "PRIVATE KEY"] {
        if picture.contains(private) {
            complaints.push(format!("it shows {private}"));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::{complaints, file, session};

    #[test]
    fn the_committed_picture_shows_the_commands() {
        let picture = std::fs::read_to_string(file()).unwrap();
        let commands = session::commands().unwrap();
        assert_eq!(complaints(&picture, &commands), <[String; 0]>::default());
        let mut others = commands.clone();
        others.push("line-channel-token dance".to_owned());
        assert_eq!(complaints(&picture, &others).len(), 1);
        others.swap(0, 1);
        assert!(complaints(&picture, &others).len() > 1, "the order counts");
    }
}
