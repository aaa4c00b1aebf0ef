//! A token that is valid for long enough: the stored one, another process's, or a new one.

use std::time::Duration;

use line_channel_token::cache::{IssueReason, IssueRequest, Issued, NewToken, TokenSource};
use line_channel_token::{AccessToken, Clock as _, Error, Moment, SystemClock};

use crate::failure::{Exit, Failure};
use crate::{issued, sharing, time_text};

/// What is asked for.
#[derive(Debug)]
pub(super) struct Wanted {
    min_valid: Duration,
    /// Whether somebody relies on it.
    is_given: bool,
    refused: Option<AccessToken>,
}

/// A token, and how long it is valid yet.
#[derive(Debug)]
pub(super) struct Obtained {
    pub(super) token: NewToken,
    pub(super) remaining: Duration,
}

/// Enough for a call or two.
const MIN_VALID: Duration = Duration::from_secs(60);
/// How long other processes are waited for that issue a token: longer than one that was killed keeps them waiting.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often the store is looked at meanwhile.
const POLL: Duration = Duration::from_millis(500);
const SOON: Duration = Duration::from_secs(5);

impl Wanted {
    /// Refuses a time that would have runs issue one token after the other.
    pub(super) fn new(
        lifetime: Duration,
        min_valid: Option<Duration>,
        refused: Option<AccessToken>,
    ) -> Result<Self, Failure> {
        let longest = lifetime / 2;
        if let Some(time) = min_valid.filter(|time| *time > longest) {
            let [time, lifetime, longest] = [time, lifetime, longest].map(time_text::describe);
            return Err(Failure::usage(format!(
                "--min-valid asks for {time} of tokens that live for {lifetime}: give half of that at most, which is {longest}"
            )));
        }
        Ok(Self { min_valid: min_valid.unwrap_or(MIN_VALID).min(longest), is_given: min_valid.is_some(), refused })
    }

    /// Asks the source until there is such a token.
    pub(super) async fn obtain(&self, source: &dyn TokenSource) -> Result<Obtained, Failure> {
        let clock = SystemClock;
        let start = clock.now();
        let deadline =
            Moment { monotonic: start.monotonic.saturating_add(PATIENCE), unix: start.unix.saturating_add(PATIENCE) };
        let mut reason = IssueReason::Cold;
        let mut replaced: Option<NewToken> = None;
        loop {
            let mut request = IssueRequest::new(reason, &clock).with_deadline(deadline);
            request = request.with_min_remaining(self.min_valid);
            if let Some(token) = &replaced {
                request = request.with_replaces(token);
            }
            let token = match source.issue(request).await {
                Ok(Issued::New(token)) => return Ok(self.accept(token)),
                Ok(Issued::Adopted(token)) => token,
                Ok(Issued::Keep { ask_again_in }) => {
                    // A store that is unavailable says a longer time.
                    let is_soon = ask_again_in <= SOON && clock.now().monotonic < deadline.monotonic;
                    if !is_soon {
                        return self.fall_back(replaced, reason, None);
                    }
                    clock.sleep(ask_again_in.min(POLL)).await;
                    continue;
                }
                Ok(_) => return Err(Failure::other("the source of tokens has responded with something unknown")),
                Err(error) => return self.fall_back(replaced, reason, Some(error)),
            };
            if self.is_refused(&token) {
                reason = IssueReason::Refused;
            } else if remaining(&token) >= self.min_valid || is_same(replaced.as_ref(), &token) {
                return Ok(self.accept(token));
            } else {
                reason = IssueReason::Ahead;
            }
            replaced = Some(token);
        }
    }

    fn is_refused(&self, token: &NewToken) -> bool {
        self.refused.as_ref().is_some_and(|refused| refused.expose_secret() == token.access_token().expose_secret())
    }

    /// The best token that there is, however long it lives.
    fn accept(&self, token: NewToken) -> Obtained {
        let remaining = remaining(&token);
        if self.is_given && remaining < self.min_valid {
            sharing::warn(&format!(
                "the token is valid for {}, which is less than --min-valid asks for: it was issued for a shorter life than --token-lifetime says",
                time_text::describe(remaining)
            ));
        }
        Obtained { token, remaining }
    }

    /// There is no other token: the one that is there is better than none, unless it was refused or somebody relies on a longer time.
    fn fall_back(
        &self,
        there: Option<NewToken>,
        reason: IssueReason,
        error: Option<Error>,
    ) -> Result<Obtained, Failure> {
        let left = there.as_ref().map(remaining).unwrap_or_default();
        match there {
            Some(token) if reason == IssueReason::Ahead && !self.is_given && !left.is_zero() => {
                let why = error.map_or_else(|| "another process is issuing one".to_owned(), |error| error.to_string());
                sharing::warn(&format!(
                    "this token is valid for {} only, and there is no other yet: {why}",
                    time_text::describe(left)
                ));
                Ok(Obtained { token, remaining: left })
            }
            _ => Err(error.map_or_else(still_waiting, issued::failure)),
        }
    }
}

fn still_waiting() -> Failure {
    Failure::new(
        Exit::TryLater,
        "token_unavailable",
        format!("another process has been issuing a token for {} seconds", PATIENCE.as_secs()),
    )
    .with_hint("the same command may succeed later")
}

/// The source has nothing better.
fn is_same(replaced: Option<&NewToken>, token: &NewToken) -> bool {
    replaced.is_some_and(|old| old.access_token().expose_secret() == token.access_token().expose_secret())
}

/// How long a token is valid yet, by the clock that says less.
fn remaining(token: &NewToken) -> Duration {
    let lifetime = token.lifetime().unwrap_or(Duration::MAX);
    lifetime.saturating_sub(SystemClock.now().since(token.sent_at()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Wanted;

    #[test]
    fn half_of_a_life_can_be_asked_for() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        for (lifetime, time, is_taken) in [(15, 7, true), (15, 8, false), (60, 30, true), (60, 31, false)] {
            assert_eq!(
                Wanted::new(minutes(lifetime), Some(minutes(time)), None).is_ok(),
                is_taken,
                "{lifetime} {time}"
            );
        }
        let short = Wanted::new(minutes(1), None, None).unwrap();
        assert_eq!(short.min_valid, Duration::from_secs(30), "what nobody has given is no error");
    }
}
