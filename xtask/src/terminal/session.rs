//! The commands, and what a terminal shows if they run one after the other.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};

use super::picture;
use crate::run::{root, utf8};

/// Columns of the terminal.
const COLUMNS: usize = 110;
/// Printed after the last command: what follows is not shown.
const END: &str = "\u{1e}";

/// The lines of `xtask/terminal/session.sh`.
pub(super) fn commands() -> Result<Vec<String>, String> {
    let file = root().join("xtask/terminal/session.sh");
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Runs them in a terminal, and returns what it shows, with its escapes. An error if one of them fails. The emulator has the usual port
/// if the session is shown, and a free one otherwise.
pub(super) fn run(program: &Path, commands: &[String], shown: bool) -> Result<String, String> {
    let directory = root().join("target/terminal");
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).map_err(failed)?;
    std::fs::write(directory.join(".session.sh"), script(commands)).map_err(failed)?;
    let port = if shown { 8787 } else { free_port().map_err(failed)? };
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", "sh .session.sh", "/dev/null"]).current_dir(&directory);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("LINE_")) {
        command.env_remove(name);
    }
    let ours = utf8(program.parent().unwrap_or(program))?;
    command.env("PATH", format!("{ours}:{}", std::env::var("PATH").unwrap_or_default())).env_remove("NO_COLOR");
    command.env("TERM", "xterm-256color").env("LINE_EMULATOR_PORT", port.to_string());
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("script: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n");
    match printed.split_once(END) {
        Some((shown, _)) if output.status.success() => Ok(wrap(shown, COLUMNS)),
        _ => Err(format!("a command of xtask/terminal/session.sh failed:\n{printed}")),
    }
}

/// Shows each command as typed, and runs it.
fn script(commands: &[String]) -> String {
    let mut script = format!("stty cols {COLUMNS} rows 50\ntrap 'kill $! 2> /dev/null' EXIT\n");
    for command in commands {
        let shown = picture::typed(command).replace('\'', "'\\''");
        script += &format!("printf '%s\\n' '{shown}'\n");
        script += &match command.strip_suffix(" &") {
            Some(background) => format!("{background} &\n{READY}"),
            None => format!("{command} || exit 1\n"),
        };
    }
    script + &format!("printf '{END}'\n")
}

/// Waits for the emulator in the background, and for the line that it prints then.
const READY: &str = "\
attempts=0
until line-channel-token emulator --health > /dev/null 2>&1; do
    attempts=$((attempts + 1))
    [ $attempts -lt 100 ] || exit 1
    sleep 0.1
done
sleep 0.5
";

/// Breaks lines as a terminal does; escapes take no room.
fn wrap(text: &str, columns: usize) -> String {
    let mut wrapped = String::new();
    let mut column = 0;
    let mut in_escape = false;
    for c in text.chars() {
        match c {
            '\n' => column = 0,
            '\x1b' => in_escape = true,
            _ if in_escape => in_escape = !c.is_ascii_alphabetic(),
            _ if column == columns => {
                wrapped.push('\n');
                column = 1;
            }
            _ => column += 1,
        }
        wrapped.push(c);
    }
    wrapped
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::{script, wrap};

    #[test]
    fn lines_break_at_the_edge() {
        assert_eq!(wrap("abcdefgh\nab", 3), "abc\ndef\ngh\nab");
        assert_eq!(wrap("\x1b[1;32mabc\x1b[0md", 3), "\x1b[1;32mabc\x1b[0m\nd");
        assert_eq!(wrap("abc\n", 3), "abc\n");
    }

    #[test]
    fn a_command_that_fails_ends_the_session() {
        let script = script(&["a 'b'".to_owned(), "c &".to_owned()]);
        assert!(script.contains("\na 'b' || exit 1\n") && script.contains("\nc &\n"), "{script}");
        assert!(script.contains("a '\\''b'\\''"), "{script}");
    }
}
