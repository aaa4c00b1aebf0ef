//! Modules and tokens that are not there, or are shared with others.

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use futures_executor::block_on;
use line_channel_token_assertion::SigningAlgorithm::Es256;
use line_channel_token_core::{Error, ErrorKind};
use line_channel_token_pkcs11::{Pkcs11Module, Pkcs11Token, TokenSelector, UserPin};

use crate::harness::{Hsm, LABEL, PIN, generate, hsm_test, signer};

fn initialize(pkcs11: &Pkcs11) -> bool {
    pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).is_ok()
}

hsm_test! {
    fn a_path_to_something_else_is_refused(hsm) {
        let text = hsm.directory.join("text.so");
        std::fs::write(&text, "hello").unwrap();
        let other_library = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
        let other_library = other_library.lines().filter_map(|line| line.split_whitespace().nth(5));
        let libc = other_library.into_iter().find(|path| path.contains("/libc.so") || path.contains("/libc-"));
        let mut cases = vec![
            ("/opt/no-hsm/libpkcs11.so".to_owned(), "there is no file /opt/no-hsm/libpkcs11.so"),
            (hsm.directory.to_str().unwrap().to_owned(), "is a directory"),
            (text.to_str().unwrap().to_owned(), "cannot be loaded as a library"),
            ("libno-such-module.so".to_owned(), "cannot be loaded as a library"),
            (String::new(), "is empty"),
        ];
        cases.extend(libc.map(|libc| (libc.to_owned(), "is a library, but not of PKCS#11")));
        for (path, says) in cases {
            let error = Pkcs11Module::new(&path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains(says), "{says}: {error}");
        }
    }
}

hsm_test! {
    fn a_module_without_its_configuration_says_so(hsm) {
        std::fs::remove_file(hsm.directory.join("softhsm2.conf")).unwrap();
        let error = Pkcs11Module::new(&hsm.module).unwrap_err().to_string();
        assert!(error.contains("cannot be initialised (CKR_GENERAL_ERROR from C_Initialize)"), "{error}");
        assert!(error.contains("SOFTHSM2_CONF"), "{error}");
    }
}

fn select(hsm: &Hsm, selector: TokenSelector) -> Result<Pkcs11Token, Error> {
    Pkcs11Token::builder(hsm.open(), selector).pin(UserPin::new(PIN)?).build()
}

hsm_test! {
    fn a_token_is_found_by_any_of_its_names(hsm) {
        let [token] = &hsm.open().tokens().unwrap()[..] else { panic!("there is one") };
        assert_eq!((token.label(), token.model(), token.manufacturer()), (LABEL, "SoftHSM v2", "SoftHSM project"));
        for selector in [
            TokenSelector::from_label(LABEL),
            TokenSelector::from_serial(token.serial()),
            TokenSelector::from_slot(token.slot()),
            TokenSelector::from_label(LABEL).with_serial(token.serial()).with_slot(token.slot()),
        ] {
            assert_eq!(select(hsm, selector).unwrap().info(), token);
        }
        for selector in [
            TokenSelector::from_label("line"),
            TokenSelector::from_label(LABEL).with_serial("0"),
            TokenSelector::from_slot(token.slot() + 1),
        ] {
            let error = select(hsm, selector.clone()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            let text = error.to_string();
            assert!(text.contains(&format!("no token with the {selector}")) && text.contains(LABEL), "{text}");
        }
    }
}

hsm_test! {
    fn two_tokens_of_one_label_are_told_apart(hsm) {
        hsm.init_token(LABEL);
        let error = select(hsm, TokenSelector::from_label(LABEL)).unwrap_err().to_string();
        let tokens = hsm.open().tokens().unwrap();
        assert!(error.contains("2 tokens have the label \"line-bots\": give the serial number"), "{error}");
        for token in tokens {
            assert!(error.contains(token.serial()), "{error}");
            assert_eq!(select(hsm, TokenSelector::from_serial(token.serial())).unwrap().info(), &token);
        }
    }
}

hsm_test! {
    fn a_module_may_be_opened_again(hsm) {
        // Through a link, too: the operating system loads the library once.
        let link = hsm.directory.join("link.so");
        std::os::unix::fs::symlink(&hsm.module, &link).unwrap();
        let first = hsm.token();
        generate(&first, Es256, "line");
        let second = Pkcs11Token::builder(Pkcs11Module::new(&link).unwrap(), TokenSelector::from_label(LABEL))
            .pin(UserPin::new(PIN).unwrap())
            .build()
            .unwrap();
        let one = signer(&first, "line").unwrap();
        let other = signer(&second, "line").unwrap();
        drop((first, one));
        for _ in 0..10 {
            block_on(other.sign()).unwrap();
        }
    }
}

hsm_test! {
    fn a_module_of_another_part_is_not_finalised(hsm) {
        let theirs = Pkcs11::new(&hsm.module).unwrap();
        assert!(initialize(&theirs));
        let token = hsm.token();
        generate(&token, Es256, "line");
        let signer = signer(&token, "line").unwrap();
        block_on(signer.sign()).unwrap();
        drop((token, signer));
        assert!(!initialize(&theirs), "it is initialised as before");
        assert!(theirs.get_slots_with_token().is_ok());
        // And may be opened again.
        hsm.token();
    }
}
