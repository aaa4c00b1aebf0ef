//! Sessions that are lost are opened again.

use cryptoki::context::Pkcs11;
use cryptoki::object::{Attribute, ObjectClass};
use futures_executor::block_on;
use line_channel_token_assertion::SigningAlgorithm::Es256;
use line_channel_token_core::ErrorKind;
use line_channel_token_pkcs11::{Pkcs11Token, TokenSelector, UserPin};

use crate::harness::{LABEL, PIN, emulator, generate, hsm_test, signer};

hsm_test! {
    fn sessions_that_others_end_are_opened_again(hsm) {
        let Some(faulty) = hsm.faulty("sessions_that_others_end_are_opened_again") else { return };
        let token = faulty.builder().build().unwrap();
        generate(&token, Es256, "line");
        let signer = signer(&token, "line").unwrap();
        let client = emulator(signer.key()).client();
        let others = Pkcs11::new(&hsm.module).unwrap();
        let slot = others.get_slots_with_initialized_token().unwrap()[0];
        let works = |what: &str| {
            let assertion = block_on(signer.sign()).unwrap_or_else(|error| panic!("{what}: {error}"));
            block_on(client.issue_stateless_with_jwt(&assertion)).unwrap();
        };
        for _ in 0..3 {
            faulty.set("close-sessions", "1");
            works("all sessions were closed");
            others.open_ro_session(slot).unwrap().logout().unwrap();
            works("the user was logged out");
            others.clone().finalize().unwrap();
            works("the module was finalised");
        }
        // Generating and finding keys do so as well: a token shows no private key to whom is not logged in.
        let selector = line_channel_token_pkcs11::KeySelector::from_label("line");
        others.open_ro_session(slot).unwrap().logout().unwrap();
        assert_eq!(&token.find_key(&selector).unwrap(), signer.key());
        others.open_ro_session(slot).unwrap().logout().unwrap();
        assert!(token.generate_key(&line_channel_token_pkcs11::KeySpec::new(Es256, "line")).is_err(), "it is there");
        others.open_ro_session(slot).unwrap().logout().unwrap();
        crate::harness::signer(&token, "line").unwrap();
        let module = hsm.open();
        others.clone().finalize().unwrap();
        assert_eq!(module.tokens().unwrap().len(), 1);
        others.clone().finalize().unwrap();
        generate(&token, Es256, "second");
        others.clone().finalize().unwrap();
        crate::harness::signer(&token, "second").unwrap();
    }
}

hsm_test! {
    fn a_session_of_before_is_not_taken_for_that_of_another_token(hsm) {
        hsm.init_token("others");
        let open = |label| Pkcs11Token::builder(hsm.open(), TokenSelector::from_label(label)).pin(UserPin::new(PIN).unwrap());
        // Handles count from one again after the module was finalised, so the first token's handles are now those of the second.
        let tokens = [LABEL, "others"].map(|label| open(label).build().unwrap());
        let signers = tokens.each_ref().map(|token| {
            generate(token, Es256, "line");
            signer(token, "line").unwrap()
        });
        let clients = signers.each_ref().map(|signer| emulator(signer.key()).client());
        let others = Pkcs11::new(&hsm.module).unwrap();
        for order in [[1, 0], [0, 1], [1, 0]] {
            others.clone().finalize().unwrap();
            for at in order.into_iter().chain(order) {
                let assertion = block_on(signers[at].sign()).unwrap();
                block_on(clients[at].issue_stateless_with_jwt(&assertion)).unwrap();
            }
        }
    }
}

hsm_test! {
    fn a_token_that_was_pulled_out_signs_once_it_is_back(hsm) {
        let Some(faulty) = hsm.faulty("a_token_that_was_pulled_out_signs_once_it_is_back") else { return };
        let token = faulty.builder().build().unwrap();
        generate(&token, Es256, "line");
        let signer = signer(&token, "line").unwrap();
        // Gone for one call: CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_PRESENT, CKR_DEVICE_ERROR, CKR_KEY_HANDLE_INVALID.
        for code in ["32", "e0", "30", "60"] {
            faulty.set("fail-C_Sign", &format!("{code} 1"));
            block_on(signer.sign()).unwrap();
        }
        // Gone for longer, in each function.
        for function in ["C_GetSlotList", "C_OpenSession", "C_Login"] {
            faulty.set("fail-C_Sign", "32 1");
            faulty.set(&format!("fail-{function}"), "32 1000");
            for _ in 0..3 {
                let error = block_on(signer.sign()).unwrap_err();
                assert!(error.is_transient(), "{error}");
                assert!(error.to_string().contains(&format!("CKR_DEVICE_REMOVED from {function}")), "{error}");
            }
            faulty.unset(&format!("fail-{function}"));
            block_on(signer.sign()).unwrap();
        }
    }
}

hsm_test! {
    fn a_token_that_disappears_is_transient(hsm) {
        let token = hsm.token();
        generate(&token, Es256, "line");
        let signer = signer(&token, "line").unwrap();
        let tokens = hsm.directory.join("tokens");
        let away = hsm.directory.join("away");
        std::fs::rename(&tokens, &away).unwrap();
        std::fs::create_dir(&tokens).unwrap();
        Pkcs11::new(&hsm.module).unwrap().finalize().unwrap();
        for _ in 0..2 {
            let error = block_on(signer.sign()).unwrap_err();
            assert!(error.is_transient(), "{error}");
            assert!(error.to_string().contains("the token with the label \"line-bots\" is gone"), "{error}");
        }
        std::fs::remove_dir(&tokens).unwrap();
        std::fs::rename(&away, &tokens).unwrap();
        Pkcs11::new(&hsm.module).unwrap().finalize().unwrap();
        block_on(signer.sign()).unwrap();
    }
}

hsm_test! {
    fn a_key_that_was_replaced_does_not_sign(hsm) {
        let token = hsm.token();
        generate(&token, Es256, "line");
        let signer = signer(&token, "line").unwrap();
        let others = Pkcs11::new(&hsm.module).unwrap();
        let slot = others.get_slots_with_initialized_token().unwrap()[0];
        let session = others.open_rw_session(slot).unwrap();
        for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
            for key in session.find_objects(&[Attribute::Class(class)]).unwrap() {
                session.destroy_object(key).unwrap();
            }
        }
        let error = block_on(signer.sign()).unwrap_err().to_string();
        assert!(error.contains("no private key with the label \"line\""), "{error}");
        generate(&token, Es256, "line");
        let error = block_on(signer.sign()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Signing);
        assert!(error.to_string().contains("is another one than when the signer was made"), "{error}");
    }
}
