//! The `Date` header of responses.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::HeaderValue;

use crate::emulator_time::LAST_SECOND;

/// Makes `Date` headers. The one of the last second asked for is kept, because most requests of a second have the same.
#[derive(Debug, Default)]
pub(crate) struct Dates(Mutex<Option<(u64, HeaderValue)>>);

impl Dates {
    /// The value for a Unix time; `None` for one that the header cannot say.
    pub(crate) fn at(&self, unix: Duration) -> Option<HeaderValue> {
        let second = unix.as_secs();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, date)) = &*kept
            && *of == second
        {
            return Some(date.clone());
        }
        let date = date(second)?;
        *kept = Some((second, date.clone()));
        Some(date)
    }
}

fn date(second: u64) -> Option<HeaderValue> {
    // A later one panics in `httpdate`.
    let unix = Some(Duration::from_secs(second)).filter(|unix| *unix <= LAST_SECOND)?;
    let time = SystemTime::UNIX_EPOCH.checked_add(unix)?;
    HeaderValue::from_str(&httpdate::fmt_http_date(time)).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Dates;
    use crate::emulator_time::LAST_SECOND;

    #[test]
    fn dates_end_with_the_year_9999() {
        let dates = Dates::default();
        let date = |unix: Duration| dates.at(unix).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(date(Duration::new(784_111_777, 999_999_999)).as_deref(), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert_eq!(date(LAST_SECOND).as_deref(), Some("Fri, 31 Dec 9999 23:59:59 GMT"));
        assert_eq!(date(LAST_SECOND + Duration::from_secs(1)), None);
        assert_eq!(date(Duration::MAX), None);
        for _ in 0..2 {
            assert_eq!(date(Duration::ZERO).as_deref(), Some("Thu, 01 Jan 1970 00:00:00 GMT"), "kept and not");
        }
    }
}
