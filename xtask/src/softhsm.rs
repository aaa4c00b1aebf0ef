//! SoftHSM, an HSM in software, which the tests of `line-channel-token-pkcs11` sign with. It is a package of the system's.

use crate::debian;
use crate::run::section;

/// The package of Debian and Ubuntu.
pub(crate) const PACKAGE: &str = "softhsm2";

/// What makes its tests fail instead of being skipped. Empty, and said so, if it is not there and cannot be installed.
pub(crate) fn required() -> &'static [(&'static str, &'static str)] {
    if debian::has(PACKAGE, "softhsm2-util", &["--version"]) {
        return &[("LINE_TEST_SOFTHSM", "required")];
    }
    section("SKIPPED: SoftHSM is missing, so no test signs in an HSM; on Debian it is the package softhsm2");
    &[]
}
