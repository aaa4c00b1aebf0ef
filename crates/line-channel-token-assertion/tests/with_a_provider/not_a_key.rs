//! The error for anything that is not a private key says what it is.

use crate::common::{CERTIFICATE, EC, PKCS1, PKCS8, jwk, public_jwk};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use line_channel_token_assertion::SigningKey;
use serde_json::json;

fn error_for(text: impl AsRef<[u8]>) -> String {
    SigningKey::parse(text).unwrap_err().to_string()
}

#[test]
fn other_values_are_named() {
    let block = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
    for (text, says) in [
        (PKCS8.to_owned() + EC, "several private keys"),
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
        (block("EC PARAMETERS"), "key parameters"),
        (block("SOMETHING"), "holds no private key"),
        ("-----BEGIN PRIVATE KEY-----".to_owned(), "the rest is missing"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA".to_owned(), "cut off"),
        (PKCS8[..900].to_owned(), "cut off"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----".to_owned(), "cut off"),
        ("-----BEGIN PRIVATE KEY-----\nA*AA\n-----END PRIVATE KEY-----".to_owned(), "damaged"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----".to_owned(),
            "is encrypted",
        ),
        (CERTIFICATE.to_owned(), "a certificate"),
        (STANDARD.encode(include_bytes!("../keys/rsa-certificate.der")), "a certificate"),
        (STANDARD.encode(include_bytes!("../keys/rsa.p12")), "PKCS#12"),
        (STANDARD.encode(include_bytes!("../keys/rsa-pkcs8-encrypted.der")), "is encrypted"),
        (STANDARD.encode(include_str!("../keys/rsa-public.pem")), "is a public key"),
        (public_jwk().to_string(), "is a public key"),
        (json!({"keys": [public_jwk()]}).to_string(), "is a public key"),
        (json!({"kty": "oct", "k": "AAAA"}).to_string(), "neither RSA nor EC"),
        (json!({"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"}).to_string(), "neither RSA nor EC"),
        ("<RSAKeyValue><Modulus>AQAB</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>".to_owned(), "is a public key"),
        ("kty: RSA\nn: abc\n".to_owned(), "without its braces"),
        ("PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n".to_owned(), "PuTTY"),
        ("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ me@host".to_owned(), "an SSH public key"),
        ("${LINE_KEY}".to_owned(), "a variable that was not expanded"),
        ("{{ line_key }}".to_owned(), "a variable that was not expanded"),
        ("<YOUR_KEY>".to_owned(), "a placeholder"),
        ("undefined".to_owned(), "never set"),
        ("/run/secrets/line.pem".to_owned(), "the path of a file"),
        ("0123456789abcdef0123456789abcdef".to_owned(), "a channel secret"),
        ("6b2f34a4-9a0b-4d0e-8f0e-5b5f6f0c2d11".to_owned(), "a kid"),
        ("x".repeat(300_000), "longer than any private key"),
    ] {
        assert!(error_for(&text).contains(says), "{text}: {}", error_for(&text));
    }
}
