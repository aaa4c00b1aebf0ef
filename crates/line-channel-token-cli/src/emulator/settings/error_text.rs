//! What is said of JSON and TOML that has not the expected form. The parsers repeat values in their messages, and a value may be a secret.

/// The parser's message without the values in it.
pub(crate) fn without_values(message: &str) -> String {
    let message = message.lines().next().unwrap_or_default();
    // serde_json ends with a position, which callers give in their own words.
    let message = message.split(" at line ").next().unwrap_or_default();
    if message.starts_with("unknown field") || message.starts_with("missing field") || message.starts_with("duplicate ")
    {
        return shortened(message);
    }
    match message.split_once(", expected ") {
        Some((_, expected)) => shortened(&format!("expected {expected}")),
        None if message.starts_with("invalid ") || message.starts_with("unknown variant") => {
            "the value is not of the expected type".to_owned()
        }
        None => shortened(message),
    }
}

/// A name in a message is the sender's text, and may be long.
pub(crate) fn shortened(message: &str) -> String {
    const MOST: usize = 400;
    let printable = message.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
    let mut text: String = printable.take(MOST).collect();
    if message.chars().nth(MOST).is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::without_values;

    #[test]
    fn values_are_not_repeated() {
        for (message, said) in [
            ("invalid type: string \"s3cret\", expected u16 at line 3 column 9", "expected u16"),
            ("invalid value: integer `-1`, expected u16", "expected u16"),
            ("unknown variant `s3cret`, expected one of `a`, `b`", "expected one of `a`, `b`"),
            (
                "unknown field `prot`, expected one of `port`, `host`",
                "unknown field `prot`, expected one of `port`, `host`",
            ),
            ("missing field `kind` at line 1 column 2", "missing field `kind`"),
            ("invalid number at line 1 column 5", "the value is not of the expected type"),
            ("EOF while parsing a value at line 1 column 0", "EOF while parsing a value"),
        ] {
            assert_eq!(without_values(message), said);
        }
        assert!(without_values(&format!("unknown field `{}`", "x".repeat(9000))).chars().count() < 500);
    }
}
