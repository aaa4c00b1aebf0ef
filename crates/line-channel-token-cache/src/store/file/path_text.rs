//! Paths in messages, and in commands that a person copies from them.

use std::path::Path;

/// The path for a message: what a terminal would act on is escaped.
pub(super) fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    if text.chars().any(char::is_control) { format!("{text:?}") } else { text.into_owned() }
}

/// The path for a command of a shell.
pub(super) fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "_-./+,:@%=".contains(char);
    if text.chars().all(is_plain) {
        text.into_owned()
    } else if text.chars().any(char::is_control) {
        format!("{text:?}")
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{quoted, shown};

    #[test]
    fn commands_can_be_copied() {
        for (path, text) in [
            ("/var/lib/bot", "/var/lib/bot"),
            ("/my tokens", "'/my tokens'"),
            ("/it's", r"'/it'\''s'"),
            ("/$(reboot)", "'/$(reboot)'"),
            ("/é", "'/é'"),
        ] {
            assert_eq!(quoted(Path::new(path)), text);
            assert_eq!(shown(Path::new(path)), path);
        }
    }

    #[test]
    fn control_characters_are_escaped() {
        let path = Path::new("/tmp/\u{1b}[31m");
        assert!(!shown(path).contains('\u{1b}') && !quoted(path).contains('\u{1b}'));
    }
}
