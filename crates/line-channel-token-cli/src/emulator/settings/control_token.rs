//! The token that the control API asks for.

use std::fmt;

use subtle::ConstantTimeEq;

/// Compared in constant time, and never shown.
#[derive(Clone)]
pub(crate) struct ControlToken(Box<[u8]>);

impl ControlToken {
    /// Takes visible ASCII of 16 characters or more; white space around it is cut off.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err(
                "the control token is empty: write 16 or more characters, such as the output of `openssl rand -hex 16`"
                    .to_owned(),
            );
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(
                "the control token holds white space or characters that are not ASCII: a header cannot carry it"
                    .to_owned(),
            );
        }
        if text.len() < 16 {
            return Err("the control token is shorter than 16 characters, so it could be guessed: take a longer one, such as the output of `openssl rand -hex 16`".to_owned());
        }
        Ok(Self(text.as_bytes().into()))
    }

    /// Whether a client gave this token. The length may show, the content does not.
    pub(crate) fn matches(&self, given: &[u8]) -> bool {
        self.0.ct_eq(given).into()
    }
}

impl fmt::Debug for ControlToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ControlToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::ControlToken;

    #[test]
    fn only_the_whole_token_matches() {
        let token = ControlToken::parse(" 0123456789abcdef\n").unwrap();
        assert!(token.matches(b"0123456789abcdef"));
        assert!(!token.matches(b"0123456789abcde") && !token.matches(b"") && !token.matches(b"0123456789abcdeF"));
        assert!(!format!("{token:?}").contains("0123"));
    }

    #[test]
    fn weak_tokens_are_refused() {
        for text in ["", " \n", "sh0rt", "0123456789abcde", "0123456789 abcdef", "0123456789abcdé7"] {
            let problem = ControlToken::parse(text).unwrap_err();
            assert!(text.trim().is_empty() || !problem.contains(text), "{problem}");
        }
    }
}
