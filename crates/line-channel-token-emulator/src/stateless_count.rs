//! How many stateless tokens are live, although none is stored.

use std::collections::VecDeque;
use std::time::Duration;

use line_channel_token_core::Moment;

/// The lifetime of a stateless token.
pub(crate) const LIFETIME: Duration = Duration::from_secs(900);

/// A count for each second in which tokens were issued, so memory is bounded whatever their number. A token
/// leaves the count up to a second early, together with the first of its second.
#[derive(Debug, Default)]
pub(crate) struct StatelessCount(VecDeque<(Moment, usize)>);

impl StatelessCount {
    pub(crate) fn add(&mut self, now: Moment) {
        self.drop_expired(now);
        match self.0.back_mut() {
            Some((start, count)) if now.since(*start) < Duration::from_secs(1) => *count += 1,
            _ => self.0.push_back((now, 1)),
        }
    }

    pub(crate) fn live(&mut self, now: Moment) -> usize {
        self.drop_expired(now);
        self.0.iter().map(|(_, count)| count).sum()
    }

    fn drop_expired(&mut self, now: Moment) {
        while self.0.front().is_some_and(|(start, _)| now.since(*start) >= LIFETIME) {
            self.0.pop_front();
        }
    }
}
