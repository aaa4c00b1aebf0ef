//! SoftHSM, an HSM in software, which the tests of `line-channel-token-pkcs11` sign with. It is a package of the system's.

use crate::run::{program, section, succeeds};

/// The package of Debian and Ubuntu.
pub(crate) const PACKAGE: &str = "softhsm2";

/// What makes its tests fail instead of being skipped. Empty, and said so, if it is not there and cannot be installed.
pub(crate) fn required() -> &'static [(&'static str, &'static str)] {
    if is_installed() || (install().is_ok() && is_installed()) {
        return &[("LINE_TEST_SOFTHSM", "required")];
    }
    section("SKIPPED: SoftHSM is missing, so no test signs in an HSM; on Debian it is the package softhsm2");
    &[]
}

fn is_installed() -> bool {
    succeeds("softhsm2-util", &["--version"])
}

fn install() -> Result<(), String> {
    if !cfg!(target_os = "linux") || !succeeds("apt-get", &["--version"]) {
        return Err("there is no apt-get".to_owned());
    }
    section("SoftHSM is missing; it is installed with apt-get");
    program("apt-get", &["update"])?;
    program("apt-get", &["install", "--yes", PACKAGE])
}
