//! The one policy for text that a person pastes or reads from a file or a variable: ids, secrets, tokens, key ids, addresses.
//!
//! What surely does not belong to the value is trimmed: white space and invisible characters around it, because a file ends
//! with a newline and a paste brings spaces, and quotes around it, because `docker --env-file` and others keep them. What is
//! left must not be empty, must be the value and not [something else](crate::mistaken), and must be visible ASCII throughout.

use crate::{Error, mistaken};

/// Trims `text` and checks it; `what` names it in the error, which never shows the text itself.
///
/// # Errors
///
/// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is surely something else.
pub fn clean<'a>(what: &str, text: &'a str) -> Result<&'a str, Error> {
    let text = bare(text);
    if text.is_empty() {
        return Err(Error::invalid_input(format!("the {what} is empty")));
    }
    if let Some(mistake) = mistaken::unfilled(text).or_else(|| mistaken::something_else(text)) {
        return Err(Error::invalid_input(format!("the {what} {mistake}")));
    }
    is_opaque(what, text)?;
    Ok(text)
}

/// Checks a value that a server sent: it is taken as it is, and must be visible ASCII.
pub(crate) fn is_opaque(what: &str, text: &str) -> Result<(), Error> {
    if text.is_empty() {
        return Err(Error::invalid_input(format!("the {what} is empty")));
    }
    let Some((at, character)) = text.char_indices().find(|(_, character)| !character.is_ascii_graphic()) else {
        return Ok(());
    };
    let (is, cure) = if character.is_whitespace() {
        ("white space".to_owned(), "was something else pasted along with it, or was it broken over lines?")
    } else if is_invisible(character) {
        (format!("an invisible character (U+{:04X})", u32::from(character)), "copy it anew, from its source")
    } else {
        let code = u32::from(character);
        (format!("a character outside visible ASCII (U+{code:04X})"), "was something else pasted along with it?")
    };
    Err(Error::invalid_input(format!("the {what} holds {is} at byte {at}: {cure}")))
}

/// The text without the white space, the invisible characters and the pairs of quotes around it.
pub(crate) fn bare(text: &str) -> &str {
    let mut text = text;
    loop {
        text = text.trim_matches(|character: char| character.is_whitespace() || is_invisible(character));
        match unquoted(text) {
            Some(inner) => text = inner,
            None => return text,
        }
    }
}

fn unquoted(text: &str) -> Option<&str> {
    const PAIRS: [(char, char); 9] = [
        ('"', '"'),
        ('\'', '\''),
        ('`', '`'),
        ('“', '”'),
        ('‘', '’'),
        ('„', '“'),
        ('«', '»'),
        ('「', '」'),
        ('『', '』'),
    ];
    PAIRS.into_iter().find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close))
}

/// Controls, and characters that show nothing: byte order marks, zero-width spaces and joiners, marks of direction.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn what_surrounds_a_value_is_trimmed() {
        for given in [
            " \tabc+/=\r\n",
            "\"abc+/=\"",
            "'abc+/='\n",
            " \" abc+/= \" ",
            "'\"abc+/=\"'",
            "`abc+/=`",
            "“abc+/=”",
            "«abc+/=»",
            "「abc+/=」",
            "\u{feff}abc+/=",
            "abc+/=\u{a0}",
            "\u{200b}abc+/=\u{3000}\u{2060}",
            "abc+/=\0",
        ] {
            assert_eq!(clean("channel secret", given).unwrap(), "abc+/=", "{given:?}");
        }
    }

    #[test]
    fn nothing_left_is_an_error_that_names_the_value() {
        for empty in ["", " ", "\n", "\r\n\t", "\"\"", "''", "\" \"", "\u{feff}"] {
            assert_eq!(clean("access token", empty).unwrap_err().to_string(), "the access token is empty");
        }
    }

    #[test]
    fn what_is_inside_must_be_visible_ascii_and_is_not_shown() {
        for (bad, says) in [
            ("s3cr et", "white space"),
            ("s3cr\net", "white space"),
            ("s3cr\u{a0}et", "white space"),
            ("s3cr\u{0}et", "an invisible character (U+0000)"),
            ("s3cr\u{200b}t", "an invisible character (U+200B)"),
            ("s3cr\u{e9}t", "outside visible ASCII (U+00E9)"),
            ("s3cr\u{ff10}t", "outside visible ASCII (U+FF10)"),
        ] {
            let error = clean("channel secret", bad).unwrap_err().to_string();
            assert!(error.starts_with("the channel secret holds ") && error.contains(says), "{error}");
            assert!(error.contains("at byte 4") && !error.contains("s3cr"), "{error}");
        }
    }
}
