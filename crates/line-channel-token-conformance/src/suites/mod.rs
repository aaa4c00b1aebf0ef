//! The macros that make a `#[test]` of each case.

mod backend;
mod parts;
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod proxy;
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod workspace;
