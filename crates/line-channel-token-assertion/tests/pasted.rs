//! Private keys as they come out of files, variables, secret stores and other libraries: read, or called by their name.
#![cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use line_channel_token_assertion::SigningKey;
use serde_json::{Value, json};

const PKCS8: &str = include_str!("keys/rsa-pkcs8.pem");
const PKCS1: &str = include_str!("keys/rsa-pkcs1.pem");
const PKCS8_DER: &[u8] = include_bytes!("keys/rsa-pkcs8.der");
const CERTIFICATE: &str = include_str!("keys/rsa-certificate.pem");
const JWK: &str = include_str!("keys/rfc7515-a2.jwk");

fn public(key: &[u8]) -> String {
    SigningKey::parse(key).unwrap().public_jwk().to_json()
}

/// Each text gives the key that `original` holds.
fn each_gives(original: &str, texts: impl IntoIterator<Item = impl AsRef<[u8]>>) {
    let expected = public(original.as_bytes());
    for (at, text) in texts.into_iter().enumerate() {
        let shown = String::from_utf8_lossy(text.as_ref()).chars().take(120).collect::<String>();
        match SigningKey::parse(&text) {
            Ok(key) => assert_eq!(key.public_jwk().to_json(), expected, "{at}: {shown}"),
            Err(error) => panic!("{at}: {error}\n{shown}"),
        }
    }
}

fn refusal(text: impl AsRef<[u8]>) -> String {
    SigningKey::parse(text).unwrap_err().to_string()
}

fn jwk() -> Value {
    serde_json::from_str(JWK).unwrap()
}

fn public_jwk() -> Value {
    serde_json::from_str(&public(JWK.as_bytes())).unwrap()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn every_encoding_of_text_is_read() {
    for original in [PKCS8, PKCS1, JWK] {
        let marked = format!("\u{feff}{original}");
        each_gives(
            original,
            [
                utf16(original, u16::to_le_bytes),
                utf16(original, u16::to_be_bytes),
                utf16(&marked, u16::to_le_bytes),
                utf16(&marked, u16::to_be_bytes),
                marked.clone().into_bytes(),
                original.replace('\n', "\r\n").into_bytes(),
                original.replace('\n', "\r").into_bytes(),
                original.replace(' ', "\u{a0}").into_bytes(),
                original.replace('"', "\u{201c}").into_bytes(),
                original.replace('\n', "\0\n").into_bytes(),
                original.replace("\n", "\u{2028}").into_bytes(),
                [original.as_bytes(), b"\x1a"].concat(),
            ],
        );
    }
}

#[test]
fn broken_begin_and_end_lines_are_read() {
    for original in [PKCS8, PKCS1] {
        let spaced = original.trim().replace('\n', " ");
        each_gives(
            original,
            [
                spaced.clone(),
                spaced.replace(' ', "\n"),
                spaced.replace(' ', ""),
                spaced.replace(' ', "\\n"),
                original.replace("KEY-----", "KEY -----"),
                original.replace("-----BEGIN", "----- BEGIN"),
                original.replace("-----", "—"),
                original.replace("-----", "–—–"),
                original.replace("-----", "-"),
                original.replace("-----", "--------"),
                original.replace("-----", "\u{2212}\u{2010}\u{ff0d}"),
                original.replace("-----", ""),
                original.replace("-----", "====="),
                original.replace("-----BEGIN", "---- BEGIN").replace("KEY-----", "KEY ----"),
                original.trim_end().trim_end_matches('-').to_owned(),
                original.trim_start_matches('-').to_owned(),
                original.lines().skip(1).collect::<Vec<_>>().join("\n"),
                original.lines().filter(|line| !line.contains("END")).collect::<Vec<_>>().join("\n"),
                original.lines().filter(|line| !line.contains('-')).collect::<Vec<_>>().join("\n"),
                original.replace("BEGIN", "begin").replace("END", "end"),
                original.replace("PRIVATE KEY", "CERTIFICATE"),
                original.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
                original.replace("PRIVATE KEY", "PUBLIC KEY"),
                original.replace("PRIVATE KEY", "KEY"),
                original.replacen("PRIVATE", "RSA PRIVATE", 1),
                original.replace(" RSA PRIVATE", " PRIVATE"),
                original.replace(" PRIVATE", " EC PRIVATE"),
            ],
        );
    }
}

#[test]
fn damage_on_the_way_is_undone() {
    for original in [PKCS8, PKCS1] {
        let lines = || original.trim().lines();
        let joined =
            |before: &str, after: &str| lines().map(|line| format!("{before}{line}{after}")).collect::<String>();
        let body_with_spaces = lines()
            .map(|line| if line.contains('-') { line.to_owned() } else { line.replace('+', " ") })
            .collect::<Vec<_>>();
        assert!(body_with_spaces.join("").len() > 1000);
        each_gives(
            original,
            [
                joined("", "\\n"),
                joined("", "\\r\\n"),
                joined("", "\\\\n"),
                joined("", "n"),
                joined("", "rn"),
                joined("    ", "\n"),
                joined("\t", "\n"),
                joined("> ", "\n"),
                joined("# ", "\n"),
                joined("// ", "\n").replace("// ", "  "),
                joined("| ", " |\n"),
                joined("\"", "\\n\" +\n"),
                joined("'", "\\n'.\n"),
                joined("  \"", "\",\n"),
                joined("", "<br>"),
                joined("<p>", "</p>\n"),
                joined("", "&#10;"),
                joined("", "\\\n"),
                joined("", "%0A").replace(' ', "%20").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"),
                joined("", "%0A").replace('+', "%2B").replace(' ', "+"),
                body_with_spaces.join("\n"),
                body_with_spaces.join(" "),
                body_with_spaces.join("\n    "),
                joined("", "\n").replace('+', "\\u002B").replace('/', "\\/").replace('=', "\\u003d"),
                joined("", "\n").replace('+', "&#43;").replace('=', "&#x3D;"),
                joined("", "\n").replace('+', "_").replace('_', "+"),
                format!("\"{original}\""),
                format!("'{original}'"),
                format!("LINE_KEY=\"{}\"\nOTHER=1\n", joined("", "\\n")),
                format!("line:\n  key: |\n{}other: x\n", joined("    ", "\n")),
                format!("key = <<EOT\n{original}EOT\n"),
                format!("Bag Attributes\n    localKeyID: 01\n{original}{CERTIFICATE}"),
                format!("{CERTIFICATE}\n{original}"),
                original.replacen("KEY-----\n", "KEY-----\nProc-Type: 4,CLEAR\nComment: of a program\n\n", 1),
                format!("Paste all from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----\n{original}"),
                format!("{original}\n{original}"),
            ],
        );
    }
}

#[test]
fn base64_and_hex_around_a_key_are_taken_off() {
    for original in [PKCS8, PKCS1, JWK] {
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

#[test]
fn a_jwk_is_found_wherever_it_stands() {
    let (private, both) = (jwk(), json!([public_jwk(), jwk()]));
    let pretty = serde_json::to_string_pretty(&private).unwrap();
    let public = serde_json::to_string_pretty(&public_jwk()).unwrap();
    each_gives(
        JWK,
        [
            format!("=== private key ===\n{pretty}\n=== public key ===\n{public}\n"),
            format!("=== public key ===\n{public}\n=== private key ===\n{pretty}\n"),
            format!("=== private key ===\n{private}"),
            format!("# [private]\n{private}"),
            format!("{private}\n{}", public_jwk()),
            format!("{private}{private}"),
            json!([private]).to_string(),
            both.to_string(),
            json!({"keys": [private]}).to_string(),
            json!({"keys": both}).to_string(),
            json!({"privateKey": private}).to_string(),
            json!({"privateKey": private, "publicKey": public_jwk()}).to_string(),
            json!({"data": {"data": {"jwk": private.to_string()}}}).to_string(),
            json!({"SecretString": json!({"key": private}).to_string(), "Name": "x"}).to_string(),
            json!(private.to_string()).to_string(),
            json!(json!(private.to_string()).to_string()).to_string(),
            private.to_string().replace('"', "\\\""),
            format!("'{private}'"),
            format!("LINE_JWK='{private}'"),
            format!("const key = {private};"),
            format!("jwk: >-\n  {private}\n"),
        ],
    );
}

#[test]
fn what_other_languages_print_is_read_as_a_jwk() {
    let members = || {
        jwk().as_object().unwrap().clone().into_iter().map(|(name, value)| (name, value.as_str().unwrap().to_owned()))
    };
    let written = |quote: &str, separator: &str, value_quote: &str| {
        let members: Vec<_> = members()
            .map(|(name, value)| format!("{quote}{name}{quote}{separator} {value_quote}{value}{value_quote}"))
            .collect();
        format!("{{{}}}", members.join(", "))
    };
    let pascal: serde_json::Map<String, Value> = members()
        .map(|(name, value)| {
            let name = match name.as_str() {
                "dp" | "dq" | "qi" => name.to_uppercase(),
                name => name[..1].to_uppercase() + &name[1..],
            };
            (name, Value::from(value))
        })
        .collect();
    let mut with_nulls = pascal.clone();
    with_nulls.extend([("K".to_owned(), Value::Null), ("Oth".to_owned(), json!([])), ("KeyOps".to_owned(), json!([]))]);
    let standard = |name: &str| STANDARD.encode(URL_SAFE_NO_PAD.decode(jwk()[name].as_str().unwrap()).unwrap());
    let net = [
        ("Modulus", "n"),
        ("Exponent", "e"),
        ("P", "p"),
        ("Q", "q"),
        ("DP", "dp"),
        ("DQ", "dq"),
        ("InverseQ", "qi"),
        ("D", "d"),
    ];
    let xml: String = net.iter().map(|(element, name)| format!("<{element}>{}</{element}>", standard(name))).collect();
    let parameters: serde_json::Map<String, Value> =
        net.iter().map(|(element, name)| ((*element).to_owned(), Value::from(standard(name)))).collect();
    each_gives(
        JWK,
        [
            written("'", ":", "'"),
            written("'", ":", "'").replace('}', ", 'ext': True, 'kid': None}"),
            written("", ":", "'"),
            written("", ":", "\"").replace(", ", ",\n  ").replace('}', ",\n}"),
            written("", ":", ""),
            written("\"", " =>", "\""),
            written("\"", ":", "\"").replace(", ", ", // a comment\n"),
            Value::from(pascal).to_string(),
            Value::from(with_nulls).to_string(),
            Value::from(parameters).to_string(),
            format!("<RSAKeyValue>{xml}</RSAKeyValue>"),
            format!("<?xml version=\"1.0\"?>\n<RSAKeyValue>\n{}\n</RSAKeyValue>", xml.replace("><", ">\n  <")),
            format!("<RSAKeyValue>{xml}</RSAKeyValue>").replace('<', "&lt;").replace('>', "&gt;"),
            jwk().to_string().replace('"', "&quot;"),
            jwk().to_string().replace('"', "\u{201d}"),
        ],
    );
}

#[test]
fn pem_inside_json_is_found() {
    each_gives(
        PKCS8,
        [
            json!({"type": "service_account", "private_key_id": "x", "private_key": PKCS8}).to_string(),
            json!({"key": PKCS8, "certificate": CERTIFICATE}).to_string(),
            json!(PKCS8).to_string(),
            json!({"SecretString": json!({"key": PKCS8}).to_string()}).to_string(),
            json!(PKCS8.lines().collect::<Vec<_>>()).to_string(),
            json!({"pem": PKCS8, "jwk": public_jwk()}).to_string(),
        ],
    );
}

#[test]
fn what_is_no_private_key_is_called_by_its_name() {
    let block = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
    for (text, says) in [
        (PKCS8.to_owned() + PKCS1, "several private keys"),
        (block("PRIVATE KEY") + &block("ENCRYPTED PRIVATE KEY"), "several private keys"),
        (json!([jwk(), {"k": PKCS8}]).to_string() + PKCS1, "several private keys"),
        (block("ENCRYPTED PRIVATE KEY"), "encrypted"),
        (block("OPENSSH PRIVATE KEY"), "OpenSSH"),
        ("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nP2/5\n---- END SSH2 ENCRYPTED PRIVATE KEY ----".to_owned(), "ssh.com"),
        (block("DSA PRIVATE KEY"), "neither RSA nor EC"),
        (block("PGP PRIVATE KEY BLOCK"), "PGP"),
        (block("PUBLIC KEY"), "public key"),
        (block("RSA PUBLIC KEY"), "public key"),
        (block("CERTIFICATE"), "certificate"),
        (block("NEW CERTIFICATE REQUEST"), "certificate"),
        (block("PKCS7"), "PKCS#7"),
        (block("EC PARAMETERS"), "parameters alone"),
        (block("SOMETHING"), "no private key"),
        ("-----BEGIN PRIVATE KEY-----".to_owned(), "the rest got lost"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA".to_owned(), "cut off"),
        (PKCS8[..900].to_owned(), "cut off"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----".to_owned(), "cut off"),
        ("-----BEGIN PRIVATE KEY-----\nA*AA\n-----END PRIVATE KEY-----".to_owned(), "damaged"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----".to_owned(),
            "is encrypted",
        ),
        (CERTIFICATE.to_owned(), "a certificate"),
        (STANDARD.encode(include_bytes!("keys/rsa-certificate.der")), "a certificate"),
        (STANDARD.encode(include_bytes!("keys/rsa.p12")), "PKCS#12"),
        (STANDARD.encode(include_bytes!("keys/rsa-pkcs8-encrypted.der")), "is encrypted"),
        (STANDARD.encode(include_str!("keys/rsa-public.pem")), "is a public key"),
        (public_jwk().to_string(), "is a public key"),
        (json!({"keys": [public_jwk()]}).to_string(), "is a public key"),
        (json!({"kty": "oct", "k": "AAAA"}).to_string(), "neither RSA nor EC"),
        (json!({"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"}).to_string(), "neither RSA nor EC"),
        ("<RSAKeyValue><Modulus>AQAB</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>".to_owned(), "is a public key"),
        ("kty: RSA\nn: abc\n".to_owned(), "without its braces"),
        ("PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n".to_owned(), "PuTTY"),
        ("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ me@host".to_owned(), "public key of SSH"),
        ("${LINE_KEY}".to_owned(), "a variable that was not expanded"),
        ("{{ line_key }}".to_owned(), "a variable that was not expanded"),
        ("<YOUR_KEY>".to_owned(), "a placeholder"),
        ("undefined".to_owned(), "never set"),
        ("/run/secrets/line.pem".to_owned(), "the path of a file"),
        ("0123456789abcdef0123456789abcdef".to_owned(), "a channel secret"),
        ("6b2f34a4-9a0b-4d0e-8f0e-5b5f6f0c2d11".to_owned(), "a kid"),
        ("x".repeat(300_000), "longer than any private key"),
    ] {
        assert!(refusal(&text).contains(says), "{text}: {}", refusal(&text));
    }
}
