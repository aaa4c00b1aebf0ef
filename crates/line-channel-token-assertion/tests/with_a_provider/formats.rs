//! Every format of a private key that openssl writes is parsed, and each other file has an error of its own.

use line_channel_token_assertion::{SigningAlgorithm, SigningKey};
use line_channel_token_core::ErrorKind;

macro_rules! key {
    ($file:literal) => {
        ($file, include_bytes!(concat!("../keys/", $file)).as_slice())
    };
}

#[test]
fn rsa_formats_give_the_same_key() {
    let (_, pkcs1) = key!("rsa-pkcs1.pem");
    let expected = SigningKey::from_pem(pkcs1).unwrap();
    assert_eq!(expected.algorithm(), SigningAlgorithm::Rs256);
    for (file, bytes) in [
        key!("rsa-pkcs1.pem"),
        key!("rsa-pkcs8.pem"),
        key!("rsa-bag-attributes.pem"),
        key!("rsa-twice.pem"),
        key!("rsa-pkcs1.der"),
        key!("rsa-pkcs8.der"),
        ("with a line end after it.der", &[key!("rsa-pkcs8.der").1, b"\n"].concat()),
        ("with zeros after it.der", &[key!("rsa-pkcs1.der").1, &[0; 16]].concat()),
        ("with text after it.der", &[key!("rsa-pkcs1.der").1, b"more"].concat()),
    ] {
        let parsed = if file.ends_with(".der") { SigningKey::from_der(bytes) } else { SigningKey::from_pem(bytes) };
        assert_eq!(parsed.unwrap().public_jwk(), expected.public_jwk(), "{file}");
        assert_eq!(SigningKey::parse(bytes).unwrap().public_jwk(), expected.public_jwk(), "{file}");
    }
    let saved = expected.to_pkcs8_pem().unwrap();
    assert_eq!(saved.expose_secret().as_bytes(), key!("rsa-pkcs8.pem").1, "openssl writes the very same file");
}

#[test]
fn ec_formats_give_the_same_key() {
    let (_, sec1) = key!("ec-sec1.pem");
    let expected = SigningKey::from_pem(sec1).unwrap();
    assert_eq!(expected.algorithm(), SigningAlgorithm::Es256);
    for (file, bytes) in [
        key!("ec-sec1.pem"),
        key!("ec-sec1-no-public.pem"),
        key!("ec-sec1-compressed.pem"),
        key!("ec-pkcs8.pem"),
        key!("ec-sec1.der"),
        key!("ec-pkcs8.der"),
    ] {
        let parsed = if file.ends_with(".der") { SigningKey::from_der(bytes) } else { SigningKey::from_pem(bytes) };
        assert_eq!(parsed.unwrap().public_jwk(), expected.public_jwk(), "{file}");
        assert_eq!(SigningKey::parse(bytes).unwrap().public_jwk(), expected.public_jwk(), "{file}");
    }
    let saved = expected.to_pkcs8_pem().unwrap();
    assert_eq!(saved.expose_secret().as_bytes(), key!("ec-pkcs8.pem").1, "openssl writes the very same file");
}

#[test]
fn a_saved_jwk_has_the_numbers_of_the_rfc() {
    for ((file, bytes), names) in [
        (key!("rfc7515-a2.jwk"), &["n", "e", "d", "p", "q", "dp", "dq", "qi"][..]),
        (key!("rfc7515-a3.jwk"), &["crv", "x", "y", "d"]),
    ] {
        let key = SigningKey::from_jwk(bytes).unwrap();
        let saved = key.to_private_jwk().unwrap();
        let parse = |json: &[u8]| serde_json::from_slice::<serde_json::Value>(json).unwrap();
        let (expected, found) = (parse(bytes), parse(saved.expose_secret().as_bytes()));
        for name in names {
            assert_eq!(found[name], expected[name], "{file}: {name}");
        }
        assert_eq!(found["alg"], key.algorithm().as_str());
        assert!(found.get("kid").is_none());
        assert_eq!(SigningKey::parse(saved.expose_secret()).unwrap().public_jwk(), key.public_jwk());
        assert_eq!(format!("{saved:?}"), "PrivateKeyJwk(\"[redacted]\")");
    }
    // A scalar and coordinates keep their leading zeros, which many programs demand.
    for _ in 0..300 {
        let jwk = SigningKey::generate_ec().unwrap().to_private_jwk().unwrap();
        let json: serde_json::Value = serde_json::from_str(jwk.expose_secret()).unwrap();
        assert!(["x", "y", "d"].iter().all(|name| json[name].as_str().is_some_and(|text| text.len() == 43)));
    }
}

#[test]
fn other_public_exponents_are_accepted() {
    let key = SigningKey::from_pem(key!("rsa-exponent-3.pem").1).unwrap();
    assert!(key.public_jwk().to_json().contains(r#""e":"Aw""#));
}

#[test]
fn unusable_keys_are_refused_by_name() {
    for ((file, bytes), says) in [
        (key!("rsa-1024.pem"), "has 1024 bits"),
        (key!("rsa-3072.pem"), "has 3072 bits"),
        (key!("rsa-4096.pem"), "has 4096 bits"),
        (key!("rsa-3-primes.pem"), "more than two primes"),
        (key!("rsa-pss.pem"), "restricted to PSS"),
        (key!("ed25519.pem"), "neither RSA nor EC"),
        (key!("ec-p384.pem"), "on P-384"),
        (key!("ec-p384-pkcs8.pem"), "on P-384"),
        (key!("ec-secp256k1.pem"), "on secp256k1"),
        (key!("ec-explicit-curve.pem"), "does not name its curve"),
        (key!("ec-parameters.pem"), "key parameters"),
        (key!("rsa-public.pem"), "is a public key"),
        (key!("rsa-public.der"), "is a public key"),
        (key!("rsa-public-pkcs1.pem"), "is a public key"),
        (key!("rsa-public-pkcs1.der"), "is a public key"),
        (key!("ec-public.pem"), "is a public key"),
        (key!("ec-public.der"), "is a public key"),
        (key!("rsa-pkcs8-encrypted.pem"), "is encrypted"),
        (key!("rsa-pkcs8-encrypted.der"), "is encrypted"),
        (key!("rsa-pkcs1-encrypted.pem"), "is encrypted"),
        (key!("ec-pkcs8-encrypted.pem"), "is encrypted"),
        (key!("ec-sec1-encrypted.pem"), "is encrypted"),
        (key!("rsa-certificate.pem"), "is a certificate"),
        (key!("rsa-certificate.der"), "is a certificate"),
        (key!("rsa-certificate-request.pem"), "is a certificate (or a request"),
        (key!("rsa-openssh.pem"), "OpenSSH's format"),
        (key!("rsa.p12"), "PKCS#12"),
        (("nothing", b""), "is empty"),
        (("a lone newline", b"\r\n"), "is empty"),
        (("garbage", b"hello"), "not a private key: give PEM"),
        (("a SEQUENCE of nothing", b"0\0"), "or it is damaged"),
        (("a cut file", &key!("rsa-pkcs8.der").1[..600]), "or it is damaged"),
        (("two keys in one file", &[key!("rsa-pkcs8.der").1, key!("ec-sec1.der").1].concat()), "several private keys"),
        (("text of DER", String::from_utf8_lossy(key!("rsa-pkcs8.der").1).as_bytes()), "read as text"),
        (("a cut PEM", &key!("rsa-pkcs8.pem").1[..600]), "cut off"),
    ] {
        let error = SigningKey::parse(bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{file}");
        assert!(error.to_string().contains(says), "{file}: {error}");
    }
}

#[test]
fn other_formats_name_the_right_function() {
    let pem = key!("rsa-pkcs8.pem").1;
    let der = key!("rsa-pkcs8.der").1;
    let jwk = key!("rfc7515-a2.jwk").1;
    for (result, says) in [
        (SigningKey::from_pem(jwk), "use SigningKey::from_jwk or"),
        (SigningKey::from_pem(der), "use SigningKey::from_der or"),
        (SigningKey::from_der(pem), "use SigningKey::from_pem or"),
        (SigningKey::from_der(jwk), "use SigningKey::from_jwk or"),
        (SigningKey::from_jwk(pem), "use SigningKey::from_pem or"),
        (SigningKey::from_jwk(der), "use SigningKey::from_der or"),
    ] {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn files_of_other_editors_are_parsed() {
    let pem = String::from_utf8(key!("rsa-pkcs8.pem").1.to_vec()).unwrap();
    let expected = SigningKey::from_pem(&pem).unwrap();
    for variant in
        [pem.replace('\n', "\r\n"), format!("\u{feff}{pem}"), pem.replace('\n', " "), format!("\n\n  {pem}\n\n")]
    {
        assert_eq!(SigningKey::from_pem(&variant).unwrap().public_jwk(), expected.public_jwk());
    }
    let jwk = String::from_utf8(key!("rfc7515-a2.jwk").1.to_vec()).unwrap();
    SigningKey::from_jwk(format!("\u{feff}\n{jwk}\n")).unwrap();
}

#[test]
fn from_str_accepts_what_parse_accepts() {
    let as_text = |(_, bytes): (&str, &'static [u8])| std::str::from_utf8(bytes).unwrap();
    for text in [as_text(key!("rsa-pkcs8.pem")), as_text(key!("ec-sec1.pem")), as_text(key!("rfc7515-a2.jwk"))] {
        let key: SigningKey = text.parse().unwrap();
        assert_eq!(key.public_jwk(), SigningKey::parse(text).unwrap().public_jwk());
    }
    for text in ["", "${LINE_KEY}", as_text(key!("rsa-public.pem"))] {
        let error = text.parse::<SigningKey>().unwrap_err();
        assert_eq!(error.to_string(), SigningKey::parse(text).unwrap_err().to_string());
    }
}
