//! Times as people write and read them.

use std::time::{Duration, SystemTime};

/// Parses `10s`, `500ms`, `2m`, `1h` or whole seconds. The error continues "invalid value …: ".
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    const FORM: &str = "give a whole number and a unit, as in 10s, 500ms or 2m";
    let text = text.trim();
    let (digits, unit) = text.split_at(text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len()));
    let millis = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(FORM.to_owned()),
    };
    let number: u64 = digits.parse().map_err(|_| FORM.to_owned())?;
    match number.checked_mul(millis) {
        Some(0) => Err(format!("no call takes no time: {FORM}")),
        // A day: clocks can be added to it without an overflow.
        Some(millis @ 1..=86_400_000) => Ok(Duration::from_millis(millis)),
        _ => Err("this is longer than a day".to_owned()),
    }
}

/// A time in its two largest units: `29 days 23 hours`, `15 minutes`.
pub(crate) fn describe(time: Duration) -> String {
    let seconds = time.as_secs();
    let units = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let mut parts = Vec::new();
    let mut rest = seconds;
    for (unit, name) in units {
        let count = rest / unit;
        rest %= unit;
        if count > 0 {
            parts.push(format!("{count} {name}{}", if count == 1 { "" } else { "s" }));
        } else if !parts.is_empty() {
            break;
        }
        if parts.len() == 2 {
            break;
        }
    }
    if parts.is_empty() { "0 seconds".to_owned() } else { parts.join(" ") }
}

/// A moment of the calendar, such as `Thu, 26 Nov 2026 05:19:49 GMT`; `None` beyond the year 9999.
pub(crate) fn date(unix: Duration) -> Option<String> {
    const YEAR_10000: u64 = 253_402_300_800;
    let moment = SystemTime::UNIX_EPOCH.checked_add(unix).filter(|_| unix.as_secs() < YEAR_10000)?;
    Some(httpdate::fmt_http_date(moment))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{date, describe, parse};

    #[test]
    fn a_time_has_a_unit_or_is_in_seconds() {
        for (text, millis) in [("500ms", 500), ("10s", 10_000), ("10", 10_000), (" 2m ", 120_000), ("1h", 3_600_000)] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in
            ["", "s", "0", "0ms", "1.5s", "-1s", "10 s", "2d", "25h", "99999999999999999999", "99999999999999999h"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_is_said_in_two_units() {
        for (seconds, text) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (899, "14 minutes 59 seconds"),
            (900, "15 minutes"),
            (3600, "1 hour"),
            (3601, "1 hour"),
            (86_400 * 30 - 1, "29 days 23 hours"),
        ] {
            assert_eq!(describe(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn a_date_beyond_the_calendar_is_left_out() {
        assert_eq!(date(Duration::ZERO).as_deref(), Some("Thu, 01 Jan 1970 00:00:00 GMT"));
        assert!(date(Duration::from_secs(253_402_300_799)).is_some());
        for unix in [Duration::from_secs(253_402_300_800), Duration::MAX] {
            assert_eq!(date(unix), None);
        }
    }
}
