//! JSON of somebody else's, made fit to be shown.

use std::fmt::Write as _;

/// The text of some JSON as it stands there; characters that would not be seen, or would change how the rest is seen, are
/// written as escapes. `None` if it is no UTF-8.
pub(super) fn shown_json(json: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(json).ok()?;
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_harmless(character) {
            shown.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                // Cannot fail: a `String` takes any text.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        }
    }
    Some(shown)
}

fn is_harmless(character: char) -> bool {
    match character {
        '\n' | '\r' | '\t' => true,
        // Soft hyphen, joiners and marks of direction, line separators, invisible operators, byte order mark, tags.
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' => false,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => false,
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' => false,
        other => !other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::shown_json;

    #[test]
    fn invisible_characters_are_escaped() {
        for (json, shown) in [
            ("{\n\t\"iss\": \"ライン\"}", "{\n\t\"iss\": \"ライン\"}"),
            ("{\"a\":\"\u{1b}[31m\u{9b}\u{7f}\u{0}\"}", r#"{"a":"\u001b[31m\u009b\u007f\u0000"}"#),
            ("\u{202e}\u{2066}\u{feff}\u{200b}", r"\u202e\u2066\ufeff\u200b"),
            ("\u{e0041}", r"\udb40\udc41"),
        ] {
            assert_eq!(shown_json(json.as_bytes()).as_deref(), Some(shown));
        }
        assert_eq!(shown_json(b"\xff"), None);
    }
}
