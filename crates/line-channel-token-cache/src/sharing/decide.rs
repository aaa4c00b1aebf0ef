//! What to do about a channel's token, as plain functions of what a store holds and of its time: no task, no lock and no I/O.

use std::time::Duration;

use line_channel_token_core::{AccessToken, TokenKeyId};

use super::record::{Lease, Record, SecretText, SharedToken, Slot};
use crate::issue::IssueReason;

/// A token is replaced when a quarter of its life is left at the latest, so what has more than that is not due.
const DUE_SHARE: u32 = 4;
/// What must be left of a token for it to be handed out: a fiftieth of its life, a minute at most.
const LEAST_SHARE: u32 = 50;
const LEAST_LEFT: Duration = Duration::from_secs(60);
/// A lease lasts no longer than this.
pub(super) const MAX_LEASE: Duration = Duration::from_secs(60);
/// A token that was refused when it was no older than this was refused soon.
const REFUSED_SOON: Duration = Duration::from_secs(600);
/// The longest delay between tokens that are refused one after the other.
const MAX_REFUSED_DELAY: Duration = Duration::from_secs(600);
/// As long as LINE lists fewer tokens than this, another one is issued, whatever the record says: LINE allows 30.
const ALMOST_FULL: usize = 28;
/// How seldom a channel that has no token and cannot be listed gets one in spite of its budget.
const RESCUE_INTERVAL: Duration = Duration::from_secs(600);

/// What a process asks, and what it knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask<'a> {
    pub(super) reason: IssueReason,
    pub(super) replaces: Option<Held<'a>>,
    /// Tokens that it has seen refused. The store may not know: it was unavailable then.
    pub(super) refused: &'a [AccessToken],
    /// What must be left of the token.
    pub(super) min_remaining: Duration,
    /// The name of the lease that it would take.
    pub(super) nonce: &'a str,
    pub(super) lease_for: Duration,
    pub(super) limits: Limits,
    /// LINE's listing, if it was asked.
    pub(super) listing: Option<Listing<'a>>,
}

/// The token that the process holds, or held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held<'a> {
    pub(super) token: &'a AccessToken,
    pub(super) key_id: Option<&'a TokenKeyId>,
    pub(super) left: Duration,
    /// Its whole lifetime.
    pub(super) lifetime: Duration,
    /// Whether the process issued it without the store, and nobody else has it.
    pub(super) is_unshared: bool,
}

/// What the source demands of the fleet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) min_interval: Duration,
    /// How many slots the fleet may use, if they are limited.
    pub(super) slots: Option<usize>,
    /// How long a token counts that nobody has seen.
    pub(super) lifetime: Duration,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Listing<'a> {
    Listed(&'a [TokenKeyId]),
    /// The tokens cannot be listed, or not now.
    Unavailable,
}

/// What is to be done. A record that comes along is stored first, in the place of the one that was seen.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Decision {
    /// Use this token.
    Adopt(SharedToken),
    /// Take the lease by storing this record, and issue a token.
    Issue { record: Record, taken_over: bool },
    /// Store the token that was issued without the store, by this record, and keep it.
    Share(Record),
    /// Note that the token was refused, by this record, and decide again.
    Note(Record),
    /// Another process is about to issue one; it holds the lease for this much longer at most.
    Wait(Duration),
    /// No token may be issued before this is over.
    TooSoon(Duration),
    /// The budget is used up: ask LINE for a listing, and decide again.
    List,
    /// The budget is used up, and LINE agrees; a slot is free after this.
    Exhausted { used: usize, available_in: Duration },
}

/// What to do for a process that needs a token.
pub(super) fn decide(stored: Option<&Record>, now: Duration, ask: &Ask<'_>) -> Decision {
    let mut record = stored.cloned().unwrap_or_default();
    record.prune(now);
    if let Some(marked) = mark_refused(&record, now, ask) {
        return Decision::Note(marked);
    }
    if let Some(token) = record.token.as_ref().filter(|token| is_answer(token, now, ask)) {
        return Decision::Adopt(token.clone());
    }
    let others_lease = record.lease.as_ref().filter(|lease| *lease.nonce != *ask.nonce);
    let lease_left = others_lease.map_or(Duration::ZERO, |lease| left_of(lease, now));
    if !lease_left.is_zero() {
        return Decision::Wait(lease_left);
    }
    // If the store has it after all, which the process need not know, it is due or was refused.
    let is_stored = |held: &Held<'_>| record.token.as_ref().is_some_and(|token| token.access_token.is(held.token));
    if let Some(held) =
        ask.replaces.filter(|held| held.is_unshared && is_worth_sharing(held, ask.reason) && !is_stored(held))
    {
        return Decision::Share(with_token(
            &record,
            ask.nonce,
            &shared(held.token, held.key_id.cloned(), now, held.left, held.lifetime),
        ));
    }
    let too_soon = refused_delay_left(&record, now, ask.limits.min_interval);
    if !too_soon.is_zero() {
        return Decision::TooSoon(too_soon);
    }
    let taken_over = others_lease.is_some();
    if let Some(decision) = within_budget(&mut record, now, ask) {
        return decision;
    }
    record.slots.retain(|slot| *slot.nonce != *ask.nonce);
    record.lease = Some(Lease { nonce: ask.nonce.into(), expires_at: now.saturating_add(ask.lease_for) });
    record.slots.push(Slot {
        nonce: ask.nonce.into(),
        since: now,
        until: now.saturating_add(ask.limits.lifetime),
        key_id: None,
        certain: false,
    });
    Decision::Issue { record, taken_over }
}

/// The record in which a token that the process has seen refused is marked, if it is the stored one and is not marked yet.
fn mark_refused(record: &Record, now: Duration, ask: &Ask<'_>) -> Option<Record> {
    ask.refused.iter().find_map(|token| refused(record, token, now))
}

/// The record in which this token is marked as refused, if it is the stored one and is not marked yet.
pub(super) fn refused(record: &Record, token: &AccessToken, now: Duration) -> Option<Record> {
    let mut record = record.clone();
    let stored = record.token.as_mut().filter(|stored| stored.access_token.is(token) && !stored.refused)?;
    stored.refused = true;
    let soon = now.saturating_sub(stored.issued_at) <= REFUSED_SOON;
    record.refused_in_a_row = if soon { record.refused_in_a_row.saturating_add(1) } else { 1 };
    record.refused_at = Some(now);
    Some(record)
}

/// Whether the stored token is what the process needs.
fn is_answer(token: &SharedToken, now: Duration, ask: &Ask<'_>) -> bool {
    let left = token.left(now);
    if token.refused || left <= least_left(token.lifetime()) || left < wanted_left(token.lifetime(), ask.min_remaining)
    {
        return false;
    }
    let is_due = left <= token.lifetime() / DUE_SHARE;
    match ask.replaces {
        // It expired by this process' clock: the store's decides.
        Some(held) if token.access_token.is(held.token) => ask.reason != IssueReason::Ahead || !is_due,
        Some(held) if ask.reason == IssueReason::Ahead => !is_due || left > held.left,
        _ => true,
    }
}

/// What must be left of a token of this lifetime for it to be handed out.
fn least_left(lifetime: Duration) -> Duration {
    (lifetime / LEAST_SHARE).min(LEAST_LEFT)
}

/// What must be left of it for this process. A token that has more than half of its life left is replaced for nobody: a process that wants more than
/// tokens have would issue one each time.
fn wanted_left(lifetime: Duration, min_remaining: Duration) -> Duration {
    min_remaining.min(lifetime / 2)
}

fn is_worth_sharing(held: &Held<'_>, reason: IssueReason) -> bool {
    reason == IssueReason::Ahead && held.left > held.lifetime / DUE_SHARE
}

/// What is left of a lease. One that ends much later than a lease can was taken before the store's clock was set back: its holder may be gone,
/// and nobody waits until the clock has caught up.
fn left_of(lease: &Lease, now: Duration) -> Duration {
    delay_left(lease.expires_at, MAX_LEASE, now)
}

/// What is left of a delay that ends then, and was no longer than this; nothing if the store's clock was set back meanwhile. What a process knows of the
/// store's time is a little less than it is, so a small difference says nothing.
fn delay_left(end: Duration, at_most: Duration, now: Duration) -> Duration {
    let left = end.saturating_sub(now);
    if left > at_most.saturating_add(MAX_LEASE) { Duration::ZERO } else { left.min(at_most) }
}

/// The first token that is refused is replaced at once, and each further one in a row later than the one before, for the whole fleet.
fn refused_delay_left(record: &Record, now: Duration, min_interval: Duration) -> Duration {
    let (Some(refused_at), true) = (record.refused_at, record.token.as_ref().is_none_or(|token| token.refused)) else {
        return Duration::ZERO;
    };
    let Some(doublings) = record.refused_in_a_row.checked_sub(2) else { return Duration::ZERO };
    let delay = min_interval.saturating_mul(2_u32.saturating_pow(doublings.min(16))).min(MAX_REFUSED_DELAY);
    delay_left(refused_at.saturating_add(delay), delay, now)
}

/// What to do instead of issuing a token because the fleet's budget is used up.
fn within_budget(record: &mut Record, now: Duration, ask: &Ask<'_>) -> Option<Decision> {
    let slots = ask.limits.slots?;
    if let Some(Listing::Listed(listed)) = ask.listing {
        account_for(record, listed);
    }
    let used = record.slots.len();
    if used < slots {
        return None;
    }
    let first_free_in = record.slots.iter().map(|slot| slot.until.saturating_sub(now)).min().unwrap_or_default();
    let available_in = match ask.listing {
        None => return Some(Decision::List),
        Some(Listing::Listed(listed)) if listed.len() < ALMOST_FULL => return None,
        Some(Listing::Listed(_)) => first_free_in,
        Some(Listing::Unavailable) if record.token.as_ref().is_some_and(|token| token.is_usable(now)) => first_free_in,
        // A channel without a token is worse than a token too many.
        Some(Listing::Unavailable) => {
            let last = record.slots.iter().map(|slot| slot.since).max().unwrap_or_default();
            let rescue_in = delay_left(last.saturating_add(RESCUE_INTERVAL), RESCUE_INTERVAL, now);
            if rescue_in.is_zero() {
                return None;
            }
            first_free_in.min(rescue_in)
        }
    };
    Some(Decision::Exhausted { used, available_in })
}

/// Settles by LINE's listing which slots are used: tokens that it does not list are gone, and of those that may exist as many are left as
/// there are listed tokens that nobody accounts for. Returns these.
pub(super) fn account_for(record: &mut Record, listed: &[TokenKeyId]) -> Vec<TokenKeyId> {
    record.slots.retain(|slot| slot.key_id.as_ref().is_none_or(|id| listed.contains(id)));
    let is_known = |id: &&TokenKeyId| record.slots.iter().any(|slot| slot.key_id.as_ref() == Some(*id));
    let unknown: Vec<_> = listed.iter().filter(|id| !is_known(id)).cloned().collect();
    let mut left = unknown.len();
    record.slots.retain(|slot| {
        let keep = slot.key_id.is_some() || left > 0;
        left -= usize::from(keep && slot.key_id.is_none());
        keep
    });
    unknown
}

/// A token with its times by the store.
pub(super) fn shared(
    token: &AccessToken,
    key_id: Option<TokenKeyId>,
    now: Duration,
    left: Duration,
    lifetime: Duration,
) -> SharedToken {
    let expires_at = now.saturating_add(left);
    SharedToken {
        access_token: SecretText::of(token),
        key_id,
        issued_at: expires_at.saturating_sub(lifetime),
        expires_at,
        refused: false,
    }
}

/// Whether the stored token makes one superfluous that was issued by a process that has lost its lease meanwhile: it is newer, or good for long.
pub(super) fn supersedes(stored: &SharedToken, token: &SharedToken, now: Duration) -> bool {
    stored.is_usable(now) && (stored.expires_at >= token.expires_at || stored.left(now) > stored.lifetime() / DUE_SHARE)
}

/// The record with the token that was issued under this lease; `None` if somebody else has the lease by now, or has stored one that
/// [supersedes] it.
pub(super) fn issued(stored: Option<&Record>, nonce: &str, token: &SharedToken, now: Duration) -> Option<Record> {
    let mut record = stored.cloned().unwrap_or_default();
    record.prune(now);
    let is_mine = |lease: &Lease| *lease.nonce == *nonce;
    if !record.lease.as_ref().is_some_and(is_mine) {
        let is_leased = record.lease.as_ref().is_some_and(|lease| !left_of(lease, now).is_zero());
        if is_leased || record.token.as_ref().is_some_and(|stored| supersedes(stored, token, now)) {
            return None;
        }
    }
    record.lease = None;
    Some(with_token(&record, nonce, token))
}

fn with_token(record: &Record, nonce: &str, token: &SharedToken) -> Record {
    let mut record = record.clone();
    let slot = Slot {
        nonce: nonce.into(),
        since: token.issued_at,
        until: token.expires_at,
        key_id: token.key_id.clone(),
        certain: true,
    };
    record.slots.retain(|slot| *slot.nonce != *nonce);
    record.slots.push(slot);
    record.token = Some(token.clone());
    record
}

/// The record after a call that issued nothing, or may have; `None` if the lease is somebody else's by now.
pub(super) fn failed(stored: Option<&Record>, nonce: &str, may_have_issued: bool, now: Duration) -> Option<Record> {
    let mut record = stored?.clone();
    record.prune(now);
    if !may_have_issued {
        record.slots.retain(|slot| *slot.nonce != *nonce);
    }
    record.lease.take_if(|lease| *lease.nonce == *nonce)?;
    Some(record)
}

/// The record with a lease that lasts longer; `None` if it is somebody else's by now.
pub(super) fn renewed(stored: Option<&Record>, nonce: &str, lease_for: Duration, now: Duration) -> Option<Record> {
    let mut record = stored?.clone();
    let lease = record.lease.as_mut().filter(|lease| *lease.nonce == *nonce)?;
    lease.expires_at = now.saturating_add(lease_for);
    Some(record)
}

/// When a token is to be refreshed, counted from now: at 75 to 85 % of its life. `jitter` is from 0 to 1.
pub(super) fn refresh_in(token: &SharedToken, now: Duration, jitter: f64) -> Duration {
    let share = 0.15 + 0.10 * jitter.clamp(0.0, 1.0);
    token.left(now).saturating_sub(token.lifetime().mul_f64(share))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::{AccessToken, TokenKeyId};

    use super::{
        Ask, Decision, Held, Limits, Listing, Record, SharedToken, account_for, decide, failed, issued, refused, shared,
    };
    use crate::issue::IssueReason;

    const DAY: Duration = Duration::from_secs(86_400);
    const LIFE: Duration = Duration::from_secs(30 * 86_400);
    const NOW: Duration = Duration::from_secs(1_767_225_600);

    fn token(text: &str) -> AccessToken {
        AccessToken::new(text).unwrap()
    }

    fn stored(text: &str, left: Duration) -> SharedToken {
        shared(&token(text), Some(TokenKeyId::new(format!("id-{text}")).unwrap()), NOW, left, LIFE)
    }

    fn ask(reason: IssueReason, replaces: Option<Held<'_>>) -> Ask<'_> {
        let limits = Limits { min_interval: Duration::from_secs(60), slots: Some(10), lifetime: LIFE };
        Ask {
            reason,
            replaces,
            refused: &[],
            min_remaining: Duration::ZERO,
            nonce: "mine",
            lease_for: Duration::from_secs(10),
            limits,
            listing: None,
        }
    }

    fn held(token: &AccessToken, left: Duration, is_unshared: bool) -> Option<Held<'_>> {
        Some(Held { token, key_id: None, left, lifetime: LIFE, is_unshared })
    }

    fn leased(to: &str) -> Record {
        let Decision::Issue { record, taken_over: false } =
            decide(None, NOW, &Ask { nonce: to, ..ask(IssueReason::Cold, None) })
        else {
            panic!("nobody has the lease")
        };
        record
    }

    #[test]
    fn nothing_stored_takes_the_lease_and_others_wait() {
        let record = leased("theirs");
        let wait = decide(Some(&record), NOW, &ask(IssueReason::Cold, None));
        assert_eq!(wait, Decision::Wait(Duration::from_secs(10)));
        let later = NOW + Duration::from_secs(10);
        let Decision::Issue { record, taken_over: true } = decide(Some(&record), later, &ask(IssueReason::Cold, None))
        else {
            panic!("the lease is over")
        };
        assert_eq!(record.slots.len(), 2, "the dead holder may have issued one");
    }

    #[test]
    fn a_clock_that_was_set_back_holds_nobody_up() {
        let mut refused_twice = Record::default();
        for _ in 0..3 {
            refused_twice.token = Some(stored("own", LIFE));
            refused_twice = refused(&refused_twice, &token("own"), NOW).unwrap();
        }
        for record in [leased("theirs"), refused_twice] {
            for (back, is_held_up) in [(1, true), (30, true), (3600, false), (400 * 86_400, false)] {
                let decision = decide(Some(&record), NOW - Duration::from_secs(back), &ask(IssueReason::Cold, None));
                assert_eq!(!matches!(decision, Decision::Issue { .. }), is_held_up, "{back} s: {decision:?}");
            }
        }
    }

    #[test]
    fn a_lease_whose_response_was_lost_is_still_ours() {
        let record = leased("mine");
        let decision = decide(Some(&record), NOW, &ask(IssueReason::Cold, None));
        let Decision::Issue { record, taken_over: false } = decision else { panic!("{decision:?}") };
        assert_eq!(record.slots.len(), 1);
    }

    #[test]
    fn a_token_is_adopted_if_it_helps() {
        let (own, other) = (token("own"), token("other"));
        for (reason, replaces, left, adopted) in [
            (IssueReason::Cold, None, DAY, true),
            (IssueReason::Cold, None, Duration::from_secs(60), false),
            // It expired by our clock, and not by the store's.
            (IssueReason::Cold, held(&own, Duration::ZERO, false), 20 * DAY, true),
            (IssueReason::Ahead, held(&own, 6 * DAY, false), 6 * DAY, false),
            (IssueReason::Ahead, held(&own, 6 * DAY, false), 20 * DAY, true),
            (IssueReason::Ahead, held(&other, 6 * DAY, false), 29 * DAY, true),
            (IssueReason::Ahead, held(&other, 6 * DAY, false), 5 * DAY, false),
            (IssueReason::Ahead, held(&other, 29 * DAY, true), 20 * DAY, true),
            (IssueReason::Refused, held(&other, 6 * DAY, false), DAY, true),
        ] {
            let record = Record { token: Some(stored("own", left)), ..Record::default() };
            let decision = decide(Some(&record), NOW, &ask(reason, replaces));
            assert_eq!(matches!(decision, Decision::Adopt(_)), adopted, "{reason} {replaces:?} {left:?}: {decision:?}");
        }
    }

    #[test]
    fn a_refused_token_is_marked_and_never_adopted() {
        let own = token("own");
        let record = Record { token: Some(stored("own", 20 * DAY)), ..Record::default() };
        // It need not be the one that is replaced: the store was unavailable, perhaps.
        let ask_knowing = Ask { refused: std::slice::from_ref(&own), ..ask(IssueReason::Ahead, None) };
        let Decision::Note(marked) = decide(Some(&record), NOW, &ask_knowing) else { panic!("it is the stored one") };
        for reason in [IssueReason::Cold, IssueReason::Ahead, IssueReason::Refused] {
            let decision = decide(Some(&marked), NOW, &ask(reason, None));
            assert!(matches!(decision, Decision::Issue { .. }), "{decision:?}");
        }
    }

    #[test]
    fn tokens_refused_in_a_row_are_replaced_ever_later() {
        let mut record = Record::default();
        let mut delays = Vec::new();
        for _ in 0..7 {
            record.token = Some(stored("own", LIFE));
            record = refused(&record, &token("own"), NOW).unwrap();
            delays.push(match decide(Some(&record), NOW, &ask(IssueReason::Cold, None)) {
                Decision::TooSoon(left) => left.as_secs(),
                _ => 0,
            });
        }
        assert_eq!(delays, [0, 60, 120, 240, 480, 600, 600]);
        // One that was good for a while ends the row.
        record.token = Some(stored("own", LIFE - DAY));
        assert_eq!(refused(&record, &token("own"), NOW).unwrap().refused_in_a_row, 1);
    }

    #[test]
    fn a_stale_holder_never_overwrites_a_newer_token() {
        let ours = stored("ours", LIFE - DAY);
        // Another has the lease, or has stored a token that lives longer.
        assert_eq!(issued(Some(&leased("theirs")), "mine", &ours, NOW), None);
        let newer = Record { token: Some(stored("newer", LIFE)), ..Record::default() };
        assert_eq!(issued(Some(&newer), "mine", &ours, NOW), None);
        // The store has forgotten the lease, or holds an older token.
        let older = Record { token: Some(stored("older", DAY)), ..Record::default() };
        for record in [None, Some(older), Some(leased("mine"))] {
            let stored = issued(record.as_ref(), "mine", &ours, NOW).unwrap();
            assert_eq!((stored.token, stored.lease), (Some(ours.clone()), None));
            assert!(stored.slots.iter().all(|slot| slot.certain));
        }
    }

    #[test]
    fn a_failed_call_gives_back_its_slot_unless_it_may_have_issued() {
        for (may_have_issued, slots) in [(false, 0), (true, 1)] {
            let record = failed(Some(&leased("mine")), "mine", may_have_issued, NOW).unwrap();
            assert_eq!((record.slots.len(), record.lease), (slots, None));
        }
        assert_eq!(failed(Some(&leased("theirs")), "mine", false, NOW), None);
    }

    #[test]
    fn a_token_of_an_outage_is_shared_unless_there_is_one() {
        let own = token("own");
        let ask = ask(IssueReason::Ahead, held(&own, 29 * DAY, true));
        let Decision::Share(record) = decide(None, NOW, &ask) else { panic!("the store is empty") };
        assert_eq!(record.token.unwrap().left(NOW), 29 * DAY);
        assert!(matches!(decide(Some(&leased("theirs")), NOW, &ask), Decision::Wait(_)));
    }

    #[test]
    fn a_full_budget_asks_line_before_it_says_no() {
        let mut record = Record::default();
        for nth in 0..10 {
            record = leased(&format!("dead-{nth}")).slots.into_iter().fold(record, |mut record, slot| {
                record.slots.push(slot);
                record
            });
        }
        let mut ask = ask(IssueReason::Cold, None);
        assert_eq!(decide(Some(&record), NOW, &ask), Decision::List);
        let ids: Vec<_> = (0..30).map(|nth| TokenKeyId::new(format!("id-{nth}")).unwrap()).collect();
        ask.listing = Some(Listing::Listed(&ids[..27]));
        assert!(matches!(decide(Some(&record), NOW, &ask), Decision::Issue { .. }));
        ask.listing = Some(Listing::Listed(&ids));
        assert!(matches!(decide(Some(&record), NOW, &ask), Decision::Exhausted { used: 10, .. }));
        ask.listing = Some(Listing::Unavailable);
        let rescue = Decision::Exhausted { used: 10, available_in: Duration::from_secs(600) };
        assert_eq!(decide(Some(&record), NOW, &ask), rescue);
        let later = NOW + Duration::from_secs(600);
        assert!(matches!(decide(Some(&record), later, &ask), Decision::Issue { .. }));
        // What LINE does not list does not exist.
        assert_eq!(account_for(&mut record, &ids[..3]).len(), 3);
        assert_eq!(record.slots.len(), 3);
    }
}
