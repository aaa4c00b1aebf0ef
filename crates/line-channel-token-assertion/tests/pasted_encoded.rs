//! Base64, hex and numbers around a key are taken off.
#![cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use common::{EC, EC_JWK, EC_SEC1, JWK, PKCS1, PKCS8, PKCS8_DER, each_gives, public, utf16};
use line_channel_token_assertion::SigningKey;
use serde_json::{Value, json};

#[test]
fn base64_and_hex_around_a_key_are_taken_off() {
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
fn der_is_read_as_base64_hex_and_numbers() {
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
            // Read as Latin-1.
            PKCS8_DER.iter().map(|byte| char::from(*byte)).collect(),
            json!(PKCS8_DER).to_string(),
            in_order,
        ],
    );
    // from_pem takes what lacks BEGIN and END alone.
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
fn newer_pkcs8_is_read_with_all_that_follows_the_key() {
    // The PKCS#1 inside, from openssl; and version 1 with attributes and a public key in each form that is about.
    let pkcs1 = include_bytes!("keys/rsa-pkcs1.der");
    let algorithm = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
    let public_key = tlv(0x03, &[&[0][..], include_bytes!("keys/rsa-public-pkcs1.der")].concat());
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

fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap().to_be_bytes();
    match length {
        [0, short @ 0..0x80] => [&[tag, short], value].concat(),
        [high, low] => [&[tag, 0x82, high, low], value].concat(),
    }
}
