//! What a text is by its form; and what it is if it is neither an assertion nor a token.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::finding::Finding;
use super::kind::InspectedKind;
use super::pasted::bare;
use crate::json_object::JsonObject;

/// What the rules are asked about, or what else it is.
pub(super) enum Recognized {
    /// An assertion or a token.
    Known(InspectedKind),
    Other(InspectedKind, Finding),
}

/// A key, if the text is one or has one in it.
pub(super) fn document(text: &str) -> Option<(InspectedKind, Finding)> {
    let text = bare(text);
    if text.is_empty() {
        return Some(other("the text is empty", "paste an assertion or an access token"));
    }
    let pem = |words: &str| text.contains(words) && (text.contains("-----BEGIN") || text.contains("-----END"));
    if pem("PRIVATE KEY-----") {
        return Some(private_key("this is a private key in PEM"));
    }
    if pem("PUBLIC KEY-----") {
        return Some(public_key("this is a public key in PEM"));
    }
    if pem("CERTIFICATE") {
        return Some(public_key("this is a certificate"));
    }
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let json: Value = serde_json::from_str(text).ok()?;
    let jwk = find_jwk(&json)?;
    let has = |name: &str| jwk.get(name).is_some_and(|value| !value.is_null());
    Some(if ["d", "p", "q", "k"].into_iter().any(has) {
        private_key("this is a private key as a JWK")
    } else {
        public_key("this is a public key as a JWK")
    })
}

/// A channel secret that is named as one, beside no assertion and no token.
pub(super) fn named_secret(text: &str) -> Option<(InspectedKind, Finding)> {
    let lower = text.to_ascii_lowercase();
    let named = ["client_secret", "channel_secret", "channelsecret", "clientsecret"];
    named.iter().any(|name| lower.contains(name)).then(|| secret("a channel secret is in this text"))
}

/// What a value is.
pub(super) fn value(text: &str) -> Recognized {
    if let Some(kind) = jws_kind(text) {
        return Recognized::Known(kind);
    }
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_base64url =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let (kind, finding) = if text.is_empty() {
        other("the text is empty", "paste an assertion or an access token")
    } else if text.len() == 32 && is_hex(text) {
        secret("this looks like a channel secret")
    } else if text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        other("this is a number, such as a channel id", "paste an assertion or an access token")
    } else if text.len() == 33 && text.starts_with(['U', 'C', 'R']) && text.get(1..).is_some_and(is_hex) {
        other("this is the id of a user, a group or a room", "paste an assertion or an access token")
    } else if is_uuid(text) {
        other("this is a UUID, such as the kid of an assertion key", "paste an assertion or an access token")
    } else if matches!(text.len(), 21 | 22) && is_base64url(text) {
        other("this looks like the key id of a v2.1 token", "paste the token itself, or an assertion")
    } else if let Some(key) = der(text) {
        key
    } else if text.starts_with('{') {
        json(text)
    } else if text.starts_with("eyJ") {
        other(
            "this is one part of an assertion or a token, without any dot",
            "copy all three parts, with the dots between",
        )
    } else if text.len() >= 60 && (STANDARD.decode(text).is_ok() || is_opaque(text)) {
        return Recognized::Known(InspectedKind::ShortLivedOrOpaque);
    } else {
        other("this is neither an assertion nor a token as LINE issues them", "paste all of it, and nothing else")
    };
    Recognized::Other(kind, finding)
}

/// A v2 token, or one that was not copied whole.
fn is_opaque(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

/// An assertion, or a token in the form of a JWS. The payload of those that LINE issues is no JSON, and their header has no kid.
fn jws_kind(text: &str) -> Option<InspectedKind> {
    let mut parts = text.split('.');
    let header = parts.next()?;
    let payload = parts.next()?;
    let object =
        |part: &str| URL_SAFE_NO_PAD.decode(part).ok().and_then(|json| JsonObject::parse_with_duplicates(&json));
    let base64url = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+/=".contains(&byte));
    match object(header) {
        Some(header) if header.has("enc") => Some(InspectedKind::EncryptedJwt),
        Some(header) => {
            let is_symmetric = header.text("alg").is_some_and(|alg| alg.starts_with("HS"));
            let is_issued = is_symmetric && !header.has("kid") && object(payload).is_none() && parts.count() == 1;
            Some(if is_issued { InspectedKind::JwtOrStatelessToken } else { InspectedKind::Assertion })
        }
        // Damaged, but in the form of one.
        None if header.starts_with("eyJ") || object(payload).is_some() => Some(InspectedKind::Assertion),
        None if text.len() >= 60 && parts.count() == 1 && text.split('.').all(base64url) => {
            Some(InspectedKind::Assertion)
        }
        None => None,
    }
}

/// A key in DER, as PEM has it between its lines.
fn der(text: &str) -> Option<(InspectedKind, Finding)> {
    let bytes =
        STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok().filter(|_| text.starts_with("MI"))?;
    // SEQUENCE, its length, and then the version of a private key as an INTEGER of one byte.
    let rest = bytes.strip_prefix(&[0x30])?;
    let skipped = match rest.first()? {
        length @ 0x81..=0x84 => usize::from(length - 0x80),
        _ => 0,
    };
    Some(match rest.get(skipped + 1..)? {
        [0x02, 0x01, ..] => private_key("this is a private key as base64"),
        _ => public_key("this is a public key or a certificate as base64"),
    })
}

/// JSON that is neither a key nor holds a token.
fn json(text: &str) -> (InspectedKind, Finding) {
    match JsonObject::parse_with_duplicates(text.as_bytes()) {
        Some(object) if ["iss", "sub", "token_exp"].into_iter().any(|name| object.has(name)) => {
            other("these are the claims of an assertion, not signed", "sign them, and paste the assertion")
        }
        Some(object) if object.has("alg") => {
            other("this is the header of an assertion", "paste the assertion: header, claims and signature")
        }
        Some(_) => {
            other("this is JSON without an access_token and without a client_assertion", "paste one of them alone")
        }
        None => other("this begins as JSON, and is none", "paste the assertion or the token alone"),
    }
}

fn find_jwk(json: &Value) -> Option<&serde_json::Map<String, Value>> {
    match json {
        Value::Object(members) if members.get("kty").is_some_and(Value::is_string) => Some(members),
        Value::Object(members) => members.values().find_map(find_jwk),
        Value::Array(values) => values.iter().find_map(find_jwk),
        _ => None,
    }
}

fn is_uuid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == 5
        && parts.iter().zip(lengths).all(|(part, length)| part.len() == length)
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn other(found: &str, advice: &str) -> (InspectedKind, Finding) {
    (InspectedKind::Unknown, Finding::violation("text", found, advice))
}

fn private_key(found: &str) -> (InspectedKind, Finding) {
    let advice =
        "keep it to yourself, and paste the assertion that it signs; if others can have seen it, register another key";
    (InspectedKind::PrivateKey, Finding::violation("text", found, advice))
}

fn public_key(found: &str) -> (InspectedKind, Finding) {
    (InspectedKind::PublicKey, Finding::violation("text", found, "paste the assertion that its private key signs"))
}

fn secret(found: &str) -> (InspectedKind, Finding) {
    let advice = "keep it to yourself, and paste an assertion or an access token; if others can have seen it, reissue it in the Console";
    (InspectedKind::ChannelSecret, Finding::violation("text", found, advice))
}
