//! The Console's rules for a public key that is registered as an assertion signing key.

use line_channel_token_core::Error;
use serde_json::Value;

use crate::json_object::JsonObject;
use crate::jwk_members::{coordinate, kind, number, object, refused, text};
use crate::public_key::PublicKey;
use crate::response::shown;

/// What a private JWK holds and a public one must not (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Parses a public JWK and applies every rule of the Console.
pub(crate) fn parse(json: &str) -> Result<PublicKey, Error> {
    let jwk = object(json)?;
    if jwk.has("keys") {
        return Err(refused("this is a JWK set: give one key of it"));
    }
    let jwk = jwk.without_empty_members();
    if let Some(member) = PRIVATE_MEMBERS.into_iter().find(|member| jwk.has(member)) {
        return Err(refused(format!("it holds the private member \"{member}\": the private key stays with you")));
    }
    if jwk.has("kid") {
        return Err(refused("it holds a \"kid\": the Console hands one out, and refuses a key that brings its own"));
    }
    let key = match text(&jwk, "kty", "a string: \"RSA\"")? {
        Some("RSA") => {
            algorithm(&jwk, "RS256")?;
            rsa(&jwk)?
        }
        Some("EC") => {
            algorithm(&jwk, "ES256")?;
            ec(&jwk)?
        }
        Some(other) => return Err(refused(format!("its \"kty\" is {}: RSA is needed", shown(other)))),
        None => return Err(no_kty(&jwk)),
    };
    purpose(&jwk)?;
    Ok(key)
}

/// The key may be the value of a member, as in the response of an API.
fn no_kty(jwk: &JsonObject) -> Error {
    match jwk.names().find(|name| jwk.get(name).is_some_and(|value| value.get("kty").is_some())) {
        Some(name) => refused(format!("the key is the object under its member {}: give that alone", shown(name))),
        None => refused("it has no \"kty\": RSA is needed"),
    }
}

/// The error for a P-256 key if ES256 is not accepted.
pub(crate) fn es256_refused() -> Error {
    refused("it is an EC key, and LINE takes RSA 2048 only; accept_es256(true) makes the emulator take it")
}

fn algorithm(jwk: &JsonObject, needed: &str) -> Result<(), Error> {
    match text(jwk, "alg", &format!("a string: \"{needed}\""))? {
        Some(alg) if alg == needed => Ok(()),
        Some(alg) => Err(refused(format!("its \"alg\" is {}: {needed} is needed", shown(alg)))),
        None => Err(refused(format!("it has no \"alg\": \"{needed}\" is needed"))),
    }
}

/// Exactly one of `"use":"sig"` and `"key_ops":["verify"]`.
fn purpose(jwk: &JsonObject) -> Result<(), Error> {
    match (jwk.get("use"), jwk.get("key_ops")) {
        (None, None) => Err(refused("it has neither \"use\":\"sig\" nor \"key_ops\":[\"verify\"]: one is needed")),
        (Some(_), Some(_)) => Err(refused("it has both \"use\" and \"key_ops\": exactly one is allowed")),
        (Some(_), None) => match text(jwk, "use", "a string: \"sig\"")? {
            Some("sig") => Ok(()),
            _ => Err(refused("its \"use\" is not \"sig\"")),
        },
        (None, Some(Value::Array(operations))) if *operations == ["verify"] => Ok(()),
        (None, Some(Value::Array(_))) => Err(refused("its \"key_ops\" is not [\"verify\"]")),
        (None, Some(other)) => Err(refused(format!("key_ops is {}, and must be an array: [\"verify\"]", kind(other)))),
    }
}

fn rsa(jwk: &JsonObject) -> Result<PublicKey, Error> {
    let modulus = number(jwk, "n")?;
    let exponent = number(jwk, "e")?;
    let bits = modulus.len() * 8 - modulus[0].leading_zeros() as usize;
    if bits != 2048 {
        return Err(refused(format!("its modulus has {bits} bits: RSA 2048 is needed")));
    }
    let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
    if !is_odd(&modulus) {
        return Err(refused("its modulus \"n\" is even, so this is no RSA key"));
    }
    if !is_odd(&exponent) || exponent == [1] || exponent.len() > 4 {
        return Err(refused("its exponent \"e\" must be odd, at least 3 and at most 32 bits long; AQAB is usual"));
    }
    Ok(PublicKey::rsa(&modulus, &exponent))
}

fn ec(jwk: &JsonObject) -> Result<PublicKey, Error> {
    if text(jwk, "crv", "a string: \"P-256\"")? != Some("P-256") {
        return Err(refused("its \"crv\" is not P-256"));
    }
    let mut point = vec![4];
    for name in ["x", "y"] {
        point.extend(coordinate(jwk, name)?);
    }
    PublicKey::p256(&point).ok_or_else(|| refused("its \"x\" and \"y\" are no point of P-256"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::parse;
    use crate::rfc_keys::{EC_A3, RSA_A2};

    fn changed(base: &str, change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> String {
        let mut jwk: Value = serde_json::from_str(base).unwrap();
        change(jwk.as_object_mut().unwrap());
        jwk.to_string()
    }

    fn set(name: &str, value: Value) -> String {
        changed(RSA_A2, |jwk| {
            jwk.insert(name.to_owned(), value);
        })
    }

    fn unset(name: &str) -> String {
        changed(RSA_A2, |jwk| {
            jwk.remove(name);
        })
    }

    #[test]
    fn use_and_key_ops_are_accepted() {
        parse(RSA_A2).unwrap();
        parse(EC_A3).unwrap();
        let key_ops = changed(RSA_A2, |jwk| {
            jwk.remove("use");
            jwk.insert("key_ops".to_owned(), json!(["verify"]));
        });
        parse(&key_ops).unwrap();
        parse(&set("x5t", json!("extra"))).unwrap();
    }

    #[test]
    fn empty_members_count_as_absent() {
        let dotnet = changed(RSA_A2, |jwk| {
            for name in ["oth", "key_ops", "x5c"] {
                jwk.insert(name.to_owned(), json!([]));
            }
            for name in ["d", "dp", "dq", "p", "q", "qi", "k", "kid", "crv", "x5t"] {
                jwk.insert(name.to_owned(), Value::Null);
            }
        });
        parse(&dotnet).unwrap();
        let without_use = changed(RSA_A2, |jwk| {
            jwk.insert("use".to_owned(), Value::Null);
            jwk.insert("key_ops".to_owned(), json!(["verify"]));
        });
        parse(&without_use).unwrap();
        for (jwk, says) in [
            (set("oth", json!([{"r": "pr1vate"}])), "private member \"oth\""),
            (set("kid", json!("")), "holds a \"kid\""),
            (set("use", Value::Null), "neither"),
            (set("alg", Value::Null), "no \"alg\""),
            (set("n", json!([])), "no \"n\""),
        ] {
            let error = parse(&jwk).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("pr1vate"), "{says}: {error}");
        }
    }

    #[test]
    fn escapes_and_bom_are_parsed_first() {
        parse(&format!("\u{feff}{RSA_A2}\r\n")).unwrap();
        parse(&RSA_A2.replacen("AQAB", r"\u0041QA\u0042", 1)).unwrap();
        for escaped in [r"a\/b", r"a\u002Bb", r"a\u002fb", "a+b", "a/b"] {
            let jwk = RSA_A2.replacen("AQAB", escaped, 1);
            let error = parse(&jwk).unwrap_err().to_string();
            assert!(error.contains("its \"e\" is plain base64"), "{escaped}: {error}");
        }
    }

    #[test]
    fn each_rule_has_its_own_error() {
        let key_ops = |value: Value| {
            changed(RSA_A2, |jwk| {
                jwk.remove("use");
                jwk.insert("key_ops".to_owned(), value);
            })
        };
        for (jwk, says) in [
            ("-----BEGIN PUBLIC KEY-----".to_owned(), "this is PEM"),
            ("nonsense".to_owned(), "no JSON object"),
            ("[]".to_owned(), "JSON array"),
            (format!("[{RSA_A2}]"), "JSON array: give the one key"),
            (json!(RSA_A2).to_string(), "JSON string"),
            ("my key -----BEGIN PUBLIC KEY-----".to_owned(), "this is PEM"),
            (" \n".to_owned(), "empty"),
            ("\u{feff}".to_owned(), "empty"),
            (RSA_A2.replace('"', "'"), "not valid JSON at line 1, column 2"),
            (format!("{RSA_A2}\n{RSA_A2}"), "follows its last }"),
            (RSA_A2.replacen('{', r#"{"kty":"RSA","#, 1), "named twice"),
            (json!({"keys": []}).to_string(), "JWK set"),
            (set("d", json!("pr1vate")), "private member \"d\""),
            (set("dp", json!("")), "private member \"dp\""),
            (set("kid", json!("mine")), "holds a \"kid\""),
            (unset("kty"), "no \"kty\""),
            (json!({"publicKey": serde_json::from_str::<Value>(RSA_A2).unwrap()}).to_string(), "member \"publicKey\""),
            (set("kty", json!("oct")), "\"kty\" is \"oct\""),
            (unset("alg"), "no \"alg\""),
            (set("alg", json!("RS512")), "\"alg\" is \"RS512\""),
            (unset("use"), "neither"),
            (set("key_ops", json!(["verify"])), "both"),
            (set("use", json!("enc")), "not \"sig\""),
            (key_ops(json!(["sign"])), "not [\"verify\"]"),
            (key_ops(json!(["verify", "sign"])), "not [\"verify\"]"),
            (key_ops(json!("verify")), "key_ops is a string, and must be an array"),
            (set("use", json!(["sig"])), "use is an array, and must be a string"),
            (set("kty", json!(1)), "kty is a number, and must be a string"),
            (set("alg", json!({})), "alg is an object, and must be a string"),
            (set("e", json!(65537)), "e is a number, and must be base64url"),
            (set("n", json!(true)), "n is a boolean, and must be base64url"),
            (unset("n"), "no \"n\""),
            (set("n", json!("a+b")), "\"n\" is plain base64"),
            (set("n", json!("AQA=")), "no padding"),
            (set("n", json!("AQ AB")), "white space"),
            (set("n", json!("AQABA")), "cut off"),
            (set("n", json!("AQ:AB")), "\"n\" is not base64url"),
            (set("n", json!("")), "\"n\" is empty"),
            (set("n", json!("AAEC")), "zero byte"),
            (set("n", json!("_____w")), "32 bits: RSA 2048"),
            (set("n", json!("_".repeat(682) + "8")), "4096 bits: RSA 2048"),
            (set("e", json!("AQAA")), "exponent"),
            (set("e", json!("AQ")), "exponent"),
            (changed(EC_A3, |jwk| drop(jwk.insert("crv".into(), json!("P-384")))), "not P-256"),
            (changed(EC_A3, |jwk| drop(jwk.insert("alg".into(), json!("RS256")))), "ES256 is needed"),
            (changed(EC_A3, |jwk| drop(jwk.insert("x".into(), json!("AQAB")))), "has 3 bytes"),
            (changed(EC_A3, |jwk| drop(jwk.insert("x".into(), json!("A".repeat(43))))), "no point"),
        ] {
            let error = parse(&jwk).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(says), "{says}: {error}");
            assert!(!error.contains("pr1vate"), "{error}");
        }
    }
}
