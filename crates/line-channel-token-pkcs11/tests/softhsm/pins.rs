//! A PIN that is wrong uses up one attempt and no more, and is never shown.

use std::sync::Mutex;

use futures_executor::block_on;
use line_channel_token_assertion::SigningAlgorithm::Es256;
use line_channel_token_core::ErrorKind;
use line_channel_token_pkcs11::{KeySelector, Pkcs11Token, TokenSelector, UserPin};

use crate::harness::{LABEL, PIN, generate, hsm_test, signer};

const WRONG: &str = "s3cret-wrong-pin";

hsm_test! {
    fn a_wrong_pin_is_refused_and_not_shown(hsm) {
        for (pin, says) in [(WRONG, "CKR_PIN_INCORRECT"), ("1", "CKR_PIN_")] {
            let builder = Pkcs11Token::builder(hsm.open(), TokenSelector::from_label(LABEL)).pin(UserPin::new(pin).unwrap());
            assert!(!format!("{builder:?}").contains("s3cret"));
            let error = builder.build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(says) && !shown.contains("s3cret"), "{shown}");
        }
        hsm.token();
    }
}

hsm_test! {
    fn a_refused_pin_is_tried_once(hsm) {
        let Some(faulty) = hsm.faulty("a_refused_pin_is_tried_once") else { return };
        let token = faulty.builder().threads(4).build().unwrap();
        generate(&token, Es256, "line");
        let signer = signer(&token, "line").unwrap();
        let before = faulty.calls("C_Login");

        // The session is lost, and the PIN was changed meanwhile.
        faulty.set("fail-C_Login", "a0 1000");
        faulty.set("fail-C_SignInit", "b3 1");
        hsm.program("softhsm2-util", &["--show-slots"]);
        let pkcs11 = cryptoki::context::Pkcs11::new(&hsm.module).unwrap();
        let slot = pkcs11.get_slots_with_initialized_token().unwrap()[0];
        pkcs11.open_ro_session(slot).unwrap().logout().unwrap();
        let error = block_on(signer.sign()).unwrap_err();
        assert!(error.to_string().contains("CKR_PIN_INCORRECT"), "{error}");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let error = block_on(signer.sign()).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::Signing);
                    assert!(error.to_string().contains("refused the PIN before, and it is not tried again"), "{error}");
                });
            }
        });
        assert!(token.find_key(&KeySelector::from_label("line")).is_err());
        assert_eq!(faulty.calls("C_Login"), before + 1, "one attempt of the few");

        // A token that is made anew logs in again.
        faulty.unset("fail-C_Login");
        block_on(crate::harness::signer(&faulty.builder().build().unwrap(), "line").unwrap().sign()).unwrap();
    }
}

hsm_test! {
    fn refusals_of_other_kinds_are_final_too(hsm) {
        let Some(faulty) = hsm.faulty("refusals_of_other_kinds_are_final_too") else { return };
        for (code, says) in [("a4", "CKR_PIN_LOCKED"), ("a3", "CKR_PIN_EXPIRED"), ("a1", "CKR_PIN_INVALID"), ("102", "no user PIN yet")] {
            let before = faulty.calls("C_GetSlotList");
            faulty.set("fail-C_Login", &format!("{code} 1"));
            let error = faulty.builder().build().unwrap_err();
            assert!(!error.is_transient() && error.to_string().contains(says), "{error}");
            assert!(faulty.calls("C_GetSlotList") > before);
        }
    }
}

hsm_test! {
    fn the_last_attempt_is_left_to_a_person(hsm) {
        let Some(faulty) = hsm.faulty("the_last_attempt_is_left_to_a_person") else { return };
        let token = faulty.builder().build().unwrap();
        generate(&token, Es256, "line");
        let signer = signer(&token, "line").unwrap();
        // CKF_USER_PIN_FINAL_TRY.
        faulty.set("token-flags", "20000");
        let before = faulty.calls("C_Login");
        let error = faulty.builder().build().unwrap_err();
        assert!(error.to_string().contains("one attempt is left before the token locks"), "{error}");
        assert_eq!(faulty.calls("C_Login"), before);
        // A program whose PIN was accepted goes on, also through a lost session.
        faulty.set("fail-C_Sign", "b3 1");
        block_on(signer.sign()).unwrap();
        // CKF_USER_PIN_LOCKED.
        faulty.set("token-flags", "40000");
        let before = faulty.calls("C_Login");
        let error = faulty.builder().build().unwrap_err();
        assert!(error.to_string().contains("is locked after too many wrong ones"), "{error}");
        assert_eq!(faulty.calls("C_Login"), before);
    }
}

hsm_test! {
    fn without_a_pin_private_keys_are_not_seen(hsm) {
        generate(&hsm.token(), Es256, "line");
        let token = Pkcs11Token::builder(hsm.open(), TokenSelector::from_label(LABEL)).build().unwrap();
        // The process may still be logged in by the thread of the first one.
        if let Err(error) = token.find_key(&KeySelector::from_label("line")) {
            assert!(error.to_string().contains("give the PIN"), "{error}");
        }
        let error = token.generate_key(&line_channel_token_pkcs11::KeySpec::new(Es256, "other")).unwrap_err();
        assert!(error.to_string().contains("give the PIN"), "{error}");
    }
}

/// Keeps each record of the crate `log`, which `cryptoki` writes to.
struct Records(Mutex<Vec<String>>);

impl log::Log for Records {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.0.lock().unwrap().push(format!("{} {}", record.target(), record.args()));
    }

    fn flush(&self) {}
}

static RECORDS: Records = Records(Mutex::new(Vec::new()));

hsm_test! {
    fn nothing_secret_is_logged_or_shown(hsm) {
        log::set_logger(&RECORDS).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
        let Some(faulty) = hsm.faulty("nothing_secret_is_logged_or_shown") else { return };
        let token = faulty.builder().build().unwrap();
        generate(&token, Es256, "line");
        let signer = signer(&token, "line").unwrap();
        let mut shown = format!("{token:?} {signer:?} {:?}", faulty.builder());
        // Handles that are gone, codes that are unknown, a login that fails: each is logged or becomes an error.
        for (file, code) in [("fail-C_Sign", "b3 2"), ("fail-C_Sign", "77777 1"), ("fail-C_Login", "a0 1"), ("fail-C_Sign", "80000001 1")] {
            faulty.set(file, code);
            shown += &format!("{:?} {:?}", block_on(signer.sign()).err(), faulty.builder().build().err());
        }
        let records = RECORDS.0.lock().unwrap().join("\n");
        assert!(records.contains("cryptoki"), "{records}");
        for text in [&shown, &records] {
            assert!(!text.contains(PIN) && !text.contains("s3cret"), "{text}");
        }
    }
}
