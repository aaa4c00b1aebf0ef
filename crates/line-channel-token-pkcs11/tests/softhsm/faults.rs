//! Tokens that are slow, hang, fail, or can do less.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_executor::block_on;
use line_channel_token_assertion::SigningAlgorithm::{Es256, Rs256};
use line_channel_token_core::{Clock, ErrorKind};
use line_channel_token_mock::ManualClock;
use line_channel_token_pkcs11::KeySpec;

use crate::harness::{emulator, generate, hsm_test, signer};

hsm_test! {
    fn a_token_that_hangs_ends_no_program(hsm) {
        let Some(faulty) = hsm.faulty("a_token_that_hangs_ends_no_program") else { return };
        let clock = ManualClock::new();
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let token = faulty.builder().clock(shared).timeout(Duration::from_secs(3)).queue_capacity(2).build().unwrap();
        generate(&token, Es256, "line");
        let signer = signer(&token, "line").unwrap();
        faulty.set("hang-C_Sign", "");
        let begun = faulty.calls("C_Sign");
        let mut hangs = Box::pin(signer.sign());
        let context = &mut Context::from_waker(Waker::noop());
        assert!(hangs.as_mut().poll(context).is_pending());
        while faulty.calls("C_Sign") == begun {
            std::thread::yield_now();
        }
        let mut behind = [Box::pin(signer.sign()), Box::pin(signer.sign())];
        assert!(behind.iter_mut().all(|call| call.as_mut().poll(context).is_pending()));
        let error = block_on(signer.sign()).unwrap_err();
        assert!(error.is_transient() && error.to_string().contains("2 signatures wait"), "{error}");
        clock.advance(Duration::from_secs(3));
        for mut call in [hangs].into_iter().chain(behind) {
            let Poll::Ready(Err(error)) = call.as_mut().poll(context) else { panic!("its time is over") };
            assert!(error.is_transient() && error.to_string().contains("did not respond within 3000 ms"), "{error}");
        }
        // Callers that gave up leave the queue to others; once the token responds, they are served.
        let mut last = Box::pin(signer.sign());
        assert!(last.as_mut().poll(context).is_pending());
        faulty.unset("hang-C_Sign");
        block_on(last).unwrap();
    }
}

hsm_test! {
    fn a_token_without_a_digest_of_its_own_signs_the_same(hsm) {
        let Some(faulty) = hsm.faulty("a_token_without_a_digest_of_its_own_signs_the_same") else { return };
        let token = faulty.builder().build().unwrap();
        generate(&token, Rs256, "line");
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new());
        let with_digest = signer(&token, "line").unwrap().with_clock(Arc::clone(&clock));
        // CKM_SHA256_RSA_PKCS.
        faulty.set("hide-mechanism", "40");
        let without = signer(&token, "line").unwrap().with_clock(clock);
        assert_ne!(format!("{with_digest:?}"), format!("{without:?}"), "another mechanism is used");
        let [one, other] = [with_digest, without].map(|signer| block_on(signer.sign()).unwrap());
        assert_eq!(one.expose_secret(), other.expose_secret());
        // Listed, and refused with CKR_MECHANISM_INVALID: the next one is used.
        faulty.unset("hide-mechanism");
        faulty.set("fail-C_SignInit", "70 1");
        let third = signer(&token, "line").unwrap();
        let client = emulator(third.key()).client();
        block_on(async { client.issue_stateless_with_jwt(&third.sign().await.unwrap()).await }).unwrap();
    }
}

hsm_test! {
    fn a_token_without_the_mechanism_is_refused(hsm) {
        let Some(faulty) = hsm.faulty("a_token_without_the_mechanism_is_refused") else { return };
        let token = faulty.builder().build().unwrap();
        generate(&token, Es256, "line");
        // CKM_ECDSA; SoftHSM has no CKM_ECDSA_SHA256.
        faulty.set("hide-mechanism", "1041");
        let error = signer(&token, "line").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Signing);
        assert!(error.to_string().contains("no mechanism for ES256: it needs CKM_ECDSA"), "{error}");
    }
}

hsm_test! {
    fn a_key_that_asks_for_the_pin_each_time_is_refused(hsm) {
        let Some(faulty) = hsm.faulty("a_key_that_asks_for_the_pin_each_time_is_refused") else { return };
        let token = faulty.builder().build().unwrap();
        generate(&token, Es256, "line");
        // CKA_ALWAYS_AUTHENTICATE.
        faulty.set("force-attribute", "202 1");
        let error = signer(&token, "line").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("CKA_ALWAYS_AUTHENTICATE"), "{error}");
    }
}

hsm_test! {
    fn a_token_that_makes_extractable_keys_is_not_trusted(hsm) {
        let Some(faulty) = hsm.faulty("a_token_that_makes_extractable_keys_is_not_trusted") else { return };
        let token = faulty.builder().build().unwrap();
        // CKA_EXTRACTABLE.
        faulty.set("force-attribute", "162 1");
        let error = token.generate_key(&KeySpec::new(Es256, "line")).unwrap_err();
        assert!(error.to_string().contains("can be taken out of it"), "{error}");
        faulty.unset("force-attribute");
        let error = signer(&token, "line").unwrap_err().to_string();
        assert!(error.contains("no private key with the label"), "the key was deleted: {error}");
    }
}

hsm_test! {
    fn a_new_key_that_cannot_be_used_is_deleted(hsm) {
        let Some(faulty) = hsm.faulty("a_new_key_that_cannot_be_used_is_deleted") else { return };
        let token = faulty.builder().build().unwrap();
        for (attribute, says) in [
            // CKA_ALWAYS_AUTHENTICATE, CKA_SIGN, CKA_SENSITIVE.
            ("202 1", "CKA_ALWAYS_AUTHENTICATE"),
            ("108 0", "CKA_SIGN"),
            ("103 0", "can be taken out of it"),
        ] {
            faulty.set("force-attribute", attribute);
            for algorithm in [Es256, Rs256] {
                let error = token.generate_key(&KeySpec::new(algorithm, "line")).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Signing, "{error}");
                assert!(error.to_string().contains(says) && error.to_string().contains("the key was deleted"), "{error}");
            }
        }
        faulty.unset("force-attribute");
        // Neither half is left.
        let key = generate(&token, Es256, "line");
        assert!(key.public_jwk().is_some());
    }
}

hsm_test! {
    fn a_key_is_not_generated_twice(hsm) {
        let Some(faulty) = hsm.faulty("a_key_is_not_generated_twice") else { return };
        let token = faulty.builder().build().unwrap();
        // CKR_DEVICE_ERROR: the key may have been made, so the call is not repeated.
        faulty.set("fail-C_GenerateKeyPair", "30 1");
        let error = token.generate_key(&KeySpec::new(Es256, "line")).unwrap_err();
        assert!(error.is_transient(), "{error}");
        assert_eq!(faulty.calls("C_GenerateKeyPair"), 1);
        generate(&token, Es256, "line");
    }
}

hsm_test! {
    fn failures_that_stay_are_reported(hsm) {
        let Some(faulty) = hsm.faulty("failures_that_stay_are_reported") else { return };
        let token = faulty.builder().build().unwrap();
        generate(&token, Es256, "line");
        let signer = signer(&token, "line").unwrap();
        for (code, transient, says) in [
            ("30", true, "the token or its module failed: if it does so again, look into the log of the HSM (CKR_DEVICE_ERROR from C_Sign)"),
            ("80000042", true, "code 0x80000042 from C_Sign"),
            ("31", true, "CKR_DEVICE_MEMORY"),
            ("68", false, "CKR_KEY_FUNCTION_NOT_PERMITTED"),
            ("7", false, "CKR_ARGUMENTS_BAD"),
        ] {
            faulty.set("fail-C_Sign", &format!("{code} 2"));
            let error = block_on(signer.sign()).unwrap_err();
            assert_eq!(error.is_transient(), transient, "{error}");
            assert!(error.to_string().contains(says), "{error}");
            faulty.unset("fail-C_Sign");
            block_on(signer.sign()).unwrap();
        }
    }
}
