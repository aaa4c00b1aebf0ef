//! The public JWK of a key that is elsewhere is that of the same key in memory.

use std::io::Write as _;
use std::process::{Command, Stdio};

use line_channel_token_assertion::{PublicJwk, SigningKey};
use line_channel_token_core::ErrorKind;

/// Whether there is openssl; says if a test is skipped without it.
fn has_openssl(test: &str) -> bool {
    let found = Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
    if !found {
        let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: this machine has no openssl program");
    }
    found
}

/// What `openssl` writes, given this input.
fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}");
    output.stdout
}

#[test]
fn public_keys_give_the_jwk_of_their_private_key() {
    if !has_openssl("public_keys_give_the_jwk_of_their_private_key") {
        return;
    }
    for key in [include_str!("../keys/rsa-pkcs8.pem"), include_str!("../keys/ec-pkcs8.pem")] {
        let expected = SigningKey::parse(key).unwrap().public_jwk().to_json();
        let pem = openssl(&["pkey", "-pubout"], key.as_bytes());
        let der = openssl(&["pkey", "-pubout", "-outform", "DER"], key.as_bytes());
        let windows = String::from_utf8(pem.clone()).unwrap().replace('\n', "\r\n").into_bytes();
        let hex = der.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes();
        let labelled = [b"the key of the channel:\n", &pem[..]].concat();
        for public in [pem, der, windows, hex, labelled] {
            assert_eq!(PublicJwk::from_public_key(public).unwrap().to_json(), expected);
        }
    }
    let expected = SigningKey::parse(include_str!("../keys/rsa-pkcs8.pem")).unwrap().public_jwk().clone();
    for pkcs1 in [&include_bytes!("../keys/rsa-public-pkcs1.pem")[..], include_bytes!("../keys/rsa-public-pkcs1.der")] {
        assert_eq!(PublicJwk::from_public_key(pkcs1).unwrap(), expected);
    }
}

#[test]
fn anything_but_one_public_key_is_refused() {
    if !has_openssl("anything_but_one_public_key_is_refused") {
        return;
    }
    let public = |key: &str| openssl(&["pkey", "-pubout"], key.as_bytes());
    let pem = public(include_str!("../keys/rsa-pkcs8.pem"));
    let compressed = openssl(&["ec", "-pubout", "-conv_form", "compressed"], include_bytes!("../keys/ec-pkcs8.pem"));
    let mut damaged = openssl(&["pkey", "-pubout", "-outform", "DER"], include_bytes!("../keys/ec-pkcs8.pem"));
    *damaged.last_mut().unwrap() ^= 1;
    for (input, says) in [
        (include_bytes!("../keys/rsa-pkcs8.pem").to_vec(), "this is a private key"),
        (include_bytes!("../keys/rsa-pkcs8.der").to_vec(), "this is a private key"),
        ([&pem[..], include_bytes!("../keys/ec-sec1.pem")].concat(), "this is a private key"),
        (include_bytes!("../keys/rsa-certificate.pem").to_vec(), "this is a certificate"),
        (include_bytes!("../keys/rsa-certificate.der").to_vec(), "this is a certificate"),
        ([&pem[..], &pem[..]].concat(), "not one public key"),
        (public(include_str!("../keys/rsa-1024.pem")), "has 1024 bits"),
        (public(include_str!("../keys/rsa-4096.pem")), "has 4096 bits"),
        (public(include_str!("../keys/ec-p384.pem")), "another curve"),
        (public(include_str!("../keys/ec-secp256k1.pem")), "another curve"),
        (public(include_str!("../keys/ed25519.pem")), "neither RSA nor EC (algorithm 1.3.101.112)"),
        (compressed, "is compressed"),
        (damaged, "no point of P-256"),
        (pem[..pem.len() / 2].to_vec(), ""),
        (b"hello".to_vec(), "not one public key"),
        (Vec::new(), "empty"),
    ] {
        let error = PublicJwk::from_public_key(&input).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(says), "{says}: {error}");
    }
}

#[test]
fn numbers_are_checked_before_they_are_written() {
    let modulus = [&[0xc1][..], &[7; 255]].concat();
    let expected = PublicJwk::from_rsa(&modulus, [1, 0, 1]).unwrap();
    let with_zeros = PublicJwk::from_rsa([&[0, 0], &modulus[..]].concat(), [0, 1, 0, 1]).unwrap();
    assert_eq!(with_zeros, expected);
    let even = [&modulus[..255], &[8]].concat();
    for (modulus, exponent, says) in [
        (&modulus[..], &[1][..], "exponent"),
        (&modulus, &[1, 0, 0], "exponent"),
        (&modulus, &[], "exponent"),
        (&modulus, &[1, 0, 0, 0, 1], "exponent"),
        (&even, &[3], "is even"),
        (&modulus[1..], &[3], "has 2035 bits"),
        (&[], &[3], "has 0 bits"),
    ] {
        let error = PublicJwk::from_rsa(modulus, exponent).unwrap_err().to_string();
        assert!(error.contains(says), "{says}: {error}");
    }
    for (x, y) in [(&[5; 32][..], &[5; 32][..]), (&[5; 33], &[5; 32]), (&[], &[])] {
        assert!(PublicJwk::from_p256(x, y).unwrap_err().to_string().contains("no point of P-256"));
    }
}
