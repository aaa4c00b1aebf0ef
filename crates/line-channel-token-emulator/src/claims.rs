//! The rules for an assertion's claims; `numeric_claims` has those for its numbers.

use serde_json::Value;

use crate::error_bodies::{self, ErrorBody};
use crate::json_object::JsonObject;
use crate::leniency::Leniency;
use crate::numeric_claims::{self, Oddity};
use crate::response::shown;
use crate::rule::{Rule, missing};
use crate::violation::Violation;

/// The `aud` that LINE takes, whatever the base URL is.
pub(crate) const LINE_AUDIENCE: &str = "https://api.line.me/";

/// What the claims are checked against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExpectedClaims<'a> {
    /// In whole Unix seconds, as clients write them: otherwise a client that rounds up would be too far ahead.
    pub(crate) now: f64,
    /// The channel that the key is registered for; `None` if that is not known, which can only be in an inspection.
    pub(crate) owner: Option<&'a str>,
    pub(crate) audiences: &'a [String],
    pub(crate) leniency: &'a Leniency,
}

/// All of them but `token_exp`, which a v2.1 issue alone checks; in the order of their checks.
pub(crate) fn claim_rules<'a>() -> [Rule<ExpectedClaims<'a>>; 6] {
    [
        Rule { name: "iss", check: issuer, found: |claims, _| Some(format!("iss is {}", shown(claims.text("iss")?))) },
        Rule { name: "sub", check: subject, found: |_, _| Some("sub is the same as iss".to_owned()) },
        Rule { name: "aud", check: audience, found: |_, _| Some("aud is accepted".to_owned()) },
        Rule {
            name: "exp",
            check: |claims, expected| numeric_claims::expiry(claims, expected.leniency, expected.now),
            found: |claims, expected| numeric_claims::found_expiry(claims, expected.leniency, expected.now),
        },
        Rule {
            name: "iat",
            check: |claims, _| numeric_claims::issued_at(claims),
            found: |claims, _| claims.has("iat").then(|| "iat is a number; it is not needed".to_owned()),
        },
        Rule {
            name: "nbf",
            check: |claims, expected| numeric_claims::not_before(claims, expected.now),
            found: |claims, _| claims.has("nbf").then(|| "nbf is not ahead; it is not needed".to_owned()),
        },
    ]
}

/// What is accepted here though LINE may reject it.
pub(crate) fn oddities(claims: &JsonObject) -> impl Iterator<Item = Oddity> {
    let array = claims.get("aud").is_some_and(Value::is_array);
    let array = array.then(|| Oddity {
        name: "aud",
        found: "aud is an array".to_owned(),
        advice: "LINE's table says one string",
    });
    array.into_iter().chain(numeric_claims::oddity(claims))
}

fn issuer(claims: &JsonObject, expected: &ExpectedClaims<'_>) -> Result<(), Violation> {
    let iss = text(claims, "iss", error_bodies::INVALID_ISS)?;
    match expected.owner {
        Some(owner) if iss != owner => {
            let advice = if iss.starts_with("https://access.line.me") {
                "this is an ID token of LINE Login: an assertion is one that you sign yourself"
            } else {
                "set iss and sub to the id of the channel whose key signs, or sign with a key of the other channel"
            };
            let found = format!("iss is {}, but the key is registered for channel {owner}", shown(iss));
            Err(Violation::new(error_bodies::ISS_NOT_OWNER, found, advice))
        }
        None if iss.is_empty() || iss.len() > 20 || !iss.bytes().all(|byte| byte.is_ascii_digit()) => {
            let found = format!("iss is {}, which is no channel id", shown(iss));
            let advice = if iss.starts_with("https://access.line.me") {
                "this is an ID token of LINE Login: an assertion is one that you sign yourself"
            } else {
                "set it to the channel id, a decimal number as a string; the Console shows it in the Basic settings tab"
            };
            Err(Violation::new(error_bodies::ISS_NOT_OWNER, found, advice))
        }
        _ => Ok(()),
    }
}

fn subject(claims: &JsonObject, _: &ExpectedClaims<'_>) -> Result<(), Violation> {
    let sub = text(claims, "sub", error_bodies::INVALID_SUB)?;
    match claims.text("iss") {
        Some(iss) if iss != sub => {
            let found = format!("sub is {} and iss is {}", shown(sub), shown(iss));
            Err(Violation::new(error_bodies::INVALID_SUB, found, "both must be the channel id"))
        }
        _ => Ok(()),
    }
}

fn text<'a>(claims: &'a JsonObject, name: &str, body: ErrorBody) -> Result<&'a str, Violation> {
    let needed = "it must be the channel id as a string";
    match claims.get(name) {
        Some(Value::String(text)) => Ok(text),
        Some(Value::Number(_)) => {
            Err(Violation::new(body, format!("{name} must be a string"), "put the channel id in quotation marks"))
        }
        Some(_) => Err(Violation::new(body, format!("{name} must be a string"), needed)),
        None => Err(Violation::new(body, missing(claims, "the assertion", name), needed)),
    }
}

fn audience(claims: &JsonObject, expected: &ExpectedClaims<'_>) -> Result<(), Violation> {
    let accepted = expected.audiences;
    let refuse = |found: String| {
        let advice = format!("accepted is {}", accepted.join(", or "));
        Err(Violation::new(error_bodies::INVALID_AUD, found, advice))
    };
    let given = match claims.get("aud") {
        Some(Value::String(given)) => given,
        Some(Value::Array(several)) => match several.as_slice() {
            [Value::String(given)] if expected.leniency.audience_array => given,
            [Value::String(_)] => {
                return refuse("aud is an array of one string, and the string itself is needed".to_owned());
            }
            _ => return refuse("aud is an array, and one string is needed".to_owned()),
        },
        Some(_) => return refuse("aud must be a string".to_owned()),
        None => return refuse(missing(claims, "the assertion", "aud")),
    };
    if accepted.iter().any(|accepted| accepted == given) {
        return Ok(());
    }
    let slash = accepted.iter().any(|accepted| accepted.strip_suffix('/') == Some(given.as_str()));
    refuse(format!("aud is {}{}", shown(given), if slash { ", without the slash at its end" } else { "" }))
}

#[cfg(test)]
mod tests {
    use super::{ExpectedClaims, claim_rules, oddities};
    use crate::json_object::JsonObject;
    use crate::leniency::Leniency;
    use crate::rule;

    fn outcome(claims: &str, leniency: &Leniency) -> String {
        let expected = ExpectedClaims {
            now: 1_000_000.0,
            owner: Some("1234"),
            audiences: &["https://api.line.me/".to_owned(), "https://gateway.example/".to_owned()],
            leniency,
        };
        let claims = JsonObject::parse(claims.as_bytes()).unwrap();
        match rule::check(&claim_rules(), &claims, &expected) {
            Ok(()) => format!("accepted; {}", oddities(&claims).map(|odd| odd.to_string()).collect::<String>()),
            Err(violation) => format!("{} | {}: {}", violation.body, violation.found, violation.advice),
        }
    }

    fn strict(claims: &str) -> String {
        outcome(claims, &Leniency::default())
    }

    fn with(members: &str) -> String {
        strict(&format!(r#"{{"iss":"1234","sub":"1234",{members}}}"#))
    }

    #[test]
    fn each_claim_has_its_rule() {
        let aud = r#""aud":"https://api.line.me/""#;
        for (outcome, says) in [
            (with(&format!(r#"{aud},"exp":1000001"#)), "accepted; "),
            (with(r#""aud":"https://gateway.example/","exp":1001800"#), "accepted; "),
            (with(&format!(r#"{aud},"exp":1000000"#)), "Invalid exp\"} | the assertion's exp is 0 s past"),
            (with(&format!(r#"{aud},"exp":1000300,"nbf":1000061"#)), "Invalid nbf"),
            (with(r#""exp":1000300"#), "Invalid aud\"} | the assertion has no aud"),
            (with(r#""aud":"https://api.line.me","exp":1000300"#), "without the slash at its end"),
            (
                with(r#""aud":["https://api.line.me/"],"exp":1000300"#),
                "array of one string, and the string itself is needed",
            ),
            (with(r#""aud":["https://api.line.me/","x"],"exp":1000300"#), "Invalid aud"),
            (with(r#""aud":[],"exp":1000300"#), "aud is an array, and one string is needed"),
            (with(r#""aud":7,"exp":1000300"#), "aud must be a string"),
            (strict("{}"), "Invalid iss\"} | the assertion has no iss"),
            (strict(r#"{"iss":1234}"#), "iss must be a string"),
            (strict(r#"{"iss":"99","sub":"99"}"#), "iss and clientId of key do not match"),
            (strict(r#"{"iss":"1234","sub":"99"}"#), "Invalid sub"),
            (strict(r#"{"iss":"1234"}"#), "has no sub"),
        ] {
            assert!(outcome.contains(says), "expected {says}, got {outcome}");
        }
    }

    #[test]
    fn one_audience_array_can_be_allowed() {
        let lenient = Leniency { audience_array: true, ..Leniency::default() };
        let with =
            |aud: &str| outcome(&format!(r#"{{"iss":"1234","sub":"1234","exp":1000300,"aud":{aud}}}"#), &lenient);
        assert_eq!(with(r#"["https://api.line.me/"]"#), "accepted; aud is an array: LINE's table says one string");
        for refused in ["[]", r#"["https://api.line.me/","x"]"#, r#"["x"]"#, "[7]", r#"[["https://api.line.me/"]]"#] {
            assert!(with(refused).contains("Invalid aud"), "{refused}");
        }
    }
}
