//! Signing with keys in SoftHSM, the HSM in software.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[cfg(unix)]
mod faults;
#[cfg(unix)]
mod harness;
#[cfg(unix)]
mod keys;
#[cfg(unix)]
mod modules;
#[cfg(unix)]
mod pins;
#[cfg(unix)]
mod recovery;
#[cfg(unix)]
mod signing;

#[cfg(not(unix))]
#[test]
fn softhsm_is_not_used_here() {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "SKIPPED: keys in SoftHSM are tested on Unix alone");
}
