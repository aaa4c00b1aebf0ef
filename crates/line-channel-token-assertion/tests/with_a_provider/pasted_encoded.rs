//! Base64, hex and arrays of numbers around a key are decoded.

use std::fmt::Write as _;

use crate::common::{CERTIFICATE, EC, EC_JWK, EC_SEC1, JWK, PKCS1, PKCS8, PKCS8_DER, each_gives, public, utf16};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use line_channel_token_assertion::SigningKey;
use serde_json::{Value, json};

#[test]
fn base64_and_hex_are_decoded() {
    for original in [PKCS8, PKCS1, JWK, EC, EC_SEC1, EC_JWK] {
        let once = STANDARD.encode(original);
        let wrapped = once.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line) + "\r\n").collect::<String>();
        let digits = original.bytes().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        each_gives(
            original,
            [
                once.clone(),
                wrapped,
                URL_SAFE.encode(original),
                URL_SAFE_NO_PAD.encode(original),
                STANDARD.encode(&once),
                STANDARD.encode(utf16(&format!("\u{feff}{original}"), u16::to_le_bytes)),
                format!("\"{once}\""),
                format!("LINE_KEY={once}"),
                format!("data:application/octet-stream;base64,{once}"),
                format!("apiVersion: v1\nkind: Secret\ndata:\n  line.key: {once}\n  line.id: MTIzNA==\n"),
                json!({"data": {"key": once}}).to_string(),
                json!({"type": "Buffer", "data": original.as_bytes()}).to_string(),
                json!(original.as_bytes()).to_string(),
                format!("b'{once}'"),
                once.replace('+', "%2B").replace('=', "%3D"),
                digits,
            ],
        );
    }
}

#[test]
fn encoded_der_is_decoded() {
    let hex = |separator: &str| PKCS8_DER.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(separator);
    let upper = hex(":").to_uppercase();
    let signed = PKCS8_DER.iter().map(|byte| byte.cast_signed().to_string()).collect::<Vec<_>>().join(", ");
    let object: serde_json::Map<String, Value> =
        PKCS8_DER.iter().enumerate().map(|(at, byte)| (at.to_string(), Value::from(*byte))).collect();
    let in_order = object_in_order(&object);
    each_gives(
        PKCS8,
        [
            STANDARD.encode(PKCS8_DER),
            URL_SAFE_NO_PAD.encode(PKCS8_DER),
            STANDARD.encode(STANDARD.encode(PKCS8_DER)),
            hex(""),
            hex(" "),
            hex(":"),
            upper,
            format!("0x{}", hex("")),
            format!("0x{}", hex(", 0x")),
            format!("\\x{}", hex("\\x")),
            format!("[{signed}]"),
            // Decoded as Latin-1.
            PKCS8_DER.iter().map(|byte| char::from(*byte)).collect(),
            json!(PKCS8_DER).to_string(),
            in_order,
        ],
    );
    // from_pem accepts a key without BEGIN and END.
    let base64 = STANDARD.encode(PKCS8_DER);
    assert_eq!(SigningKey::from_pem(&base64).unwrap().public_jwk().to_json(), public(PKCS8_DER));
    assert_eq!(SigningKey::from_der(base64.as_bytes()).unwrap().public_jwk().to_json(), public(PKCS8_DER));
}

/// serde_json sorts the names as strings; JavaScript writes numbers in their order.
fn object_in_order(object: &serde_json::Map<String, Value>) -> String {
    let members: Vec<String> = (0..object.len()).map(|at| format!("\"{at}\":{}", object[&at.to_string()])).collect();
    format!("{{{}}}", members.join(","))
}

#[test]
fn pkcs8_with_attributes_is_parsed() {
    // PKCS#1 from openssl, in PKCS#8 of both versions, with attributes and a public key in each known encoding.
    let pkcs1 = include_bytes!("../keys/rsa-pkcs1.der");
    let algorithm = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
    let public_key = tlv(0x03, &[&[0][..], include_bytes!("../keys/rsa-public-pkcs1.der")].concat());
    let attributes = tlv(0xa0, &tlv(0x30, &[&[6, 3, 0x55, 0x1d, 15][..], &tlv(0x31, &[3, 2, 0, 0x80])].concat()));
    for (version, rest) in [
        (0, vec![]),
        (0, attributes.clone()),
        (0, vec![0xa0, 0]),
        (1, tlv(0x81, &public_key[4..])),
        (1, tlv(0xa1, &public_key)),
        (1, [attributes, tlv(0x81, &public_key[4..])].concat()),
    ] {
        let der = tlv(0x30, &[&[2, 1, version], &algorithm[..], &tlv(4, pkcs1), &rest].concat());
        each_gives(PKCS8, [der.clone(), [&der[..], b"\r\n"].concat()]);
    }
}

#[test]
fn base64url_may_end_in_dashes() {
    let pkcs1 = include_bytes!("../keys/rsa-pkcs1.der");
    let algorithm = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
    for (last, ends) in [(&[0xfe][..], "-"), (&[0xff], "_"), (&[0xfb, 0xef, 0xbe], "----"), (&[0xff; 3], "____")] {
        // Attributes of a length that needs no padding.
        let with = |zeros: usize| {
            let attributes = tlv(0xa0, &[&vec![0; zeros], last].concat());
            tlv(0x30, &[&[2, 1, 0], &algorithm[..], &tlv(4, pkcs1), &attributes].concat())
        };
        let der = (3..6).map(with).find(|der| der.len() % 3 == 0).unwrap();
        let text = URL_SAFE_NO_PAD.encode(&der);
        assert!(text.ends_with(ends), "{text}");
        let lines = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\n").collect::<String>();
        each_gives(
            PKCS8,
            [
                text.clone(),
                lines.clone(),
                format!("LINE_KEY={text}\n"),
                format!("line:\n  key: {text}\n  id: 1\n"),
                json!({"key": text}).to_string(),
                format!("-----BEGIN PRIVATE KEY-----\n{lines}-----END PRIVATE KEY-----\n"),
                format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"),
            ],
        );
    }
}

#[test]
fn a_key_among_secrets_is_found() {
    let certificate = STANDARD.encode(CERTIFICATE);
    let token = STANDARD.encode("eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl");
    let lines = |text: &str, width: usize| {
        let lines = text.as_bytes().chunks(width).map(|line| format!("    {}\n", String::from_utf8_lossy(line)));
        lines.collect::<String>()
    };
    for original in [PKCS8, PKCS1, JWK, EC] {
        let key = STANDARD.encode(original);
        let certificate_der = STANDARD.encode(include_bytes!("../keys/rsa-certificate.der"));
        let data = json!({"ca.crt": certificate, "tls.crt": certificate_der, "tls.key": key, "token": token});
        each_gives(
            original,
            [
                format!("apiVersion: v1\nkind: Secret\ndata:\n  tls.crt: {certificate}\n  tls.key: {key}\n"),
                format!("data:\n  tls.key: {key}\n  tls.crt: {certificate}\n  token: {token}\n"),
                format!("CERTIFICATE={certificate}\nKEY={key}\nTOKEN={token}\n"),
                json!({"kind": "Secret", "data": data}).to_string(),
                STANDARD.encode(json!({"data": data}).to_string()),
                format!("data:\n  tls.key: >-\n{}", lines(&key, 76)),
                format!(
                    "data:\n  tls.crt: |\n{}  tls.key: |\n{}  token: abc\n",
                    lines(&certificate, 64),
                    lines(&key, 64)
                ),
                format!("tls.key: {key}\nstringData:\n  tls.crt: |\n    {}", CERTIFICATE.replace('\n', "\n    ")),
            ],
        );
    }
    let error = SigningKey::parse(format!("a: {certificate}\nb: {token}\n")).unwrap_err().to_string();
    assert!(error.contains("not a private key"), "{error}");
}

#[test]
fn repetitive_long_texts_are_parsed_quickly() {
    // In quadratic time some of these would take minutes.
    for (start, part) in [
        ("['a' ", "'a' "),
        ("[[[[[[[[[[[[[[[", "'a'"),
        ("[[[[[[[[[[[[[[[", "'a' + "),
        ("", "['a' 'b'],"),
        ("", "[\"\\u0041\" 'b'],"),
        ("", "{"),
        ("", "{}"),
        ("", "array(("),
        ("", "array ("),
        ("", "("),
        ("", "<D>"),
        ("", "<RSAKeyValue><Modulus>"),
        ("", "kty d: "),
        ("{", "kty:'"),
        ("", "{\\\"a\\\":"),
        ("", "{\"kty\":1}"),
        ("", "{\"kty\":\"EC\",\"d\":\"AA\"}"),
        ("", "['[',"),
        ("", "/*{"),
        ("", "BEGIN KEY-"),
        ("", "END KEY-"),
        ("", "-----BEGIN KEY-----\nMAA=\n-----END KEY-----"),
    ] {
        let text = format!("{start}{}", part.repeat(250_000 / part.len()));
        assert!(SigningKey::parse(&text).is_err(), "{part}");
    }
    // 20 runs of base64 in 20 more, and so on.
    let mut text = "key: value\n".repeat(20);
    for _ in 0..4 {
        let encoded = format!("key: {}\n", STANDARD.encode(&text));
        text = encoded.repeat((200_000 / encoded.len()).min(20));
    }
    assert!(SigningKey::parse(&text).is_err());
}

fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap().to_be_bytes();
    match length {
        [0, short @ 0..0x80] => [&[tag, short], value].concat(),
        [high, low] => [&[tag, 0x82, high, low], value].concat(),
    }
}
