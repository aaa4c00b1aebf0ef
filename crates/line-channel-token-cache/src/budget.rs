//! How many of a channel's places a cache may use.

use std::time::Duration;

use line_channel_token_core::{Error, Moment, TokenKeyId};

use crate::backoff::wait_left;

/// How many tokens of a channel may be valid at a time on a cache's account.
///
/// LINE allows 30 valid v2.1 tokens a channel and refuses the 31st; of v2 tokens the 31st silently revokes the oldest. A
/// cache counts what it has issued, and what it may have issued where the answer was lost, and stops before LINE does.
/// In health it needs two places: a token and the one that follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssueBudget {
    places: usize,
    lifetime: Duration,
}

impl IssueBudget {
    /// What the sources of this crate take unless they are told otherwise: a third of LINE's 30, so that others find room.
    pub const DEFAULT_PLACES: usize = 10;

    /// A budget of 2 to 30 places for tokens that live so long.
    ///
    /// `lifetime` is how long a token counts whose answer was lost. A token that arrived counts as long as its own
    /// life says, and no shorter than this.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) outside 2..=30: a token is fetched while
    /// the one before is valid, and LINE's limit is 30.
    pub fn new(places: usize, lifetime: Duration) -> Result<Self, Error> {
        match places {
            2..=30 => Ok(Self { places, lifetime }),
            _ => Err(Error::invalid_input(format!(
                "a budget has 2 to 30 places, not {places}: a token is fetched while the one before is valid, and LINE \
                 allows a channel 30"
            ))),
        }
    }

    pub(crate) const fn standard(lifetime: Duration) -> Self {
        Self { places: Self::DEFAULT_PLACES, lifetime }
    }

    /// How many places it has.
    #[must_use]
    pub fn places(self) -> usize {
        self.places
    }
}

/// A token that counts, or may.
#[derive(Debug)]
struct Place {
    serial: u64,
    since: Moment,
    life: Duration,
    answer: Answer,
}

#[derive(Debug)]
enum Answer {
    /// None has come, so the token may exist or not.
    Missing,
    /// It brought a token; with its key id, where it has one.
    Token(Option<TokenKeyId>),
}

impl Place {
    /// By the monotonic clock: a calendar that is set forward ends no token of a server's.
    fn free_in(&self, now: Moment) -> Duration {
        wait_left(self.life, self.since, now)
    }
}

/// What a cache has issued, and may have issued.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    places: Vec<Place>,
    serial: u64,
    last_issue: Option<Moment>,
}

impl Ledger {
    /// Takes a place before the source is asked, and gives its number.
    pub(crate) fn charge(&mut self, budget: Option<IssueBudget>, now: Moment) -> u64 {
        self.serial += 1;
        if let Some(budget) = budget {
            self.places.retain(|place| !place.free_in(now).is_zero());
            let (serial, life, answer) = (self.serial, budget.lifetime, Answer::Missing);
            self.places.push(Place { serial, since: now, life, answer });
        }
        self.serial
    }

    /// A token arrived: it counts for as long as it lives, and no shorter than was asked for.
    pub(crate) fn answered(&mut self, serial: u64, life: Option<Duration>, key_id: Option<TokenKeyId>) {
        if let Some(place) = self.places.iter_mut().find(|place| place.serial == serial) {
            place.answer = Answer::Token(key_id);
            place.life = place.life.max(life.unwrap_or(Duration::MAX));
        }
    }

    /// The number of the last issue that was begun.
    pub(crate) fn last_serial(&self) -> u64 {
        self.serial
    }

    /// A server has listed all valid tokens after the issues up to `last` were over, but for `under_way`, of which it may
    /// not know yet. Frees the places of tokens that it does not list; and of issues without an answer it leaves as many as
    /// there are listed tokens that neither a place nor the cache knows.
    pub(crate) fn compare(&mut self, listed: &[TokenKeyId], last: u64, under_way: Option<u64>) {
        let is_over = |place: &Place| place.serial <= last && Some(place.serial) != under_way;
        self.places.retain(|place| match &place.answer {
            Answer::Token(Some(key_id)) if is_over(place) => listed.contains(key_id),
            _ => true,
        });
        let known = |key_id: &&TokenKeyId| {
            self.places.iter().any(|place| matches!(&place.answer, Answer::Token(Some(known)) if known == *key_id))
        };
        let unknown = listed.iter().filter(|key_id| !known(key_id)).count();
        let unanswered = |place: &Place| matches!(place.answer, Answer::Missing) && is_over(place);
        let mut surplus = self.places.iter().filter(|place| unanswered(place)).count().saturating_sub(unknown);
        self.places.retain(|place| {
            let forget = surplus > 0 && unanswered(place);
            surplus -= usize::from(forget);
            !forget
        });
    }

    /// The token of this number does not exist, or no longer.
    pub(crate) fn release(&mut self, serial: u64) {
        self.places.retain(|place| place.serial != serial);
    }

    /// How many places are taken.
    pub(crate) fn taken(&self, now: Moment) -> usize {
        self.places.iter().filter(|place| !place.free_in(now).is_zero()).count()
    }

    /// How long it is until there is room in the budget.
    pub(crate) fn room_in(&self, budget: Option<IssueBudget>, now: Moment) -> Duration {
        let Some(budget) = budget else { return Duration::ZERO };
        let mut waits: Vec<Duration> = self.places.iter().map(|place| place.free_in(now)).collect();
        waits.retain(|wait| !wait.is_zero());
        waits.sort_unstable();
        // With n over, the nth to end makes room.
        waits.len().checked_sub(budget.places).and_then(|over| waits.get(over)).copied().unwrap_or_default()
    }

    /// A token was issued, or may have been.
    pub(crate) fn issued(&mut self, now: Moment) {
        self.last_issue = Some(now);
    }

    /// The next issue need not keep its distance from the last one.
    pub(crate) fn forget_last_issue(&mut self) {
        self.last_issue = None;
    }

    /// How long it is until an issue keeps its distance from the last one.
    pub(crate) fn distance_in(&self, least_interval: Duration, now: Moment) -> Duration {
        self.last_issue.map_or(Duration::ZERO, |last| wait_left(least_interval, last, now))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::{Moment, TokenKeyId};

    use super::{IssueBudget, Ledger};

    const DAY: Duration = Duration::from_secs(86_400);

    fn at(days: u32) -> Moment {
        Moment { monotonic: days * DAY, unix: days * DAY }
    }

    #[test]
    fn a_budget_leaves_room_for_a_successor_and_stays_within_lines_thirty() {
        for places in [0, 1, 31, 1000] {
            let error = IssueBudget::new(places, DAY).unwrap_err().to_string();
            assert!(error.contains("2 to 30") && error.contains(&places.to_string()), "{error}");
        }
        assert_eq!(IssueBudget::new(30, DAY).unwrap().places(), 30);
    }

    #[test]
    fn a_place_is_taken_before_the_call_and_freed_by_a_release_or_the_end_of_the_life() {
        let budget = Some(IssueBudget::new(2, 30 * DAY).unwrap());
        let mut ledger = Ledger::default();
        let first = ledger.charge(budget, at(0));
        ledger.answered(first, Some(30 * DAY), None);
        assert_eq!(ledger.room_in(budget, at(1)), Duration::ZERO);
        let second = ledger.charge(budget, at(1));
        assert_eq!((ledger.taken(at(1)), ledger.room_in(budget, at(1))), (2, 29 * DAY));
        ledger.release(second);
        assert_eq!(ledger.room_in(budget, at(1)), Duration::ZERO);
        ledger.charge(budget, at(2));
        assert_eq!(ledger.room_in(budget, at(29)), DAY, "the first one ends on day 30");
        assert_eq!((ledger.taken(at(30)), ledger.room_in(budget, at(30))), (1, Duration::ZERO));
    }

    #[test]
    fn a_shorter_life_than_was_asked_for_frees_no_place_sooner() {
        let budget = Some(IssueBudget::new(2, 30 * DAY).unwrap());
        let mut ledger = Ledger::default();
        for _ in 0..2 {
            let serial = ledger.charge(budget, at(0));
            ledger.answered(serial, Some(Duration::from_secs(1)), None);
        }
        assert_eq!(ledger.room_in(budget, at(1)), 29 * DAY);
    }

    #[test]
    fn a_list_frees_the_places_of_what_it_does_not_show_and_leaves_the_issue_under_way_alone() {
        let budget = Some(IssueBudget::new(10, 30 * DAY).unwrap());
        let key_id = |id: &str| TokenKeyId::new(id).unwrap();
        let mut ledger = Ledger::default();
        for id in ["held", "dropped", "revoked"] {
            let serial = ledger.charge(budget, at(0));
            ledger.answered(serial, Some(30 * DAY), Some(key_id(id)));
        }
        for day in 1..=3 {
            ledger.charge(budget, at(day));
        }
        let under_way = ledger.charge(budget, at(4));
        // One of the three lost answers led to a token.
        let listed = ["held", "dropped", "lost"].map(key_id);
        ledger.compare(&listed, ledger.last_serial(), Some(under_way));
        assert_eq!(ledger.taken(at(4)), 4, "held, dropped, one that was lost, and the one under way");
        ledger.compare(&[], 0, None);
        assert_eq!(ledger.taken(at(4)), 4, "all came after that list was made");
        assert_eq!(ledger.taken(at(31)), 2, "of the lost ones the youngest is left");
        ledger.compare(&[], ledger.last_serial(), None);
        assert_eq!(ledger.taken(at(4)), 0);
    }

    #[test]
    fn a_calendar_that_is_set_forward_frees_no_place_and_shortens_no_distance() {
        let budget = Some(IssueBudget::new(2, 30 * DAY).unwrap());
        let mut ledger = Ledger::default();
        ledger.charge(budget, at(0));
        ledger.issued(at(0));
        let jumped = Moment { monotonic: Duration::ZERO, unix: 100 * DAY };
        assert_eq!((ledger.taken(jumped), ledger.distance_in(DAY, jumped)), (1, DAY));
    }

    #[test]
    fn without_a_budget_nothing_is_counted() {
        let mut ledger = Ledger::default();
        for _ in 0..100 {
            ledger.charge(None, at(0));
        }
        assert_eq!((ledger.taken(at(0)), ledger.room_in(None, at(0))), (0, Duration::ZERO));
    }
}
