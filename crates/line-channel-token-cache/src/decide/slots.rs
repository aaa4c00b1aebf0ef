//! Which of a channel's slots are used, counted by evidence.
//!
//! A slot is reserved before a source is called and released if there is evidence that nothing was issued. A token that
//! arrived is certain. A call whose response was lost is uncertain: it is settled by a listing of the channel's tokens, or
//! stops counting after a while.

use std::time::Duration;

use line_channel_token_core::{Moment, TokenKeyId};

use super::{Timestamp, delay_left};
use crate::budget::IssueBudget;

/// As long as LINE lists fewer tokens than this, another one is issued, whatever was counted here: LINE allows 30, a listing
/// is a moment old, and others issue too.
const ALMOST_FULL: usize = 28;
/// How long an uncertain slot counts while no valid token is held, and while one is.
const UNCERTAIN_FOR: Duration = Duration::from_secs(300);
const UNCERTAIN_FOR_WITH_TOKEN: Duration = Duration::from_secs(86_400);
/// How seldom a channel that has no token and cannot be listed gets one in spite of its budget.
const RESCUE_INTERVAL: Duration = Duration::from_secs(600);

#[derive(Debug)]
struct Slot {
    serial: u64,
    since: Timestamp,
    lifetime: Duration,
    key_id: Option<TokenKeyId>,
    /// Whether the token exists for sure. One that a server refused does not.
    certain: bool,
}

impl Slot {
    /// By the monotonic clock: a calendar that is set forward ends no token of a server's.
    fn free_in(&self, now: Moment) -> Duration {
        delay_left(self.lifetime, self.since, now)
    }

    /// When it stops counting at the latest, if nothing else is learnt about it.
    fn forgotten_in(&self, holds_token: bool, now: Moment) -> Duration {
        let uncertain_for = if holds_token { UNCERTAIN_FOR_WITH_TOKEN } else { UNCERTAIN_FOR };
        let free_in = self.free_in(now);
        if self.certain { free_in } else { free_in.min(delay_left(uncertain_for, self.since, now)) }
    }
}

/// What a cache has issued, and may have issued.
#[derive(Debug, Default)]
pub(crate) struct IssueLog {
    slots: Vec<Slot>,
    serial: u64,
    last_attempt: Option<Timestamp>,
    last_issue: Option<Timestamp>,
}

/// How many slots are used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SlotCounts {
    pub(crate) all: u8,
    pub(crate) uncertain: u8,
}

/// What is known of the channel's tokens when the budget is used up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Listing {
    /// LINE lists this many.
    Listed(usize),
    /// They cannot be listed, or not now.
    Unavailable,
}

impl IssueLog {
    /// Reserves a slot before the source is called, and numbers the call.
    pub(crate) fn reserve(&mut self, budget: Option<IssueBudget>, now: Moment) -> u64 {
        // Tokens keep 31 bits of it, which a call a second fills in 68 years.
        self.serial += 1;
        self.last_attempt = Some(now.into());
        if let Some(budget) = budget {
            self.slots.retain(|slot| !slot.free_in(now).is_zero());
            let lifetime = budget.lifetime();
            self.slots.push(Slot { serial: self.serial, since: now.into(), lifetime, key_id: None, certain: false });
        }
        self.serial
    }

    /// A token was returned: the next one keeps the minimum interval.
    pub(crate) fn note_issue(&mut self, now: Moment) {
        self.last_issue = Some(now.into());
    }

    /// The token arrived: it counts for as long as it lives, and no shorter than was asked for.
    pub(crate) fn confirm(&mut self, serial: u64, lifetime: Option<Duration>, key_id: Option<TokenKeyId>, now: Moment) {
        self.note_issue(now);
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.serial == serial) {
            slot.lifetime = slot.lifetime.max(lifetime.unwrap_or(Duration::MAX));
            slot.key_id = key_id;
            slot.certain = true;
        }
    }

    /// The token does not exist, or no longer.
    pub(crate) fn release(&mut self, serial: u64) {
        self.slots.retain(|slot| slot.serial != serial);
    }

    /// A server refused the token: it may not exist any more, or the server may be wrong.
    pub(crate) fn mark_uncertain(&mut self, serial: u64) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.serial == serial) {
            slot.certain = false;
        }
    }

    pub(crate) fn last_serial(&self) -> u64 {
        self.serial
    }

    /// A server has listed all valid tokens after the calls up to `last` were over, except `in_flight`, of which it may not
    /// know yet. Releases the slots of tokens that it does not list; and of slots without a key id it leaves as many as there
    /// are listed tokens that no other slot accounts for.
    pub(crate) fn compare(&mut self, listed: &[TokenKeyId], last: u64, in_flight: Option<u64>) {
        let is_over = |slot: &Slot| slot.serial <= last && Some(slot.serial) != in_flight;
        self.slots.retain(|slot| match &slot.key_id {
            Some(key_id) if is_over(slot) => listed.contains(key_id),
            _ => true,
        });
        let is_known = |key_id: &&TokenKeyId| self.slots.iter().any(|slot| slot.key_id.as_ref() == Some(*key_id));
        let unaccounted = listed.iter().filter(|key_id| !is_known(key_id)).count();
        let is_unnamed = |slot: &Slot| slot.key_id.is_none() && is_over(slot);
        let mut surplus = self.slots.iter().filter(|slot| is_unnamed(slot)).count().saturating_sub(unaccounted);
        self.slots.retain(|slot| {
            let release = surplus > 0 && is_unnamed(slot);
            surplus -= usize::from(release);
            !release
        });
    }

    /// How many slots are used, and how many of those may be.
    pub(crate) fn counts(&self, now: Moment) -> SlotCounts {
        let used = self.slots.iter().filter(|slot| !slot.free_in(now).is_zero());
        let count = |count: usize| u8::try_from(count).unwrap_or(u8::MAX);
        let uncertain = used.clone().filter(|slot| !slot.certain).count();
        SlotCounts { all: count(used.count()), uncertain: count(uncertain) }
    }

    /// How many slots are used, or may be.
    pub(crate) fn used(&self, now: Moment) -> usize {
        self.slots.iter().filter(|slot| !slot.free_in(now).is_zero()).count()
    }

    pub(crate) fn is_used_up(&self, budget: Option<IssueBudget>, now: Moment) -> bool {
        budget.is_some_and(|budget| self.used(now) >= budget.slots())
    }

    /// Whether another token may be issued although the budget is used up; otherwise how long it is until one may.
    pub(crate) fn may_exceed(
        &self,
        budget: IssueBudget,
        listing: Listing,
        holds_token: bool,
        now: Moment,
    ) -> Result<(), Duration> {
        match listing {
            Listing::Listed(count) if count < ALMOST_FULL => Ok(()),
            Listing::Listed(_) => Err(self.nth_free_in(1, |slot| slot.free_in(now)).unwrap_or(Duration::MAX)),
            Listing::Unavailable => {
                let counted = |slot: &Slot| slot.forgotten_in(holds_token, now);
                let used = self.slots.iter().filter(|slot| !counted(slot).is_zero()).count();
                let Some(over) = used.checked_sub(budget.slots()) else { return Ok(()) };
                let free_in = self.nth_free_in(over + 1, counted).unwrap_or_default();
                if holds_token {
                    return Err(free_in);
                }
                let rescue_in = self.last_attempt.map_or(Duration::ZERO, |last| delay_left(RESCUE_INTERVAL, last, now));
                match free_in.min(rescue_in) {
                    Duration::ZERO => Ok(()),
                    delay => Err(delay),
                }
            }
        }
    }

    /// When the nth of the used slots is free.
    fn nth_free_in(&self, nth: usize, free_in: impl Fn(&Slot) -> Duration) -> Option<Duration> {
        let mut delays: Vec<Duration> = self.slots.iter().map(free_in).filter(|delay| !delay.is_zero()).collect();
        delays.sort_unstable();
        delays.get(nth.checked_sub(1)?).copied()
    }

    /// When the last of the used slots is free.
    pub(crate) fn all_free_in(&self, now: Moment) -> Duration {
        self.slots.iter().map(|slot| slot.free_in(now)).max().unwrap_or_default()
    }

    /// How long it is until the minimum interval since the last issue is over.
    pub(crate) fn next_issue_in(&self, min_interval: Duration, now: Moment) -> Duration {
        self.last_issue.map_or(Duration::ZERO, |last| delay_left(min_interval, last, now))
    }

    pub(crate) fn last_issue(&self) -> Option<Timestamp> {
        self.last_issue
    }

    /// The next issue need not keep the minimum interval.
    pub(crate) fn forget_last_issue(&mut self) {
        self.last_issue = None;
    }

    /// Restores what was known of a channel before it was evicted: how many slots it used, and for how long.
    pub(crate) fn restore(&mut self, used: SlotCounts, lifetime: Duration, last_issue: Option<Timestamp>, now: Moment) {
        for nth in 0..used.all {
            self.serial += 1;
            let certain = nth >= used.uncertain;
            self.slots.push(Slot { serial: self.serial, since: now.into(), lifetime, key_id: None, certain });
        }
        self.last_issue = last_issue;
        self.last_attempt = last_issue;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::{Moment, TokenKeyId};

    use super::{IssueLog, Listing};
    use crate::budget::IssueBudget;

    const DAY: Duration = Duration::from_secs(86_400);
    const MINUTE: Duration = Duration::from_secs(60);

    fn at(time: Duration) -> Moment {
        Moment { monotonic: time, unix: time }
    }

    fn budget(slots: usize) -> IssueBudget {
        IssueBudget::new(slots, 30 * DAY).unwrap()
    }

    fn key_id(id: &str) -> TokenKeyId {
        TokenKeyId::new(id).unwrap()
    }

    #[test]
    fn a_slot_is_used_until_release_or_expiry() {
        let mut log = IssueLog::default();
        let first = log.reserve(Some(budget(2)), at(DAY));
        log.confirm(first, Some(30 * DAY), None, at(DAY));
        let second = log.reserve(Some(budget(2)), at(2 * DAY));
        assert!(log.is_used_up(Some(budget(2)), at(2 * DAY)));
        log.release(second);
        assert!(!log.is_used_up(Some(budget(2)), at(2 * DAY)));
        assert_eq!((log.used(at(30 * DAY)), log.used(at(31 * DAY))), (1, 0));
    }

    #[test]
    fn a_short_lifetime_frees_no_slot_sooner() {
        let mut log = IssueLog::default();
        let serial = log.reserve(Some(budget(2)), at(DAY));
        log.confirm(serial, Some(Duration::from_secs(1)), None, at(DAY));
        assert_eq!(log.used(at(30 * DAY)), 1);
    }

    #[test]
    fn a_listing_below_28_overrules_the_count() {
        let mut log = IssueLog::default();
        for _ in 0..5 {
            log.reserve(Some(budget(2)), at(DAY));
        }
        assert!(log.may_exceed(budget(2), Listing::Listed(27), true, at(DAY)).is_ok());
        assert_eq!(log.may_exceed(budget(2), Listing::Listed(28), false, at(DAY)), Err(30 * DAY));
    }

    #[test]
    fn uncertain_slots_stop_counting() {
        let mut log = IssueLog::default();
        for _ in 0..2 {
            log.reserve(Some(budget(2)), at(DAY));
        }
        let exceed = |holds_token, now| log.may_exceed(budget(2), Listing::Unavailable, holds_token, at(now));
        assert_eq!(exceed(false, DAY + MINUTE), Err(4 * MINUTE));
        assert!(exceed(false, DAY + 5 * MINUTE).is_ok());
        assert_eq!(exceed(true, DAY + 5 * MINUTE), Err(DAY - 5 * MINUTE));
        assert!(exceed(true, 2 * DAY).is_ok());
    }

    #[test]
    fn certain_slots_delay_at_most_ten_minutes() {
        let mut log = IssueLog::default();
        for _ in 0..2 {
            let serial = log.reserve(Some(budget(2)), at(DAY));
            log.confirm(serial, Some(30 * DAY), None, at(DAY));
        }
        let exceed = |holds_token, now| log.may_exceed(budget(2), Listing::Unavailable, holds_token, at(now));
        assert_eq!(exceed(false, DAY + MINUTE), Err(9 * MINUTE));
        assert!(exceed(false, DAY + 10 * MINUTE).is_ok());
        assert_eq!(exceed(true, DAY + 10 * MINUTE), Err(30 * DAY - 10 * MINUTE));
    }

    #[test]
    fn a_listing_frees_unlisted_slots() {
        let mut log = IssueLog::default();
        for id in ["held", "dropped", "revoked"] {
            let serial = log.reserve(Some(budget(10)), at(DAY));
            log.confirm(serial, Some(30 * DAY), Some(key_id(id)), at(DAY));
        }
        for day in 2..=4 {
            log.reserve(Some(budget(10)), at(day * DAY));
        }
        let in_flight = log.reserve(Some(budget(10)), at(5 * DAY));
        // One of the three lost responses led to a token.
        log.compare(&["held", "dropped", "lost"].map(key_id), log.last_serial(), Some(in_flight));
        assert_eq!(log.used(at(5 * DAY)), 4, "held, dropped, one that was lost, and the one in flight");
        log.compare(&[], 0, None);
        assert_eq!(log.used(at(5 * DAY)), 4, "all came after that listing was made");
        log.compare(&[], log.last_serial(), None);
        assert_eq!(log.used(at(5 * DAY)), 0);
    }

    #[test]
    fn a_calendar_set_forward_frees_no_slot() {
        let mut log = IssueLog::default();
        let serial = log.reserve(Some(budget(2)), at(DAY));
        log.confirm(serial, Some(30 * DAY), None, at(DAY));
        let jumped = Moment { monotonic: DAY, unix: 100 * DAY };
        assert_eq!((log.used(jumped), log.next_issue_in(DAY, jumped)), (1, DAY));
    }

    #[test]
    fn without_a_budget_nothing_is_counted() {
        let mut log = IssueLog::default();
        for _ in 0..100 {
            log.reserve(None, at(DAY));
        }
        assert_eq!(log.used(at(DAY)), 0);
        assert!(!log.is_used_up(None, at(DAY)));
    }
}
