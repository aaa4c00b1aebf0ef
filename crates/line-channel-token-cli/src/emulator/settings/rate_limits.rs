//! Rate limits, from a flag or a file.

use line_channel_token::emulator::RateLimits;
use serde::Deserialize;

/// The table `rate_limits` of a file.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateLimitSettings {
    /// `false` switches the limits off that are not given.
    enabled: Option<bool>,
    issue: Option<u32>,
    others: Option<u32>,
    burst: Option<u32>,
    retry_after: Option<bool>,
}

impl RateLimitSettings {
    /// The value of `--rate-limit`: `off`, or members with commas between.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut settings = Self::default();
        for part in text.split(',').map(str::trim) {
            let (name, value) = part.split_once('=').map_or((part, None), |(name, value)| (name, Some(value)));
            let number = || {
                let parsed = value.and_then(|value| value.parse().ok());
                parsed.map(Some).ok_or_else(|| {
                    format!("--rate-limit: `{name}` needs a number of requests a second, such as `{name}=370`")
                })
            };
            match name {
                "off" if value.is_none() => settings.enabled = Some(false),
                "issue" => settings.issue = number()?,
                "others" => settings.others = number()?,
                "burst" => settings.burst = number()?,
                "retry-after" | "retry_after" if value.is_none() => settings.retry_after = Some(true),
                _ => {
                    return Err(
                        "--rate-limit: give `off`, or some of `issue=N`, `others=N`, `burst=N` and `retry-after` with \
                         commas between"
                            .to_owned(),
                    );
                }
            }
        }
        Ok(settings)
    }

    pub(super) fn limits(self) -> RateLimits {
        let mut limits = if self.enabled == Some(false) { RateLimits::off() } else { RateLimits::default() };
        if let Some(issue) = self.issue {
            limits = limits.with_issue(issue);
        }
        if let Some(others) = self.others {
            limits = limits.with_others(others);
        }
        if let Some(burst) = self.burst {
            limits = limits.with_burst(burst);
        }
        limits.with_retry_after(self.retry_after.unwrap_or(false))
    }
}

#[cfg(test)]
mod tests {
    use super::RateLimitSettings;

    #[test]
    fn limits_are_off_or_some() {
        let limits = |text| RateLimitSettings::parse(text).unwrap().limits();
        assert_eq!(limits("off").issue(), None);
        let off_but_one = limits("off,others=5");
        assert_eq!((off_but_one.issue(), off_but_one.others()), (None, Some(5)));
        let some = limits("issue=1, burst=2,retry-after");
        assert_eq!((some.issue(), some.others(), some.burst()), (Some(1), Some(2000), Some(2)));
        assert!(some.retry_after());
        for wrong in ["", "on", "issue", "issue=x", "issue=-1", "off=1", "issue=1;others=2"] {
            assert!(RateLimitSettings::parse(wrong).is_err(), "{wrong}");
        }
    }
}
