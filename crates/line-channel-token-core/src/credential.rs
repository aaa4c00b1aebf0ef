//! The one policy for text that a person pastes or reads from a file: ids, secrets, tokens, key ids.
//!
//! ASCII white space around it is trimmed, because a file ends with a newline and a paste brings spaces, and none
//! of these texts can begin or end with one. What is left must not be empty and must be visible ASCII throughout.

use crate::Error;

/// Trims `text` and checks it; `what` names it in the error, which never shows the text itself.
pub(crate) fn clean<'a>(what: &str, text: &'a str) -> Result<&'a str, Error> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Err(Error::invalid_input(format!("the {what} is empty")));
    }
    match text.bytes().position(|byte| !byte.is_ascii_graphic()) {
        None => Ok(text),
        Some(at) => Err(Error::invalid_input(format!(
            "the {what} holds white space or a character outside visible ASCII at byte {at}: \
             was something else pasted along with it?"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn white_space_around_is_trimmed() {
        assert_eq!(clean("channel secret", " \tabc+/=\r\n").unwrap(), "abc+/=");
    }

    #[test]
    fn nothing_left_is_an_error_that_names_the_value() {
        for empty in ["", " ", "\n", "\r\n\t"] {
            assert_eq!(clean("access token", empty).unwrap_err().to_string(), "the access token is empty");
        }
    }

    #[test]
    fn what_is_inside_must_be_visible_ascii_and_is_not_shown() {
        for bad in ["s3cr et", "s3cr\net", "s3cr\u{0}et", "s3cr\u{e9}t", "s3cr\u{200b}t"] {
            let error = clean("channel secret", bad).unwrap_err().to_string();
            assert!(error.starts_with("the channel secret holds white space"), "{error}");
            assert!(error.contains("at byte 4"), "{error}");
            assert!(!error.contains("s3cr"), "{error}");
        }
    }
}
