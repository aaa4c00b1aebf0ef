//! Recognises a JWK that is too damaged to be parsed, in the text that no parser understood.

/// The minimum length of a value that may be a component of a key, in characters.
const MIN_VALUE_LEN: usize = 40;

/// Whether `text` has the member `kty`, or a private member with a long value, in the notation of any language.
pub(crate) fn looks_like_jwk(text: &str) -> bool {
    has_member(text, "kty", 1)
        || ["d", "p", "q", "dp", "dq", "qi"].iter().any(|name| has_member(text, name, MIN_VALUE_LEN))
}

fn has_member(text: &str, name: &str, min_len: usize) -> bool {
    let in_value = |char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '/' | '-' | '_');
    let between = |char: char| char.is_whitespace() || matches!(char, '"' | '\'' | '`' | '\\');
    text.match_indices(|char: char| name.starts_with(char.to_ascii_lowercase())).any(|(at, _)| {
        let (before, found) = text.split_at_checked(at).unwrap_or_default();
        let Some((found, after)) = found.split_at_checked(name.len()) else {
            return false;
        };
        if !found.eq_ignore_ascii_case(name) || before.ends_with(in_value) {
            return false;
        }
        let after = after.trim_start_matches(between);
        let value = after.strip_prefix("=>").or_else(|| after.strip_prefix([':', '=']));
        // Only the beginning of the value is checked, because something may have inserted line ends.
        let value = value.unwrap_or_default().trim_start_matches(between);
        value.chars().take(min_len).filter(|char| in_value(*char)).count() == min_len
    })
}

#[cfg(test)]
mod tests {
    use super::looks_like_jwk;

    #[test]
    fn members_are_distinguished_from_prose() {
        let number = "A".repeat(60);
        for text in [
            "{\"kty\":\"RS".to_owned(),
            "kty: RSA\n".to_owned(),
            "{'Kty' => 'RSA'".to_owned(),
            "{\\\"kty\\\": \\\"RSA\\\"".to_owned(),
            format!("\"d\" : \"{number}"),
            format!(", D={number}"),
            format!("dp: '{number}'"),
        ] {
            assert!(looks_like_jwk(&text), "{text}");
        }
        for text in
            ["", "the kty must be RSA", "kty", "end: soon", "d: x", &number, &format!("id: {number}"), "{\"kty\":"]
        {
            assert!(!looks_like_jwk(text), "{text}");
        }
    }
}
