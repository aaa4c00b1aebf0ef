//! The members that a private JWK must have, and the errors if it does not.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use line_channel_token_assertion::{AssertionSigner, SigningKey};
use line_channel_token_core::{AssertionKid, ChannelId, ErrorKind};
use serde_json::{Value, json};

fn rsa() -> Value {
    serde_json::from_str(include_str!("../keys/rfc7515-a2.jwk")).unwrap()
}

fn ec() -> Value {
    serde_json::from_str(include_str!("../keys/rfc7515-a3.jwk")).unwrap()
}

/// Sets members of the JWK, or removes them if the value is null.
fn with(mut jwk: Value, changes: Value) -> String {
    for (member, value) in changes.as_object().unwrap() {
        if value.is_null() {
            jwk.as_object_mut().unwrap().remove(member);
        } else {
            jwk[member] = value.clone();
        }
    }
    jwk.to_string()
}

#[test]
fn unusable_jwks_are_refused_by_name() {
    for (jwk, says) in [
        (with(rsa(), json!({"d": null, "p": null, "q": null, "dp": null, "dq": null, "qi": null})), "is a public key"),
        (with(rsa(), json!({"d": null, "key_ops": ["verify"]})), "is a public key"),
        (with(ec(), json!({"d": null})), "is a public key"),
        (
            with(rsa(), json!({"p": null, "q": null, "dp": null, "dq": null, "qi": null})),
            "export the key with all of them",
        ),
        (with(rsa(), json!({"qi": null})), "export the key with all of them"),
        (with(rsa(), json!({"n": null})), "has no \"n\""),
        (with(ec(), json!({"y": null})), "has no \"y\""),
        (with(ec(), json!({"crv": null})), "has no \"crv\""),
        (with(ec(), json!({"crv": "P-384"})), "on P-384"),
        (with(ec(), json!({"x": "AAAA"})), "do not fit together"),
        (with(ec(), json!({"d": "AAAA"})), "do not fit together"),
        (
            with(ec(), json!({"d": "AQ".to_owned() + &"A".repeat(42)})),
            "\"d\" of this JWK is longer than the 32 bytes of P-256",
        ),
        (with(rsa(), json!({"oth": [{"r": "AQ"}]})), "more than two primes"),
        (with(rsa(), json!({"use": "enc"})), "\"use\""),
        (with(rsa(), json!({"alg": "PS256"})), "\"alg\" of this JWK is not RS256"),
        (with(ec(), json!({"alg": "RS256"})), "\"alg\" of this JWK is not ES256"),
        (with(rsa(), json!({"key_ops": ["verify"]})), "do not contain \"sign\""),
        (with(rsa(), json!({"key_ops": "sign"})), "\"key_ops\" of this JWK is a string, and must be a list of strings"),
        (with(rsa(), json!({"key_ops": [5]})), "\"key_ops\" of this JWK is a number"),
        (with(rsa(), json!({"d": 5})), "\"d\" of this JWK is a number, and must be base64url"),
        (with(rsa(), json!({"e": 65537})), "\"e\" of this JWK is a number, and must be base64url (65537 is \"AQAB\")"),
        (with(rsa(), json!({"p": ["x"]})), "\"p\" of this JWK is a list"),
        (with(rsa(), json!({"kid": {}})), "\"kid\" of this JWK is an object, and must be a string"),
        (with(rsa(), json!({"use": true})), "\"use\" of this JWK is true or false"),
        (with(rsa(), json!({"d": "a*b"})), "\"d\" of this JWK is not base64url"),
        (with(rsa(), json!({"kty": "oct"})), "neither RSA nor EC"),
        (with(rsa(), json!({"kty": null})), "has no \"kty\""),
        (json!({"keys": [rsa(), ec()]}).to_string(), "several private keys"),
        (json!({"keys": []}).to_string(), "this JSON holds no key"),
        (json!([rsa(), ec()]).to_string(), "several private keys"),
        (json!([]).to_string(), "this JSON holds no key"),
        (json!({"client_secret": "x"}).to_string(), "this JSON holds no key"),
        (rsa().to_string()[..300].to_owned(), "is cut off at line 1, column 301"),
        (rsa().to_string().replacen(',', " ?", 1), "has a syntax error at line 1"),
        (rsa().to_string().replacen('{', "{\"kty\":\"RSA\",", 1), "has \"kty\" twice"),
        (rsa().to_string().replacen('{', "{\"D\":\"AQ\",", 1), "has \"d\" twice"),
    ] {
        let error = SigningKey::from_jwk(&jwk).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(says), "{says}: {error}");
    }
}

#[test]
fn exports_of_other_libraries_are_accepted() {
    let plain = SigningKey::from_jwk(rsa().to_string()).unwrap();
    for extra in [
        json!({"alg": "RS256", "ext": true, "key_ops": ["sign"]}),
        json!({"alg": "RS256", "use": "sig"}),
        json!({"x5t": "abc", "unknown": {"a": [1]}}),
        // .NET and Go write empty members.
        json!({"oth": [], "key_ops": [], "x5c": [], "alg": "", "use": "", "kid": ""}),
        json!({"keys": "of another kind"}),
    ] {
        let key = SigningKey::from_jwk(with(rsa(), extra)).unwrap();
        assert_eq!(key.public_jwk(), plain.public_jwk());
    }
    let nulls = rsa().to_string().replacen('{', r#"{"oth":null,"key_ops":null,"use":null,"alg":null,"kid":null,"#, 1);
    assert_eq!(SigningKey::from_jwk(nulls).unwrap().public_jwk(), plain.public_jwk());
}

#[test]
fn every_form_of_base64_is_decoded() {
    let members = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
    let plain = SigningKey::from_jwk(rsa().to_string()).unwrap();
    let forms: [fn(&str) -> String; 5] = [
        |url| url.replace('-', "+").replace('_', "/"),
        |url| format!("{url}{}", ["", "", "==", "="][url.len() % 4]),
        |url| url.as_bytes().chunks(64).map(|line| format!("{}\r\n", std::str::from_utf8(line).unwrap())).collect(),
        // With a leading zero byte, as Java's BigInteger writes it.
        |url| {
            let number = URL_SAFE_NO_PAD.decode(url).unwrap();
            URL_SAFE_NO_PAD.encode([&[0], number.as_slice()].concat())
        },
        |url| url.to_owned(),
    ];
    for form in forms {
        let mut jwk = rsa();
        for member in members {
            jwk[member] = form(jwk[member].as_str().unwrap()).into();
        }
        let json = jwk.to_string();
        for escaped in
            [json.clone(), json.replace('/', "\\/"), json.replace('+', "\\u002B"), json.replace("AQAB", "\\u0041QAB")]
        {
            assert_eq!(SigningKey::from_jwk(&escaped).unwrap().public_jwk(), plain.public_jwk(), "{escaped}");
        }
    }
    let mut short = ec();
    short["d"] = format!("AA{}", "").into();
    assert!(SigningKey::from_jwk(short.to_string()).is_err(), "zero is no key");
    let mut longer = ec();
    let x = URL_SAFE_NO_PAD.decode(longer["x"].as_str().unwrap()).unwrap();
    longer["x"] = URL_SAFE_NO_PAD.encode([&[0], x.as_slice()].concat()).into();
    SigningKey::from_jwk(longer.to_string()).unwrap();
}

#[test]
fn an_embedded_kid_must_match() {
    let key = SigningKey::from_jwk(with(rsa(), json!({"kid": "6b2f"}))).unwrap();
    assert_eq!(key.embedded_kid(), Some("6b2f"));
    assert!(!key.public_jwk().to_json().contains("kid"), "the Console refuses a kid");
    let signer = |kid| {
        let channel_id = ChannelId::new("1234567890").unwrap();
        let kid = AssertionKid::new(kid).unwrap();
        AssertionSigner::new(channel_id, kid, key.clone())
    };
    assert_eq!(signer("6b2f").unwrap().kid().as_str(), "6b2f");
    let error = signer("0000").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("has another kid than 0000"), "{error}");
}
