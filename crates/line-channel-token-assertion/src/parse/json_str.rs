//! Strings of JSON, JavaScript and Python, and their escapes.

use zeroize::Zeroizing;

/// A string without its escapes. A copy is wiped on drop.
pub(crate) enum JsonStr<'a> {
    Borrowed(&'a str),
    Owned(Zeroizing<String>),
}

impl JsonStr<'_> {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text) => text,
        }
    }
}

/// Decodes one layer of the escapes of JSON, JavaScript and Python.
pub(crate) fn unescape(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let escape = escape.get(1..).unwrap_or_default();
        let code = |digits: &str| u32::from_str_radix(digits, 16).ok();
        let length = match escape.chars().next() {
            Some('n') => push(&mut out, '\n', 1),
            Some('r') => push(&mut out, '\r', 1),
            Some('t') => push(&mut out, '\t', 1),
            Some('b' | 'f' | '\n') => 1,
            Some('u') => match escape.get(1..5).and_then(code).map(char::from_u32) {
                Some(Some(char)) => push(&mut out, char, 5),
                // Half of a surrogate pair: no key has such characters, and a comment may lose them.
                Some(None) => push(&mut out, char::REPLACEMENT_CHARACTER, 5),
                None => push(&mut out, 'u', 1),
            },
            Some('x') => match escape.get(1..3).and_then(code).and_then(char::from_u32) {
                Some(char) => push(&mut out, char, 3),
                None => push(&mut out, 'x', 1),
            },
            Some(char) => push(&mut out, char, char.len_utf8()),
            None => 0,
        };
        rest = escape.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Appends the character that an escape of `length` bytes names.
fn push(out: &mut String, char: char, length: usize) -> usize {
    out.push(char);
    length
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn one_layer_of_escapes_is_decoded() {
        for (escaped, expected) in [
            (r"a\/\u002B\u003d\x41\n", "a/+=A\n"),
            (r#"{\"kty\":\"\\u0041\"}"#, r#"{"kty":"\u0041"}"#),
            (r"\ud800 \u12 \", "\u{fffd} u12 "),
        ] {
            assert_eq!(unescape(escaped).as_str(), expected);
        }
    }
}
