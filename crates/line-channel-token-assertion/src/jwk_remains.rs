//! Whether what is left of a text, after all that could be read, holds a JWK that was damaged.

/// The shortest value that may be a number of a key.
const SHORTEST: usize = 40;

/// Whether `text` has the member `kty`, or a private member with a long value, in any notation.
pub(crate) fn claims_key(text: &str) -> bool {
    has_member(text, "kty", 1) || ["d", "p", "q", "dp", "dq", "qi"].iter().any(|name| has_member(text, name, SHORTEST))
}

fn has_member(text: &str, name: &str, shortest: usize) -> bool {
    let digit = |char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '/' | '-' | '_');
    let between = |char: char| char.is_whitespace() || matches!(char, '"' | '\'' | '`' | '\\');
    text.match_indices(|char: char| name.starts_with(char.to_ascii_lowercase())).any(|(at, _)| {
        let (before, found) = text.split_at_checked(at).unwrap_or_default();
        let Some((found, after)) = found.split_at_checked(name.len()) else {
            return false;
        };
        if !found.eq_ignore_ascii_case(name) || before.ends_with(digit) {
            return false;
        }
        let after = after.trim_start_matches(between);
        let value = after.strip_prefix("=>").or_else(|| after.strip_prefix([':', '=']));
        // A line end in the value was put there on its way.
        let value = value.unwrap_or_default().trim_start_matches(between);
        value.chars().take(shortest).filter(|char| digit(*char)).count() == shortest
    })
}

#[cfg(test)]
mod tests {
    use super::claims_key;

    #[test]
    fn members_of_a_jwk_are_told_from_words() {
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
            assert!(claims_key(&text), "{text}");
        }
        for text in
            ["", "the kty must be RSA", "kty", "end: soon", "d: x", &number, &format!("id: {number}"), "{\"kty\":"]
        {
            assert!(!claims_key(text), "{text}");
        }
    }
}
