//! Times as people write them: `30d`, `12h`, `90s`, or whole seconds.

use std::time::Duration;

/// The form that is expected, for errors.
pub(crate) const FORM: &str = "give a whole number and a unit, as in 30d, 12h, 45m or 900s, or whole seconds";
/// A number without a unit, up to which it is taken for days by mistake.
const FEW: u64 = 30;

/// Parses a time. The error continues the name of the value.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim().trim_matches(['"', '\'']);
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let no_time = || format!("this is no time: {FORM}");
    let seconds = match unit.trim() {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(no_time()),
    };
    if digits.is_empty() {
        return Err(no_time());
    }
    let too_long = || "this is longer than any time that can be set".to_owned();
    let number: u64 = digits.parse().map_err(|_| too_long())?;
    if unit.is_empty() {
        return from_secs(number);
    }
    Ok(Duration::from_secs(number.checked_mul(seconds).ok_or_else(too_long)?))
}

/// A number without a unit is seconds; a small one was surely meant otherwise.
pub(crate) fn from_secs(number: u64) -> Result<Duration, String> {
    if (1..=FEW).contains(&number) {
        return Err(format!(
            "{number} without a unit is {number} seconds: write {number}d for days, or {number}s if seconds are meant"
        ));
    }
    Ok(Duration::from_secs(number))
}

/// A time in its largest unit, as [`parse`] takes it.
pub(crate) fn to_text(time: Duration) -> String {
    let seconds = time.as_secs();
    let unit = [(86_400, 'd'), (3600, 'h'), (60, 'm')]
        .into_iter()
        .find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit));
    let (unit, letter) = unit.unwrap_or((1, 's'));
    format!("{}{letter}", seconds / unit)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{parse, to_text};

    #[test]
    fn a_time_is_written_as_it_is_read() {
        for text in ["30d", "25h", "12h", "90m", "45m", "61s", "0s"] {
            let time = parse(text).unwrap();
            assert_eq!((to_text(time).as_str(), parse(&to_text(time)).unwrap()), (text, time));
        }
        assert_eq!(to_text(Duration::from_secs(86_400)), "1d");
    }

    #[test]
    fn a_time_has_one_unit_or_is_in_seconds() {
        for (text, seconds) in [
            ("30d", 2_592_000),
            ("12h", 43_200),
            ("45m", 2700),
            ("90s", 90),
            ("3600", 3600),
            (" \"1d\"\n", 86_400),
            ("0", 0),
            ("5 m", 300),
        ] {
            assert_eq!(parse(text).unwrap().as_secs(), seconds, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused_and_not_shown() {
        for (text, says) in [
            ("", "no time"),
            ("d", "no time"),
            ("1.5d", "no time"),
            ("P30D", "no time"),
            ("-1d", "no time"),
            ("30 days", "no time"),
            ("1d12h", "no time"),
            ("99999999999999999999", "longer than any"),
            ("999999999999999999d", "longer than any"),
            ("30", "write 30d for days"),
            ("1", "write 1d for days"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
        assert!(!parse("s3cret").unwrap_err().contains("s3cret"));
    }
}
