//! Points in time and durations, as people write them.

use std::time::Duration;

use serde::Deserialize;
use toml::value::Datetime;

/// A time in a file: a number of Unix seconds, text, or TOML's own form.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum TimeSetting {
    Seconds(u64),
    Text(String),
    Toml(Datetime),
}

impl TimeSetting {
    /// Since the Unix epoch.
    pub(super) fn parse(&self) -> Result<Duration, String> {
        match self {
            Self::Seconds(seconds) => in_range(Some(*seconds)),
            Self::Text(text) => unix_time(text),
            Self::Toml(datetime) => in_range(seconds_of(*datetime)),
        }
    }
}

/// Unix seconds, or RFC 3339 with an offset.
pub(super) fn unix_time(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return in_range(Some(seconds));
    }
    in_range(text.parse().ok().and_then(seconds_of))
}

fn in_range(seconds: Option<u64>) -> Result<Duration, String> {
    // Until the year 9999, which is also where milliseconds given by mistake are beyond.
    match seconds {
        Some(seconds) if seconds < 253_402_300_800 => Ok(Duration::from_secs(seconds)),
        _ => {
            Err("give Unix seconds, or a time with an offset such as 2026-01-31T12:00:00Z, from 1970 to 9999"
                .to_owned())
        }
    }
}

fn seconds_of(datetime: Datetime) -> Option<u64> {
    use toml::value::Offset;
    let (date, time) = (datetime.date?, datetime.time?);
    let offset_minutes = match datetime.offset? {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    let days = days_since_epoch(i64::from(date.year), i64::from(date.month), i64::from(date.day));
    let clock = i64::from(time.hour) * 3600 + i64::from(time.minute) * 60 + i64::from(time.second.unwrap_or(0));
    u64::try_from(days * 86_400 + clock - offset_minutes * 60).ok()
}

/// In the Gregorian calendar, with years that begin in March, so that a leap day is the last of its year.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

/// Seconds, or a number with a unit.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "give seconds, or a number with s, m, h or d, such as 90, 15m or 30d".to_owned();
    let text = text.trim();
    let (number, unit) = match text.char_indices().next_back() {
        Some((at, 's')) => (text.get(..at), 1.0),
        Some((at, 'm')) => (text.get(..at), 60.0),
        Some((at, 'h')) => (text.get(..at), 3600.0),
        Some((at, 'd')) => (text.get(..at), 86_400.0),
        _ => (Some(text), 1.0),
    };
    let number: f64 = number.and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
    seconds(number * unit).ok_or_else(wrong)
}

/// A number of seconds as a duration, if it is at most a century.
pub(crate) fn seconds(seconds: f64) -> Option<Duration> {
    const CENTURY: f64 = 100.0 * 366.0 * 86_400.0;
    if seconds > CENTURY { None } else { Duration::try_from_secs_f64(seconds).ok() }
}

#[cfg(test)]
mod tests {
    use super::{duration, unix_time};
    use std::time::Duration;

    #[test]
    fn times_are_seconds_or_rfc_3339() {
        for (text, seconds) in [
            ("0", 0),
            ("1764132000", 1_764_132_000),
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2026-11-26T05:00:00Z", 1_795_669_200),
            ("2026-11-26T14:00:00+09:00", 1_795_669_200),
            ("2100-03-01 00:00:00Z", 4_107_542_400),
        ] {
            assert_eq!(unix_time(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "now", "2026-11-26", "2026-11-26T05:00:00", "1969-12-31T23:59:59Z", "1764132000000", "-1"] {
            assert!(unix_time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_have_a_unit_or_are_seconds() {
        for (text, seconds) in [("90", 90), ("0", 0), ("15m", 900), ("2h", 7200), ("30d", 2_592_000), ("1s", 1)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "m", "-1", "1w", "NaN", "inf", "1e300d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
