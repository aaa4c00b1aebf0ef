//! Keys that are not there, are there twice, or cannot sign.

use cryptoki::context::Pkcs11;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, CertificateType, ObjectClass};
use cryptoki::session::Session;
use line_channel_token_assertion::SigningAlgorithm::{Es256, Rs256};
use line_channel_token_core::ErrorKind;
use line_channel_token_pkcs11::{KeySelector, KeySpec};

use crate::harness::{Hsm, generate, hsm_test, signer};

/// A session of another part of this process, which is logged in as the token is.
fn session(hsm: &Hsm) -> Session {
    let pkcs11 = Pkcs11::new(&hsm.module).unwrap();
    pkcs11.open_rw_session(pkcs11.get_slots_with_initialized_token().unwrap()[0]).unwrap()
}

hsm_test! {
    fn a_second_key_of_one_label_is_refused(hsm) {
        let token = hsm.token();
        let first = generate(&token, Es256, "line");
        let error = token.generate_key(&KeySpec::new(Rs256, "line")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("a private key with the label \"line\" already"), "{error}");

        let second = token.generate_key(&KeySpec::new(Es256, "line").with_id([0xab, 2]).with_duplicate_label(true)).unwrap();
        assert_ne!(first.public_jwk(), second.public_jwk());
        let error = signer(&token, "line").unwrap_err().to_string();
        assert!(error.contains("2 private keys have the label \"line\"") && error.contains("id ab02"), "{error}");
        let found = token.find_key(&KeySelector::from_label("line").with_id([0xab, 2])).unwrap();
        assert_eq!(found, second);
        assert_eq!(token.find_key(&KeySelector::from_id(first.id())).unwrap(), first);
    }
}

hsm_test! {
    fn a_second_key_of_one_id_is_refused(hsm) {
        let token = hsm.token();
        let spec = |algorithm, label: &str| KeySpec::new(algorithm, label).with_id([0xab, 2]);
        let first = token.generate_key(&spec(Es256, "one")).unwrap();
        // A key is found by its id, and the halves of a pair find each other.
        for other in [spec(Es256, "two"), spec(Rs256, "three"), spec(Es256, "one").with_duplicate_label(true)] {
            let error = token.generate_key(&other).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains("has a key with the id ab02 already"), "{error}");
        }
        assert_eq!(token.find_key(&KeySelector::from_id([0xab, 2])).unwrap(), first);
        // A half that was left behind counts too.
        let session = session(hsm);
        for key in session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)]).unwrap() {
            session.destroy_object(key).unwrap();
        }
        assert!(token.generate_key(&spec(Es256, "two")).unwrap_err().to_string().contains("id ab02"));
    }
}

hsm_test! {
    fn a_key_that_is_not_there_is_named(hsm) {
        let token = hsm.token();
        let error = signer(&token, "line").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("no other one in the token: generate one"), "{error}");
        generate(&token, Es256, "lime");
        let error = signer(&token, "line").unwrap_err().to_string();
        assert!(error.contains("no private key with the label \"line\": the token has label \"lime\", id "), "{error}");
        let error = token.find_key(&KeySelector::from_label("lime").with_id([7])).unwrap_err().to_string();
        assert!(error.contains("no private key with the label \"lime\", id 07"), "{error}");
    }
}

hsm_test! {
    fn a_public_half_alone_cannot_sign(hsm) {
        let token = hsm.token();
        generate(&token, Es256, "half");
        let session = session(hsm);
        let private = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(b"half".to_vec())];
        for key in session.find_objects(&private).unwrap() {
            session.destroy_object(key).unwrap();
        }
        let error = signer(&token, "half").unwrap_err().to_string();
        assert!(error.contains("the token has a public key with the label \"half\", and no private key"), "{error}");

        let certificate = [
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::CertificateType(CertificateType::X_509),
            Attribute::Token(true),
            Attribute::Label(b"certificate".to_vec()),
            Attribute::Subject(vec![0x30, 0]),
            Attribute::Value(vec![0x30, 0]),
        ];
        session.create_object(&certificate).unwrap();
        let error = signer(&token, "certificate").unwrap_err().to_string();
        assert!(error.contains("the token has a certificate with"), "{error}");
    }
}

hsm_test! {
    fn an_ec_key_without_its_public_half_signs(hsm) {
        let token = hsm.token();
        let key = generate(&token, Es256, "half");
        let session = session(hsm);
        let public = [Attribute::Class(ObjectClass::PUBLIC_KEY), Attribute::Label(b"half".to_vec())];
        for key in session.find_objects(&public).unwrap() {
            session.destroy_object(key).unwrap();
        }
        let found = token.find_key(&KeySelector::from_label("half")).unwrap();
        assert_eq!((found.public_jwk(), found.id()), (None, key.id()));
        futures_executor::block_on(signer(&token, "half").unwrap().sign()).unwrap();
    }
}

hsm_test! {
    fn a_public_key_of_another_key_is_found_out(hsm) {
        let token = hsm.token();
        generate(&token, Es256, "one");
        generate(&token, Es256, "two");
        let session = session(hsm);
        let find = |class, label: &str| {
            session.find_objects(&[Attribute::Class(class), Attribute::Label(label.as_bytes().to_vec())]).unwrap()[0]
        };
        session.destroy_object(find(ObjectClass::PUBLIC_KEY, "one")).unwrap();
        let id = token.find_key(&KeySelector::from_label("one")).unwrap().id().to_vec();
        session.update_attributes(find(ObjectClass::PUBLIC_KEY, "two"), &[Attribute::Id(id)]).unwrap();
        let error = signer(&token, "one").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Signing);
        assert!(error.to_string().contains("belongs to another private key"), "{error}");
    }
}

hsm_test! {
    fn other_types_and_sizes_are_refused(hsm) {
        for (id, (label, arguments)) in [
            ("rsa-1024", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"][..]),
            ("rsa-4096", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"]),
            ("p-384", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
            ("p-521", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]),
            ("ed25519", &["-algorithm", "ED25519"]),
        ]
        .into_iter()
        .enumerate()
        {
            hsm.import(arguments, label, &format!("0{id}"));
        }
        let token = hsm.token();
        for (label, says) in [
            ("rsa-1024", "this RSA key has 1024 bits: LINE accepts only 2048 bits"),
            ("rsa-4096", "this RSA key has 4096 bits"),
            ("p-384", "it is on P-384: ES256 needs P-256"),
            ("p-521", "it is on P-521"),
            ("ed25519", "is neither RSA nor EC"),
        ] {
            let error = signer(&token, label).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            let text = error.to_string();
            assert!(text.contains(says) && text.contains(&format!("the key with the label {label:?}, id 0")), "{text}");
        }
    }
}

hsm_test! {
    fn a_key_that_may_not_sign_is_refused(hsm) {
        let token = hsm.token();
        let label = Attribute::Label(b"decrypts".to_vec());
        let public = [Attribute::Token(true), label.clone(), Attribute::ModulusBits(2048.into())];
        let private = [Attribute::Token(true), Attribute::Private(true), label, Attribute::Sign(false)];
        session(hsm).generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private).unwrap();
        let error = signer(&token, "decrypts").unwrap_err().to_string();
        assert!(error.contains("may not sign (CKA_SIGN is false)"), "{error}");
    }
}
