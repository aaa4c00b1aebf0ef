//! Times as people read them.

use std::time::{Duration, SystemTime};

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

    use super::{date, describe};

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
