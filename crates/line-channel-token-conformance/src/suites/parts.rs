//! What the suites are made of. Macros see `crate::` names only if they are exported, so all are, and hidden.

/// A `#[test]` of each of these cases: `make group { module: case, case; }`. `make` is an item of the module of the caller.
#[doc(hidden)]
#[macro_export]
macro_rules! __cases {
    ($make:ident $group:ident { $($module:ident: $($case:ident),+;)+ }) => {
        mod $group {$(
            mod $module {$(
                #[test]
                fn $case() {
                    $crate::run($crate::cases::$module::RULE, || $crate::cases::$module::$case(super::super::$make));
                }
            )+}
        )+}
    };
}

/// The cases, if this word is not in the list.
#[doc(hidden)]
#[macro_export]
macro_rules! __unless {
    (tls [tls $($rest:ident)*] $cases:tt) => {};
    (connection_reuse [connection_reuse $($rest:ident)*] $cases:tt) => {};
    (idle_limit [idle_limit $($rest:ident)*] $cases:tt) => {};
    (async_io [async_io $($rest:ident)*] $cases:tt) => {};
    ($word:ident [$other:ident $($rest:ident)*] $cases:tt) => { $crate::__unless! { $word [$($rest)*] $cases } };
    ($word:ident [] { $($cases:tt)* }) => { $($cases)* };
}

/// The cases, if this word is in the list.
#[doc(hidden)]
#[macro_export]
macro_rules! __if {
    (async_io [async_io $($rest:ident)*] { $($cases:tt)* }) => { $($cases)* };
    (pool_per_runtime [pool_per_runtime $($rest:ident)*] { $($cases:tt)* }) => { $($cases)* };
    (pool_for_all_runtimes [pool_for_all_runtimes $($rest:ident)*] { $($cases:tt)* }) => { $($cases)* };
    (error_messages [error_messages $($rest:ident)*] { $($cases:tt)* }) => { $($cases)* };
    ($word:ident [$other:ident $($rest:ident)*] $cases:tt) => { $crate::__if! { $word [$($rest)*] $cases } };
    ($word:ident [] $cases:tt) => {};
}

/// Nothing for a word that the suite knows, and a compile error for any other.
#[doc(hidden)]
#[macro_export]
macro_rules! __word {
    (without tls) => {};
    (without connection_reuse) => {};
    (without idle_limit) => {};
    (without async_io) => {};
    (without $other:ident) => {
        compile_error!(concat!(
            "`without: [",
            stringify!($other),
            "]`: expected tls, connection_reuse, idle_limit or async_io"
        ));
    };
    (with pool_per_runtime) => {};
    (with pool_for_all_runtimes) => {};
    (with error_messages) => {};
    (with $other:ident) => {
        compile_error!(concat!(
            "`with: [",
            stringify!($other),
            "]`: expected pool_per_runtime, pool_for_all_runtimes or error_messages"
        ));
    };
}

/// Cases that need TLS.
#[doc(hidden)]
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#[macro_export]
macro_rules! __with_tls {
    ($($cases:tt)*) => { $($cases)* };
}

/// Cases that need TLS, which this build has not.
#[doc(hidden)]
#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
#[macro_export]
macro_rules! __with_tls {
    ($($cases:tt)*) => {
        compile_error!(
            "the cases over TLS need the feature `aws-lc-rs` or `ring` of line-channel-token-conformance: enable one, or add `tls` to \
             `without` if the backend speaks plain HTTP alone"
        );
    };
}
