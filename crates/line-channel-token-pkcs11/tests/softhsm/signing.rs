//! What the token signs is what others verify.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use futures_executor::block_on;
use line_channel_token_assertion::SigningAlgorithm::{self, Es256, Rs256};
use line_channel_token_core::{AssertionSource, TokenLifetime};
use line_channel_token_pkcs11::{KeySelector, Pkcs11Key, Pkcs11Signer};

use crate::harness::{Hsm, KID, emulator, generate, hsm_test, signer};

/// Every call that takes an assertion, at a server that verifies it.
fn accepted(signer: &Pkcs11Signer) {
    let client = emulator(signer.key()).client();
    block_on(async {
        client.issue_stateless_with_jwt(&signer.sign().await.unwrap()).await.unwrap();
        let lifetime = TokenLifetime::from_days(30).unwrap();
        client.issue_jwt(&signer.sign_for(lifetime).await.unwrap()).await.unwrap();
        let assertion = signer.assertion_by_clock(None, &*client.clock()).await.unwrap();
        assert_eq!(client.key_ids(&assertion).await.unwrap().len(), 1);
    });
}

hsm_test! {
    fn a_generated_rsa_key_signs_for_line(hsm) {
        let token = hsm.token();
        let key = generate(&token, Rs256, "line-2026");
        assert_eq!((key.label(), key.id().len(), key.algorithm(), key.is_extractable()), ("line-2026", 16, Rs256, false));
        let signer = Pkcs11Signer::new(
            "1234567890".parse().unwrap(),
            KID.parse().unwrap(),
            token,
            &KeySelector::from_label("line-2026"),
        )
        .unwrap();
        assert_eq!(signer.key(), &key);
        accepted(&signer);
    }
}

hsm_test! {
    fn a_generated_ec_key_signs_for_a_gateway(hsm) {
        let token = hsm.token();
        let key = generate(&token, Es256, "gateway");
        accepted(&signer(&token, "gateway").unwrap());
        assert!(!key.is_extractable());
        let error = Pkcs11Signer::new(
            "1234567890".parse().unwrap(),
            KID.parse().unwrap(),
            token,
            &KeySelector::from_label("gateway"),
        )
        .unwrap_err();
        assert!(error.to_string().contains("signs ES256, and LINE accepts only RS256"), "{error}");
    }
}

hsm_test! {
    fn imported_keys_sign(hsm) {
        hsm.import(&["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "rsa", "a1");
        hsm.import(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "ec", "b2");
        let token = hsm.token();
        for (label, id) in [("rsa", [0xa1]), ("ec", [0xb2])] {
            let signer = signer(&token, label).unwrap();
            assert_eq!(signer.key().id(), id);
            accepted(&signer);
            assert_eq!(token.find_key(&KeySelector::from_id(id).with_id(id)).unwrap(), *signer.key());
        }
    }
}

hsm_test! {
    fn openssl_verifies_what_the_token_signs(hsm) {
        let token = hsm.token();
        for algorithm in [Rs256, Es256] {
            let key = generate(&token, algorithm, algorithm.as_str());
            let signer = signer(&token, algorithm.as_str()).unwrap();
            let assertion = block_on(signer.sign()).unwrap();
            let (input, signature) = assertion.expose_secret().rsplit_once('.').unwrap();
            let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            verify_with_openssl(hsm, &key, input, &signature);
        }
    }
}

fn verify_with_openssl(hsm: &Hsm, key: &Pkcs11Key, input: &str, signature: &[u8]) {
    let jwk: serde_json::Value = serde_json::from_str(&key.public_jwk().unwrap().to_json()).unwrap();
    let number = |member: &str| -> String {
        let bytes = URL_SAFE_NO_PAD.decode(jwk[member].as_str().unwrap()).unwrap();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    // SubjectPublicKeyInfo, as openssl itself encodes it.
    let (configuration, signature) = match key.algorithm() {
        SigningAlgorithm::Rs256 => (
            format!(
                "asn1=SEQUENCE:spki\n[spki]\nalgorithm=SEQUENCE:algorithm\nkey=BITWRAP,SEQUENCE:key\n[algorithm]\n\
                 oid=OID:rsaEncryption\nparameters=NULL\n[key]\nn=INTEGER:0x{}\ne=INTEGER:0x{}\n",
                number("n"),
                number("e")
            ),
            signature.to_vec(),
        ),
        _ => (
            format!(
                "asn1=SEQUENCE:spki\n[spki]\nalgorithm=SEQUENCE:algorithm\nkey=FORMAT:HEX,BITSTRING:04{}{}\n[algorithm]\n\
                 oid=OID:id-ecPublicKey\ncurve=OID:prime256v1\n",
                number("x"),
                number("y")
            ),
            der(signature),
        ),
    };
    let path = |name: &str| hsm.directory.join(name).to_str().unwrap().to_owned();
    std::fs::write(path("asn1"), configuration).unwrap();
    std::fs::write(path("input"), input).unwrap();
    std::fs::write(path("signature"), signature).unwrap();
    hsm.program("openssl", &["asn1parse", "-genconf", &path("asn1"), "-noout", "-out", &path("der")]);
    hsm.program("openssl", &["pkey", "-pubin", "-inform", "DER", "-in", &path("der"), "-out", &path("pem")]);
    let verified = hsm.program(
        "openssl",
        &["dgst", "-sha256", "-verify", &path("pem"), "-signature", &path("signature"), &path("input")],
    );
    assert!(verified.contains("Verified OK"), "{verified}");
}

/// `r` and `s` as a SEQUENCE of two INTEGERs.
fn der(signature: &[u8]) -> Vec<u8> {
    let mut numbers = Vec::new();
    for half in signature.chunks_exact(32) {
        let digits: Vec<u8> = half.iter().copied().skip_while(|byte| *byte == 0).collect();
        let sign: &[u8] = if digits[0] >= 0x80 { &[0] } else { &[] };
        numbers.extend([&[2, (sign.len() + digits.len()) as u8], sign, &digits].concat());
    }
    [&[0x30, numbers.len() as u8][..], &numbers].concat()
}

hsm_test! {
    fn the_private_key_cannot_be_read(hsm) {
        let token = hsm.token();
        generate(&token, Rs256, "line-2026");
        generate(&token, Es256, "gateway");
        // The user is logged in for the whole process.
        let pkcs11 = Pkcs11::new(&hsm.module).unwrap();
        let session = pkcs11.open_rw_session(pkcs11.get_slots_with_initialized_token().unwrap()[0]).unwrap();
        let keys = session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)]).unwrap();
        assert_eq!(keys.len(), 2);
        const SECRET: [AttributeType; 4] =
            [AttributeType::PrivateExponent, AttributeType::Prime1, AttributeType::Prime2, AttributeType::Value];
        for key in keys {
            assert_eq!(session.get_attributes(key, &SECRET).unwrap().len(), 0);
            let flags = [
                AttributeType::Token,
                AttributeType::Private,
                AttributeType::Sensitive,
                AttributeType::Extractable,
                AttributeType::NeverExtractable,
                AttributeType::AlwaysSensitive,
                AttributeType::Sign,
            ];
            let values = session.get_attributes(key, &flags).unwrap();
            assert_eq!(
                values,
                [
                    Attribute::Token(true),
                    Attribute::Private(true),
                    Attribute::Sensitive(true),
                    Attribute::Extractable(false),
                    Attribute::NeverExtractable(true),
                    Attribute::AlwaysSensitive(true),
                    Attribute::Sign(true),
                ]
            );
            // Nor can it be made readable.
            assert!(session.update_attributes(key, &[Attribute::Extractable(true)]).is_err());
        }
    }
}

hsm_test! {
    fn signers_of_one_token_share_it(hsm) {
        let token = hsm.builder().threads(3).build().unwrap();
        for label in ["a", "b", "c"] {
            generate(&token, Es256, label);
        }
        let signers = ["a", "b", "c"].map(|label| signer(&token, label).unwrap());
        drop(token);
        let servers = signers.each_ref().map(|signer| emulator(signer.key()));
        std::thread::scope(|scope| {
            for nth in 0..12 {
                let (signer, server) = (&signers[nth % 3], &servers[nth % 3]);
                scope.spawn(move || {
                    let client = server.client();
                    for _ in 0..10 {
                        let assertion = block_on(signer.sign()).unwrap();
                        block_on(client.issue_stateless_with_jwt(&assertion)).unwrap();
                    }
                });
            }
        });
        assert!(threads().len() <= 3, "{:?}", threads());
    }
}

hsm_test! {
    fn threads_and_module_end_with_the_last_signer(hsm) {
        let token = hsm.token();
        generate(&token, Es256, "a");
        let signer = signer(&token, "a").unwrap();
        drop(token);
        let clone = signer.clone();
        drop(signer);
        block_on(clone.sign()).unwrap();
        assert_eq!(threads().len(), usize::from(cfg!(target_os = "linux")));
        drop(clone);
        while !threads().is_empty() {
            std::thread::yield_now();
        }
        // Nobody has the module initialised any more.
        let pkcs11 = Pkcs11::new(&hsm.module).unwrap();
        pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
        assert!(pkcs11.get_slots_with_token().is_ok());
    }
}

/// The threads of ours in this process, where the system shows them.
fn threads() -> Vec<String> {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return Vec::new() };
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.map(|name| name.trim().to_owned()).filter(|name| name == "line-pkcs11").collect()
}
