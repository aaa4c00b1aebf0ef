//! The members of a public JWK, and the errors that name them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use line_channel_token_core::Error;
use serde_json::Value;

use crate::json_object::JsonObject;

/// Parses the text as an object. No error quotes the text: a private key may have been pasted.
pub(crate) fn object(json: &str) -> Result<JsonObject, Error> {
    let json = json.trim_start_matches('\u{feff}').trim();
    if !json.starts_with('{') {
        return Err(refused(match json.bytes().next() {
            None => "the text is empty",
            _ if json.contains("-----BEGIN") => "this is PEM: export the public key as a JWK",
            Some(b'[') => "this is a JSON array: give the one key in it, from its { to its }",
            Some(b'"') => {
                "this is a JSON string: give the object in it, without the quotes around it and the backslashes"
            }
            Some(_) => "it is no JSON object: expected {\"kty\":…, …}",
        }));
    }
    let mut objects = serde_json::Deserializer::from_str(json).into_iter::<JsonObject>();
    match objects.next() {
        Some(Ok(jwk)) if json.len() == objects.byte_offset() => Ok(jwk),
        Some(Ok(_)) => Err(refused("something follows its last }: give one key and nothing else")),
        Some(Err(error)) if error.is_data() => Err(refused("a member is named twice in it")),
        Some(Err(error)) => {
            let line = error.line();
            let column = error.column();
            let hint = "names and texts stand in double quotes, and no comma before the last }";
            Err(refused(format!("it is not valid JSON at line {line}, column {column}: {hint}")))
        }
        None => Err(refused("the text is empty")),
    }
}

/// The error of a key that cannot be registered.
pub(crate) fn refused(why: impl std::fmt::Display) -> Error {
    Error::invalid_input(format!("the public JWK cannot be registered: {why}"))
}

/// A member that is a string or absent.
pub(crate) fn text<'a>(jwk: &'a JsonObject, name: &str, needed: &str) -> Result<Option<&'a str>, Error> {
    let kind = match jwk.get(name) {
        None => return Ok(None),
        Some(Value::String(text)) => return Ok(Some(text)),
        Some(other) => kind(other),
    };
    Err(refused(format!("{name} is {kind}, and must be {needed}")))
}

/// What a value is, for an error.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// An unsigned number without leading zeros (`Base64urlUInt` of RFC 7518).
pub(crate) fn number(jwk: &JsonObject, name: &str) -> Result<Vec<u8>, Error> {
    let bytes = bytes(jwk, name)?;
    match bytes.first() {
        None => Err(refused(format!("its \"{name}\" is empty"))),
        Some(0) => Err(refused(format!("its \"{name}\" begins with a zero byte, which RFC 7518 forbids"))),
        Some(_) => Ok(bytes),
    }
}

fn bytes(jwk: &JsonObject, name: &str) -> Result<Vec<u8>, Error> {
    let text = text(jwk, name, "base64url")?.ok_or_else(|| refused(format!("it has no \"{name}\"")))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| {
        let why = if text.contains(['+', '/']) {
            "is plain base64, with + or /: base64url has - and _ in their place"
        } else if text.contains(char::is_whitespace) {
            "holds white space: base64url has none"
        } else if text.ends_with('=') {
            "ends in =: base64url in a JWK has no padding"
        } else if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
            "is cut off base64url: copy the whole value"
        } else {
            "is not base64url: letters, digits, - and _"
        };
        refused(format!("its \"{name}\" {why}"))
    })
}

/// A coordinate of a point on P-256: 32 bytes.
pub(crate) fn coordinate(jwk: &JsonObject, name: &str) -> Result<Vec<u8>, Error> {
    let coordinate = bytes(jwk, name)?;
    if coordinate.len() != 32 {
        return Err(refused(format!("its \"{name}\" has {} bytes: P-256 has 32", coordinate.len())));
    }
    Ok(coordinate)
}
