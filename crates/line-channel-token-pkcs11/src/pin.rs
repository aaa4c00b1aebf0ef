//! The PIN of a token's user.

use std::fmt;
use std::str::FromStr;

use cryptoki::types::AuthPin;
use line_channel_token_core::Error;

/// The PIN (or passphrase) of a token's user, of any length and characters. It is not that of the security officer.
///
/// White space, control characters and a pair of quotes around it are trimmed, because a file ends with a newline. `Debug` shows a
/// placeholder, and the memory is wiped on drop.
///
/// ```
/// use line_channel_token_pkcs11::UserPin;
///
/// // In a program: std::fs::read_to_string("/run/secrets/hsm-pin")
/// let pin = UserPin::new("648219\n")?;
/// assert_eq!(format!("{pin:?}"), "UserPin(\"[redacted]\")");
///
/// let error = UserPin::new("${HSM_PIN}").unwrap_err();
/// assert!(error.to_string().contains("a variable that was not expanded"));
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone)]
pub struct UserPin(AuthPin);

impl UserPin {
    /// Takes a PIN, as it was read from a file or a variable. [`UserPin`] has an example.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if it is empty, if it is a variable or a placeholder
    /// that was not filled in, or if it holds a line break or another control character. Each login with a wrong PIN uses up one of
    /// few attempts, so such a value is refused before it reaches the token. The message never shows it.
    pub fn new(pin: impl AsRef<str>) -> Result<Self, Error> {
        let pin = trimmed(pin.as_ref());
        if pin.is_empty() {
            return Err(Error::invalid_input("the PIN of the token is empty"));
        }
        if is_unfilled(pin) {
            return Err(Error::invalid_input(
                "the PIN of the token is a variable that was not expanded, or a placeholder: give the PIN itself",
            ));
        }
        if pin.contains(char::is_control) {
            return Err(Error::invalid_input(
                "the PIN of the token holds a line break or another control character: was something else pasted along with it?",
            ));
        }
        Ok(Self(AuthPin::from(pin)))
    }

    pub(crate) fn auth_pin(&self) -> &AuthPin {
        &self.0
    }
}

/// As [`UserPin::new`].
impl FromStr for UserPin {
    type Err = Error;

    fn from_str(pin: &str) -> Result<Self, Error> {
        Self::new(pin)
    }
}

impl fmt::Debug for UserPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserPin(\"[redacted]\")")
    }
}

fn trimmed(pin: &str) -> &str {
    let is_around = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}');
    let pin = pin.trim_matches(is_around);
    let unquoted = ['"', '\''].into_iter().find_map(|quote| pin.strip_prefix(quote)?.strip_suffix(quote));
    unquoted.unwrap_or(pin)
}

fn is_unfilled(pin: &str) -> bool {
    const AROUND: [(&str, &str); 5] = [("${", "}"), ("$(", ")"), ("{{", "}}"), ("<", ">"), ("%", "%")];
    let is_variable = |name: &str| {
        name.len() > 1
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    AROUND
        .iter()
        .any(|(open, close)| pin.len() > open.len() + close.len() && pin.starts_with(open) && pin.ends_with(close))
        || pin
            .strip_prefix('$')
            .is_some_and(|name| is_variable(name) && !name.contains(|c: char| c.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use cryptoki::types::AuthPin;
    use line_channel_token_core::ErrorKind;

    use super::{UserPin, trimmed};

    #[test]
    fn what_surrounds_a_pin_is_trimmed() {
        for given in ["12 34", " 12 34\r\n", "\"12 34\"", "'12 34'\n", "\u{feff}12 34", "12 34\0"] {
            assert_eq!(trimmed(given), "12 34", "{given:?}");
        }
        // Quotes of its own stay.
        for own in ["a\"b", "\"ab", "$1abc", "$a", "p<q>r"] {
            assert_eq!(trimmed(own), own);
            UserPin::new(own).unwrap();
        }
    }

    #[test]
    fn what_is_surely_no_pin_is_refused_unshown() {
        for (bad, says) in [
            ("", "is empty"),
            (" \n", "is empty"),
            ("\"\"", "is empty"),
            ("${S3CRET}", "not expanded"),
            ("$S3CRET", "not expanded"),
            ("$(cat s3cret)", "not expanded"),
            ("{{ s3cret }}", "placeholder"),
            ("<s3cret>", "placeholder"),
            ("%S3CRET%", "placeholder"),
            ("s3cret\ns3cret", "line break"),
            ("s3cret\0more", "control character"),
        ] {
            let error = UserPin::new(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            let text = format!("{error} {error:?}");
            assert!(text.contains(says) && !text.to_lowercase().contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn a_pin_is_never_shown() {
        let pin = UserPin::new("s3cret").unwrap();
        assert_eq!(format!("{pin:?} {:?}", Some(pin.clone())), "UserPin(\"[redacted]\") Some(UserPin(\"[redacted]\"))");
        // What the crate cryptoki takes it in does not show it either.
        assert!(!format!("{:?}", AuthPin::from("s3cret")).contains("s3cret"));
    }
}
