//! What is decided in which situation.

use std::time::Duration;

use line_channel_token_core::{AccessToken, TokenKeyId};

use super::{
    Ask, Decision, Held, Limits, Listing, Record, SharedToken, account_for, decide, failed, issued, refresh_in,
    refused, shared,
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

#[test]
fn a_token_is_refreshed_by_its_whole_life() {
    for (left, latest) in [(LIFE, 25.5), (10 * DAY, 5.5), (5 * DAY, 0.5), (DAY, 0.0)] {
        let days = |jitter| refresh_in(left, LIFE, jitter).as_secs_f64() / 86_400.0;
        assert!((days(0.0) - latest).abs() < 1e-6, "{left:?}: {}", days(0.0));
        assert!((days(1.0) - (latest - 3.0).max(0.0)).abs() < 1e-6, "{left:?}: {}", days(1.0));
    }
}
