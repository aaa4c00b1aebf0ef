//! The token that a server of this process asks its clients for.

use std::fmt;

use subtle::ConstantTimeEq;

/// Compared in constant time, and never shown.
#[derive(Clone)]
pub(crate) struct AccessKey(Box<[u8]>);

impl AccessKey {
    /// Takes visible ASCII of 16 characters or more; white space around it is cut off. `what` names it in the error.
    pub(crate) fn parse(text: &str, what: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err(format!(
                "{what} is empty: write 16 or more characters, such as the output of `openssl rand -hex 16`"
            ));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("{what} holds white space or characters that are not ASCII: a header cannot carry it"));
        }
        if text.len() < 16 {
            return Err(format!(
                "{what} is shorter than 16 characters, so it could be guessed: take a longer one, such as the output of \
                 `openssl rand -hex 16`"
            ));
        }
        Ok(Self(text.as_bytes().into()))
    }

    /// Whether a client gave this token. The length may show, the content does not.
    pub(crate) fn matches(&self, given: &[u8]) -> bool {
        self.0.ct_eq(given).into()
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::AccessKey;

    #[test]
    fn only_the_whole_token_matches() {
        let token = AccessKey::parse(" 0123456789abcdef\n", "the token").unwrap();
        assert!(token.matches(b"0123456789abcdef"));
        assert!(!token.matches(b"0123456789abcde") && !token.matches(b"") && !token.matches(b"0123456789abcdeF"));
        assert!(!format!("{token:?}").contains("0123"));
    }

    #[test]
    fn weak_tokens_are_refused() {
        for text in ["", " \n", "sh0rt", "0123456789abcde", "0123456789 abcdef", "0123456789abcdé7"] {
            let problem = AccessKey::parse(text, "the token").unwrap_err();
            assert!(text.trim().is_empty() || !problem.contains(text), "{problem}");
        }
    }
}
