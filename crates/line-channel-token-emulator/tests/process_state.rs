//! That the emulator neither reads nor sets the provider of cryptography that `jsonwebtoken` has for the whole process. The one
//! test here is alone in its process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod support;

use jsonwebtoken::crypto::{CryptoProvider, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, new_error};
use line_channel_token_emulator::EmulatedChannel;
use serde_json::Value;
use support::*;

/// A provider under which no assertion would be accepted.
static REFUSES_ALL: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(new_error(ErrorKind::InvalidKeyFormat)),
    verifier_factory: |_, _| Err(new_error(ErrorKind::InvalidKeyFormat)),
    key_utils: KeyUtils::new_unimplemented(),
};

#[test]
fn the_process_default_is_left_alone() {
    let ec = EmulatedChannel::new("3", "x").unwrap().with_key("ec", ec_jwk(&EC)).unwrap();
    let emulator = builder(&TestClock::new()).channel(ec).accept_es256(true).build().unwrap();
    let es256 =
        sign_es256(&EC, r#"{"alg":"ES256","typ":"JWT","kid":"ec"}"#, &Value::Object(claims("3", NOW)).to_string());
    let accepts_both = || {
        assert_eq!(key_ids(&emulator, &assertion()).0, 200);
        assert_eq!(key_ids(&emulator, &es256).0, 200);
    };
    accepts_both();
    // Whoever reads the default sets it, and then no other can be installed.
    REFUSES_ALL.install_default().expect("the emulator has not touched the default");
    accepts_both();
}
