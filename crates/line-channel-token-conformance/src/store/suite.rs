//! The suite that every store passes.

/// Makes a `#[test]` of each case that a store of shared tokens has to pass, in a module of the given name.
///
/// ```
/// use line_channel_token_cache::store::MemoryStore;
///
/// line_channel_token_conformance::store_tests! {
///     memory, async || MemoryStore::new()
/// }
/// # fn main() {}
/// ```
///
/// The closure makes a store without values. It is called for each case, on threads of their own; it captures nothing, and sees what the module
/// sees in which the macro stands. A case that takes several handles clones the [`Arc`](std::sync::Arc) of that store. A handle of another process is not the
/// same; so if your store can be opened twice, say how to make what lies below it, the fixture, and how to make a handle on that:
///
/// ```
/// use line_channel_token_cache::store::MemoryStore;
///
/// line_channel_token_conformance::store_tests! {
///     memory,
///     fixture: async || MemoryStore::new(),
///     store: async |shared: &MemoryStore| shared.clone(),
///     clear: async |shared: &MemoryStore| shared.clear(),
/// }
/// # fn main() {}
/// ```
///
/// The fixture is a directory that is removed when it is dropped, a server that is stopped, the name of a table. It is made once for each case. What follows
/// `store` are ways to act upon it from outside, in this order, each of which may be left out:
///
/// | argument | | if it is left out |
/// |---|---|---|
/// | `advance_time: async \|fixture, duration: Duration\|` | returns once that much of the store's time has passed | the cases sleep, 1.1 seconds at a time |
/// | `clear: async \|fixture\|` | removes all values behind the store's back, as a restart of a server without persistence does | a case is ignored |
/// | `damage: async \|fixture, key: &StoreKey\|` | makes what lies at a key `Unreadable`; left out by a store that cannot tell | a case is ignored |
/// | `make_incompatible: async \|fixture, key: &StoreKey\|` | makes what lies at a key `Incompatible`, such as by a higher version | a case is ignored |
///
/// A case that is left out stands in the output of the tests as ignored, with its reason.
#[macro_export]
macro_rules! store_tests {
    (
        $name:ident,
        fixture: $fixture:expr,
        store: $store:expr
        $(, advance_time: $advance_time:expr)?
        $(, clear: $clear:expr)?
        $(, damage: $damage:expr)?
        $(, make_incompatible: $make_incompatible:expr)?
        $(,)?
    ) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn conformance_environment() -> $crate::store::Environment {
                $crate::store::EnvironmentBuilder::new($fixture, $store).await
                    $(.advance_time($advance_time))?
                    $(.clear($clear))?
                    $(.damage($damage))?
                    $(.make_incompatible($make_incompatible))?
                    .build()
            }

            $crate::__store_cases! {
                values: an_empty_store_has_no_value,
                    a_stored_value_is_loaded,
                    a_stored_value_is_replaced,
                    all_handles_see_the_last_value,
                    no_value_is_expected_and_there_is_one,
                    a_value_is_expected_and_there_is_none,
                    an_earlier_revision_stores_nothing,
                    changed_carries_what_there_is;
                contention: of_many_who_expect_no_value_one_stores,
                    of_many_who_expect_a_value_one_stores,
                    of_many_tasks_one_stores,
                    no_update_is_lost;
                revisions: each_value_has_a_revision_of_its_own,
                    a_revision_is_not_used_again_after_a_removal,
                    a_revision_of_a_removed_value_stores_nothing;
                keys: each_key_has_a_value_of_its_own,
                    a_revision_of_another_key_stores_nothing,
                    setting_one_aside_leaves_the_others;
                sizes: values_of_any_size_are_kept,
                    an_empty_value_is_a_value,
                    every_byte_is_kept,
                    bytes_with_a_meaning_elsewhere_are_kept;
                lifetimes: a_value_is_kept_until_its_end,
                    a_value_that_has_ended_can_be_replaced,
                    a_replacement_has_a_lifetime_of_its_own,
                    an_attempt_that_stores_nothing_leaves_the_lifetime,
                    any_lifetime_is_accepted;
                time: it_does_not_go_back,
                    it_passes_as_time_does;
                set_aside: the_value_with_this_revision_goes,
                    another_value_stays,
                    a_readable_value_stays_if_no_revision_is_given,
                    nothing_there_is_no_error,
                    the_second_of_two_moves_nothing;
                cancellation: a_dropped_compare_and_set_leaves_nothing_half,
                    a_dropped_load_disturbs_no_later_call,
                    dropped_calls_disturb_no_concurrent_ones;
                runtimes: a_runtime_that_has_ended_harms_no_later_call,
                    two_runtimes_share_a_handle;
                debug: it_shows_no_value;
            }
            $crate::__store_cases_if! { [$($clear)?] "`clear` is not among the arguments of this suite" emptied {
                revisions: a_revision_is_not_used_again_after_the_store_was_emptied;
            } }
            $crate::__store_cases_if! { [$($damage)?] "`damage` is not among the arguments of this suite" damaged {
                damage: a_damaged_value_is_unreadable_until_set_aside;
            } }
            $crate::__store_cases_if! { [$($make_incompatible)?] "`make_incompatible` is not among the arguments of this suite" incompatible {
                damage: an_incompatible_value_stays;
            } }
        }
    };
    ($name:ident, $store:expr $(,)?) => {
        $crate::store_tests! {
            $name,
            fixture: async || {
                let store: ::std::sync::Arc<dyn $crate::store::TokenStore> = ::std::sync::Arc::new(($store)().await);
                store
            },
            store: async |shared: &::std::sync::Arc<dyn $crate::store::TokenStore>| ::std::sync::Arc::clone(shared),
        }
    };
}

/// A `#[test]` of each of these cases. `super::conformance_environment` makes what they act upon.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_cases {
    ($($module:ident: $($case:ident),+;)+) => {$(
        mod $module {$(
            #[test]
            fn $case() {
                $crate::run($crate::store::cases::$module::RULE, || async {
                    $crate::store::cases::$module::$case(super::conformance_environment().await).await;
                });
            }
        )+}
    )+};
}

/// These cases, or, if there is nothing between the brackets, tests that are ignored for this reason.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_cases_if {
    ([] $reason:literal $group:ident { $module:ident: $($case:ident),+; }) => {
        mod $group {$(
            #[test]
            #[ignore = $reason]
            fn $case() {
                panic!("{}", $reason);
            }
        )+}
    };
    ([$given:expr] $reason:literal $group:ident { $($cases:tt)* }) => {
        mod $group {
            use super::conformance_environment;

            $crate::__store_cases! { $($cases)* }
        }
    };
}
