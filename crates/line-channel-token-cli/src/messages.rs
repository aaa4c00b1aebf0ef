//! What people are told beside a result, on standard error.

use std::io::Write as _;

/// Writes a line for people to standard error, whose escapes are stripped unless it is a terminal. Nobody may be there to read it.
pub(crate) fn note(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "{text}").and_then(|()| stderr.flush());
}

/// The text without characters that drive a terminal: a name of a file may hold them.
pub(crate) fn printable(text: &str) -> String {
    let is_text = |char: char| !char.is_control() || matches!(char, '\n' | '\t');
    text.chars().map(|char| if is_text(char) { char } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// The same for text whose colours are kept.
pub(crate) fn printable_styled(text: &str) -> String {
    let is_text = |char: char| !char.is_control() || matches!(char, '\n' | '\t' | '\u{1b}');
    text.chars().map(|char| if is_text(char) { char } else { char::REPLACEMENT_CHARACTER }).collect()
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn escapes_of_a_file_name_reach_no_terminal() {
        assert_eq!(printable("a\x1b[2Jb\r\x07\u{9b}c\nd\té鍵"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}\u{fffd}c\nd\té鍵");
    }
}
