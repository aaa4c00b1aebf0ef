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
        let token = shared(held.token, held.key_id.cloned(), now, held.left, held.lifetime);
        return Decision::Share(with_token(record, ask.nonce, &token));
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
    let stored = record.token.as_ref().filter(|stored| stored.access_token.is(token) && !stored.refused)?;
    let soon = now.saturating_sub(stored.issued_at) <= REFUSED_SOON;
    let marked = SharedToken { refused: true, ..stored.clone() };
    let mut record = Record { token: Some(marked), ..record.clone() };
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

/// Whether no token of this lease was ever in the store: its slot is as it was when the lease was taken. What is written from now on finds another
/// record, and is not stored.
pub(super) fn was_never_stored(stored: Option<&Record>, nonce: &str) -> bool {
    stored.is_some_and(|record| record.slots.iter().any(|slot| *slot.nonce == *nonce && !slot.certain))
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
    Some(with_token(record, nonce, token))
}

fn with_token(mut record: Record, nonce: &str, token: &SharedToken) -> Record {
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

/// When a token is to be refreshed of whose lifetime this much is left, counted from now: at 75 to 85 % of its life. `jitter` is from 0 to 1.
pub(super) fn refresh_in(left: Duration, lifetime: Duration, jitter: f64) -> Duration {
    let share = 0.15 + 0.10 * jitter.clamp(0.0, 1.0);
    left.saturating_sub(lifetime.mul_f64(share))
}

#[cfg(test)]
mod tests;
