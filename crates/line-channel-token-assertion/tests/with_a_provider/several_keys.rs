//! A key is accepted only if no other key may be meant, not even one that cannot be parsed.

use crate::common::{CERTIFICATE, EC, EC_JWK, EC_SEC1, JWK, PKCS1, PKCS8, PKCS8_DER, each_gives, jwk, public_jwk};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use line_channel_token_assertion::SigningKey;
use serde_json::{Value, json};

fn error_for(text: impl AsRef<[u8]>) -> String {
    match SigningKey::parse(&text) {
        Ok(key) => panic!("accepted: {}\n{}", key.public_jwk().to_json(), String::from_utf8_lossy(text.as_ref())),
        Err(error) => error.to_string(),
    }
}

/// Keys that are invalid for different reasons, with a part of each error.
fn invalid_keys() -> Vec<(String, &'static str)> {
    let ec_jwk = || serde_json::from_str::<Value>(EC_JWK).unwrap();
    let with = |mut jwk: Value, name: &str, value: Value| {
        jwk[name] = value;
        jwk.to_string()
    };
    let xml = xml();
    let encoded = STANDARD.encode(PKCS8);
    vec![
        (PKCS8[..900].to_owned(), "cut off"),
        ("-----BEGIN PRIVATE KEY-----\n".to_owned(), "the rest is missing"),
        (PKCS8.replacen("AoIBA", "Ao*BA", 1).replacen("MII", "M!I", 1), "damaged"),
        (PKCS8.replace("-----BEGIN PRIVATE KEY-----", "").replacen("MII", "M!I", 1), "cut off"),
        (EC.replacen("MI", "M*", 1), "damaged"),
        (include_str!("../keys/rsa-openssh.pem").to_owned(), "OpenSSH"),
        (include_str!("../keys/rsa-pkcs1-encrypted.pem").to_owned(), "is encrypted"),
        (include_str!("../keys/rsa-pkcs8-encrypted.pem").to_owned(), "is encrypted"),
        (include_str!("../keys/ec-sec1-encrypted.pem").to_owned(), "is encrypted"),
        (include_str!("../keys/rsa-4096.pem").to_owned(), "has 4096 bits"),
        (include_str!("../keys/ed25519.pem").to_owned(), "neither RSA nor EC"),
        (include_str!("../keys/ec-p384.pem").to_owned(), "P-384"),
        (with(jwk(), "d", json!("*")), "\"d\" of this JWK is not base64url"),
        (with(jwk(), "use", json!("enc")), "is not \"sig\""),
        (with(jwk(), "n", json!(null)), "has no \"n\""),
        (with(jwk(), "d", json!(null)), "is a public key"),
        (with(ec_jwk(), "crv", json!("P-521")), "P-521"),
        (with(ec_jwk(), "alg", json!("ECDH-ES")), "is not ES256"),
        (jwk().to_string().trim_end_matches('}').replace("\"kty\":\"RSA\"", "\"kty\":\"RSA"), "JSON"),
        (jwk().to_string()[..600].to_owned() + "\"\n", "JSON"),
        (jwk().to_string().replace(",\"dp\"", " \"dp\""), "has a syntax error at line"),
        (jwk().to_string().replace(['{', '}'], "\n"), "without its braces"),
        (xml.replace("</D>", ""), "XML"),
        (xml[..xml.len() / 2].to_owned(), "XML"),
        (xml.replace("<DP>", "<DP>*"), "\"dp\" of this JWK is not base64url"),
        (json!({"key": xml[..600]}).to_string(), "XML"),
        (format!("old.key: {}\n", &encoded[..800]), "cut off"),
        (format!("old.key: {}\n", STANDARD.encode(include_str!("../keys/rsa-openssh.pem"))), "OpenSSH"),
        (
            json!({"old": STANDARD.encode(include_bytes!("../keys/rsa-pkcs8-encrypted.der"))}).to_string(),
            "is encrypted",
        ),
    ]
}

fn xml() -> String {
    let names = [
        ("Modulus", "n"),
        ("Exponent", "e"),
        ("P", "p"),
        ("Q", "q"),
        ("DP", "dp"),
        ("DQ", "dq"),
        ("InverseQ", "qi"),
        ("D", "d"),
    ];
    let number = |name: &str| STANDARD.encode(URL_SAFE_NO_PAD.decode(jwk()[name].as_str().unwrap()).unwrap());
    let elements: String = names.iter().map(|(name, of)| format!("<{name}>{}</{name}>", number(of))).collect();
    format!("<RSAKeyValue>{elements}</RSAKeyValue>")
}

fn public_xml() -> String {
    let public = include_str!("../keys/rsa-public-pkcs1.pem");
    let body: String = public.lines().filter(|line| !line.starts_with('-')).collect();
    // RSAPublicKey: a header of 4 bytes, one of 5 with a zero before the modulus, and the exponent.
    let modulus = STANDARD.encode(&STANDARD.decode(body).unwrap()[9..265]);
    format!("<RSAKeyValue><Modulus>{modulus}</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>")
}

#[test]
fn a_second_invalid_key_is_refused() {
    let kid = json!({"kid": "k", "pem": PKCS8}).to_string();
    for (invalid, says) in invalid_keys() {
        if says.contains("is a public key") {
            continue;
        }
        for good in [PKCS8, PKCS1, EC, EC_SEC1, EC_JWK, JWK, &kid, &format!("{}\n", STANDARD.encode(EC))] {
            for text in [format!("{invalid}\n{good}"), format!("{good}\n{invalid}")] {
                // Without a BEGIN or an END line, a block includes the text beside it.
                let error = error_for(&text);
                let several = ["more than one private key", "several private keys", "cut off", "only the first line"];
                assert!(several.iter().any(|says| error.contains(says)), "{error}\n{text}");
            }
        }
    }
}

#[test]
fn an_invalid_key_alone_is_named() {
    for (invalid, says) in invalid_keys() {
        let error = error_for(&invalid);
        assert!(error.contains(says) && !error.contains("more than one"), "{says}: {error}\n{invalid}");
    }
    let both = format!("{}{PKCS8}", include_str!("../keys/rsa-openssh.pem"));
    let error = error_for(both);
    assert!(error.contains("more than one private key") && error.contains("OpenSSH"), "{error}");
}

#[test]
fn an_invalid_key_in_json_is_refused() {
    let good: Value = serde_json::from_str(EC_JWK).unwrap();
    let with = |name: &str, value: Value| {
        let mut jwk = jwk();
        jwk[name] = value;
        jwk
    };
    for bad in [with("d", json!("*")), with("use", json!("enc")), with("kty", json!(1)), with("dq", json!(null))] {
        for text in [
            json!({"keys": [bad, good]}),
            json!([good, bad]),
            json!({"new": bad, "old": good}),
            json!({"new": bad.to_string(), "old": good.to_string()}),
        ] {
            let error = error_for(text.to_string());
            assert!(error.contains("more than one private key, and one cannot be parsed"), "{error}");
        }
    }
    let cut = jwk().to_string().replace(",\"dp\"", " \"dp\"");
    for text in [
        format!("[{cut}, {good}]"),
        format!("{{\"keys\": [{good}, {cut}]}}"),
        format!("{good}\n{}", "{ ".repeat(20) + JWK),
        json!({"a": good.to_string(), "b": cut}).to_string(),
        json!([cut, good]).to_string().replace('"', "\\\""),
    ] {
        let error = error_for(&text);
        assert!(error.contains("more than one private key") || error.contains("several"), "{error}\n{text}");
    }
}

#[test]
fn two_different_keys_are_refused() {
    let ec_jwk: Value = serde_json::from_str(EC_JWK).unwrap();
    let other_name = |kid: &str| {
        let mut jwk = jwk();
        jwk["kid"] = json!(kid);
        jwk
    };
    let der = STANDARD.encode(include_bytes!("../keys/ec-sec1.der"));
    for text in [
        format!("{PKCS8}{JWK}"),
        format!("{JWK}\n{PKCS8}"),
        format!("{PKCS8}{EC}"),
        json!({"keys": [jwk(), ec_jwk]}).to_string(),
        json!({"pem": PKCS8, "jwk": ec_jwk}).to_string(),
        json!({"a": ec_jwk.to_string(), "b": jwk().to_string()}).to_string(),
        json!([other_name("one"), other_name("two")]).to_string(),
        format!("{}{EC_JWK}", xml()),
        format!("{PKCS8}{}", xml()),
        json!({"a": xml(), "b": ec_jwk}).to_string(),
        format!("a: {}\nb: {}\n", STANDARD.encode(PKCS8), STANDARD.encode(EC)),
        format!("{PKCS8}\nanother: {der}\n"),
        format!("{JWK}\nanother: {der}\n"),
        json!({"a": PKCS8_DER, "b": &include_bytes!("../keys/ec-sec1.der")[..]}).to_string(),
    ] {
        let error = error_for(&text);
        assert!(error.contains("several private keys"), "{error}\n{text}");
    }
    assert!(error_for([PKCS8_DER, &include_bytes!("../keys/ec-sec1.der")[..60]].concat()).contains("or it is damaged"));
}

#[test]
fn the_same_key_twice_is_accepted() {
    let named = json!({"key": PKCS8, "base64": STANDARD.encode(PKCS1)}).to_string();
    each_gives(
        PKCS8,
        [
            format!("{PKCS8}{PKCS1}"),
            format!("{PKCS1}{PKCS8}{PKCS1}"),
            format!("{PKCS8}\n{}\n", STANDARD.encode(PKCS8_DER)),
            named,
        ],
    );
    each_gives(PKCS8, [[PKCS8_DER, include_bytes!("../keys/rsa-pkcs1.der")].concat()]);
    each_gives(EC, [format!("{EC}{EC_SEC1}"), format!("{}{EC}", include_str!("../keys/ec-sec1-no-public.pem"))]);
    each_gives(EC, [format!("{EC}{}", include_str!("../keys/ec-sec1-compressed.pem"))]);
    each_gives(JWK, [format!("{JWK}{}", xml()), format!("{}{JWK}", xml()), format!("{}\n{}", xml(), xml())]);
    let kid = json!([jwk(), {"kid": "k1"}]).to_string().replace("},{", ",").replace("]", "").replace("[", "");
    let key = SigningKey::parse(format!("{JWK}\n{kid}")).unwrap();
    assert_eq!(key.embedded_kid(), Some("k1"));
}

#[test]
fn public_keys_and_prose_are_ignored() {
    let public = include_str!("../keys/rsa-public.pem");
    each_gives(
        PKCS8,
        [
            format!("{public}{PKCS8}{CERTIFICATE}"),
            format!("{PKCS8}{}", public_jwk()),
            format!("# Put the -----BEGIN PRIVATE KEY----- block below.\n{PKCS8}"),
            format!("{}{PKCS8}", public_xml()),
            format!("{{see the manual of d: it is short}} [private key]\n{PKCS8}"),
        ],
    );
    each_gives(
        JWK,
        [
            format!("{}{}", public_xml(), xml()),
            format!("{}{}", xml(), public_xml()),
            format!("<keys>{}<!-- and -->{}</keys>", public_xml(), xml()),
            format!("const config = {{ jwk: {JWK}, done: () => 1 }};\n"),
            format!("{JWK}\n{public}"),
            format!("<P>The key\n{JWK}"),
        ],
    );
}

#[test]
fn xml_in_json_strings_is_found() {
    let escaped = json!({"key": xml()}).to_string().replace('<', "\\u003C").replace('>', "\\u003E");
    assert!(escaped.contains("\\u003CRSAKeyValue\\u003E"));
    let twice = json!({"SecretString": json!({"key": xml()}).to_string()}).to_string();
    let array = json!({"key": [xml()]}).to_string();
    let parameters = xml().replace("RSAKeyValue", "RSAParameters").replacen('>', " xmlns:xsd=\"x\">", 1);
    let bare = xml().replace("<RSAKeyValue>", "").replace("</RSAKeyValue>", "");
    each_gives(JWK, [escaped, twice, array, parameters, bare, STANDARD.encode(xml())]);
}
