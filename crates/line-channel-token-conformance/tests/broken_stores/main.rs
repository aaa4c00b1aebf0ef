//! Each store here breaks one rule, and a case finds it. Together they break each rule that the suite checks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod faulty_store;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use line_channel_token_cache::store::{StoreErrorKind, StoreKey};
use line_channel_token_conformance::store::cases::{
    cancellation, contention, damage, debug, keys, lifetimes, revisions, runtimes, set_aside, sizes, time, values,
};
use line_channel_token_conformance::store::{Environment, EnvironmentBuilder};
use line_channel_token_conformance::{Rule, run};

use faulty_store::{Fault, FaultyDatabase};

// Without a fault it passes all of them.
line_channel_token_conformance::store_tests! {
    without_a_fault,
    fixture: async || FaultyDatabase::new(Fault::None),
    store: async |database: &FaultyDatabase| database.handle(),
    advance_time: async |database: &FaultyDatabase, by: Duration| database.clock.advance(by),
    clear: async |database: &FaultyDatabase| database.clear(),
    damage: async |database: &FaultyDatabase, key: &StoreKey| database.spoil(key, StoreErrorKind::Unreadable),
    make_incompatible: async |database: &FaultyDatabase, key: &StoreKey| database.spoil(key, StoreErrorKind::Incompatible),
}

async fn environment(fault: Fault) -> Environment {
    EnvironmentBuilder::new(async || FaultyDatabase::new(fault), async |database: &FaultyDatabase| database.handle())
        .await
        .advance_time(async |database: &FaultyDatabase, by: Duration| database.clock.advance(by))
        .clear(async |database: &FaultyDatabase| database.clear())
        .damage(async |database: &FaultyDatabase, key: &StoreKey| database.spoil(key, StoreErrorKind::Unreadable))
        .make_incompatible(async |database: &FaultyDatabase, key: &StoreKey| {
            database.spoil(key, StoreErrorKind::Incompatible);
        })
        .build()
}

/// The case fails with this fault. What it says is about the fault.
fn finds(fault: Fault, rule: Rule, case: impl AsyncFn(Environment), about: &str) {
    let outcome = catch_unwind(AssertUnwindSafe(|| run(rule, || async { case(environment(fault).await).await })));
    let panic = outcome.expect_err(&format!("the case passes with the fault {fault:?}"));
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap();
    assert!(text.contains(about), "{fault:?}: {text}");
}

macro_rules! found {
    ($($test:ident: $fault:ident, $($module:ident::$case:ident),+, $about:literal;)+) => {$(
        #[test]
        fn $test() {
            $(finds(Fault::$fault, $module::RULE, $module::$case, $about);)+
        }
    )+};
}

found! {
    a_value_that_nobody_stored: HoldsAValueAtFirst, values::an_empty_store_has_no_value, "there is a value at 1234567890.jwt";
    a_value_that_is_not_stored: StoresNothing, values::a_stored_value_is_loaded, "there is no value";
    a_value_that_is_not_replaced: ReplacesNothing, values::a_stored_value_is_replaced, "were stored and";
    reads_from_a_cache: CachesReads, values::all_handles_see_the_last_value, "there is no value";
    an_ignored_revision: IgnoresTheRevision, values::no_value_is_expected_and_there_is_one,
        values::a_value_is_expected_and_there_is_none, values::an_earlier_revision_stores_nothing, "a value was stored";
    a_change_that_is_not_shown: ShowsNothingIfChanged, values::changed_carries_what_there_is, "`Changed` has no entry";
    two_steps_instead_of_one: ComparesBeforeItStores, contention::of_many_who_expect_no_value_one_stores,
        contention::of_many_who_expect_a_value_one_stores, "of 8 have stored a value";
    two_steps_of_tasks: ComparesBeforeItStores, contention::of_many_tasks_one_stores, "so many of 8";
    a_lost_update: ComparesBeforeItStores, contention::no_update_is_lost, "stored";
    a_counter_as_a_revision: CountsRevisions, revisions::a_revision_is_not_used_again_after_a_removal, "two values have had the revision `1`";
    a_stale_revision: CountsRevisions, revisions::a_revision_of_a_removed_value_stores_nothing,
        revisions::a_revision_is_not_used_again_after_the_store_was_emptied, "a value was stored, although revision `1`";
    a_revision_for_all_values: HasOneRevision, revisions::each_value_has_a_revision_of_its_own, "two values have had";
    keys_by_channel_alone: KnowsTheChannelAlone, keys::each_key_has_a_value_of_its_own, "there is a value";
    a_revision_of_another_key: ComparesWithAnyKey, keys::a_revision_of_another_key_stores_nothing, "a value was stored";
    a_removal_by_prefix: SetsAsideAllFamilies, keys::setting_one_aside_leaves_the_others, "there is no value";
    a_truncated_value: TruncatesAt32KiB, sizes::values_of_any_size_are_kept, "the first difference is at 32768";
    a_value_as_text: KeepsTextAlone, sizes::every_byte_is_kept, "the first difference is at 128";
    an_empty_value_as_none: KeepsNoEmptyValue, sizes::an_empty_value_is_a_value, "there is no value";
    a_trimmed_value: TrimsLines, sizes::bytes_with_a_meaning_elsewhere_are_kept, "5 bytes were stored and 4 bytes were loaded";
    seconds_as_milliseconds: TakesSecondsForMillis, lifetimes::a_value_is_kept_until_its_end, "there is no value";
    a_comparison_with_the_expired: ComparesWithTheExpired, lifetimes::a_value_that_has_ended_can_be_replaced, "a value was stored";
    a_lifetime_of_the_former_value: KeepsTheFirstLifetime, lifetimes::a_replacement_has_a_lifetime_of_its_own, "there is no value";
    a_lifetime_of_a_failed_attempt: ChangesTheLifetimeAnyway, lifetimes::an_attempt_that_stores_nothing_leaves_the_lifetime, "there is no value";
    a_refused_lifetime: RefusesLifetimes, lifetimes::any_lifetime_is_accepted, "for 0ns failed";
    a_time_that_stands_still: HasNoTime, time::it_passes_as_time_does, "0ns of the store's time passed";
    a_time_in_the_wrong_unit: ShowsTimeInMillis, time::it_passes_as_time_does, "1100s of the store's time passed";
    a_time_for_each_handle: HasATimeForEachHandle, time::it_does_not_go_back, "the store's time went back";
    a_change_without_a_time: HasNoTimeIfChanged, time::it_does_not_go_back, time::it_passes_as_time_does, "time";
    a_value_that_is_not_set_aside: SetsNothingAside, set_aside::the_value_with_this_revision_goes, "there is a value";
    a_value_that_is_set_aside_for_another: SetsAsideAnything, set_aside::another_value_stays,
        set_aside::a_readable_value_stays_if_no_revision_is_given, set_aside::the_second_of_two_moves_nothing, "there is no value";
    a_place_for_nothing: NamesAPlaceForNothing, set_aside::nothing_there_is_no_error, "left: Some(\"elsewhere\")";
    half_a_replacement: RemovesBeforeItStores, cancellation::a_dropped_compare_and_set_leaves_nothing_half, "the value has disappeared";
    a_lock_that_stays: LeavesTheLock, cancellation::a_dropped_compare_and_set_leaves_nothing_half, "`load` failed";
    a_reply_to_another_load: MixesReplies, cancellation::a_dropped_load_disturbs_no_later_call, "were loaded";
    a_reply_to_a_dropped_call: MixesReplies, cancellation::dropped_calls_disturb_no_concurrent_ones, "belongs to another one";
    a_connection_of_a_dead_runtime: EndsWithItsRuntime, runtimes::a_runtime_that_has_ended_harms_no_later_call, "Unavailable";
    a_store_for_one_runtime: WorksOnOneRuntime, runtimes::two_runtimes_share_a_handle, "failed: as this fault wants it";
    a_value_in_debug: ShowsValues, debug::it_shows_no_value, "`Debug` shows the value";
    damage_as_nothing: TakesTheDamagedForNothing, damage::a_damaged_value_is_unreadable_until_set_aside,
        damage::an_incompatible_value_stays, "`load` has read what it cannot";
    damage_that_is_overwritten: OverwritesTheDamaged, damage::a_damaged_value_is_unreadable_until_set_aside,
        damage::an_incompatible_value_stays, "what cannot be read was overwritten";
    an_incompatible_value_that_is_set_aside: SetsTheIncompatibleAside, damage::an_incompatible_value_stays, "has read what it cannot";
}
