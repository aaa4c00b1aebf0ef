//! Times as people write them: `5m`, `30d`, `90s`. A number alone is refused, because it could be any of them.

use std::time::Duration;

const FORM: &str = "give a whole number and a unit, as in 300s, 5m, 12h or 30d";

/// Parses a time. The error continues the name of the flag.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let seconds = match unit.trim() {
        "ms" => return digits.parse().map(Duration::from_millis).map_err(|_| FORM.to_owned()),
        "s" => Some(1),
        "m" | "min" => Some(60),
        "h" => Some(3600),
        "d" => Some(86_400),
        _ => None,
    };
    let time = seconds.and_then(|seconds| digits.parse::<u64>().ok()?.checked_mul(seconds));
    time.map(Duration::from_secs).ok_or_else(|| FORM.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::parse;

    #[test]
    fn a_number_has_one_unit() {
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        for (text, seconds) in [("5m", 300), ("90s", 90), ("12h", 43_200), ("30d", 2_592_000), ("5 min", 300)] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "m", "ms", "90", "1.5m", "-1", "5w", "99999999999999999999", "18446744073709551615d"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
