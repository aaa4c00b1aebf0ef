//! redis-server, which the tests of `line-channel-token-redis` and of everything that shares tokens run against. It is a package of the system's.

use crate::debian;
use crate::run::{section, succeeds};

/// The package of Debian and Ubuntu that has the program of the server, and no service of the system's: that is in `redis-server`.
pub(crate) const PACKAGE: &str = "redis-tools";
/// The program of the server under its other name, with which that package has it.
const PROGRAM: &str = "redis-check-rdb";

/// What makes its tests fail instead of being skipped. Empty, and said so, if it is not there and cannot be installed.
pub(crate) fn required() -> &'static [(&'static str, &'static str)] {
    let is_there = ["redis-server", "valkey-server"].iter().any(|name| succeeds(name, &["--version"]));
    // Without a file to check it prints its usage.
    if is_there || debian::has(PACKAGE, "sh", &["-c", &format!("command -v {PROGRAM}")]) {
        return &[("LINE_TEST_REDIS", "required")];
    }
    section(
        "SKIPPED: redis-server is missing, so no test shares tokens by Redis; on Debian its program is in the package redis-tools",
    );
    &[]
}
