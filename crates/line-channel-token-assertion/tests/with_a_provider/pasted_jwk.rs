//! JWKs and PEM are found in JSON, in literals that resemble it, and in XML.

use crate::common::{CERTIFICATE, JWK, PKCS8, each_gives, jwk, public_jwk};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

#[test]
fn a_jwk_is_found_anywhere() {
    let private = jwk();
    let both = json!([public_jwk(), jwk()]);
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
fn literals_of_other_languages_are_parsed() {
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
    let php = members().map(|(name, value)| format!("'{name}' => '{value}'")).collect::<Vec<_>>();
    let lines = php.join(",\n  ");
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
            format!("[{}]", php.join(", ")),
            format!("<?php return [\n  {lines},\n];\n"),
            format!("$config = ['line' => ['id' => 1, 'scopes' => ['a', 'b'], 'jwk' => [{lines}]]];"),
            format!("array (\n  {lines},\n)"),
            format!("return array('jwk' => array({lines}));"),
            written("", " =>", "'").replace(['{', ','], ",:").replacen(",:", "{:", 1).replace(",: ", ", :"),
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
fn pem_in_json_is_found() {
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
