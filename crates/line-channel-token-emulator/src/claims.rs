//! The rules for an assertion's claims; `numeric_claims` has those for its numbers.

use line_channel_token_core::Moment;
use serde_json::Value;

use crate::error_bodies::{self, ErrorBody};
use crate::json_object::JsonObject;
use crate::leniency::Leniency;
use crate::numeric_claims;
use crate::response::{ErrorResponse, shown};

/// What the claims are checked against.
#[derive(Debug)]
pub(crate) struct ClaimRules<'a> {
    pub(crate) now: Moment,
    /// The channel that the key is registered for.
    pub(crate) owner: &'a str,
    pub(crate) audiences: &'a [String],
    pub(crate) leniency: &'a Leniency,
}

/// Checks `iss`, `sub`, `aud`, `exp`, `nbf` and `iat`, and returns a warning for each that was accepted though LINE may reject it.
pub(crate) fn check(claims: &JsonObject, rules: &ClaimRules<'_>) -> Result<Vec<String>, ErrorResponse> {
    issuer(claims, rules.owner)?;
    audience(claims, rules)?;
    // Whole seconds, as clients write them: otherwise a client that rounds up would be too far ahead.
    let now = rules.now.unix.as_secs() as f64;
    numeric_claims::expiry(claims, rules.leniency, now)?;
    numeric_claims::not_before(claims, now)?;
    let array = claims.get("aud").is_some_and(Value::is_array);
    let array = array.then(|| "aud is an array: LINE's table says one string".to_owned());
    Ok(array.into_iter().chain(numeric_claims::warning(claims)).collect())
}

fn issuer(claims: &JsonObject, owner: &str) -> Result<(), ErrorResponse> {
    let iss = text(claims, "iss", error_bodies::INVALID_ISS)?;
    if iss != owner {
        let reason = format!("iss is {}, but the key is registered for channel {owner}", shown(iss));
        return Err(ErrorResponse::bad_request(error_bodies::ISS_NOT_OWNER, reason));
    }
    let sub = text(claims, "sub", error_bodies::INVALID_SUB)?;
    if sub != iss {
        let reason = format!("sub is {} and iss is {}: both must be the channel id", shown(sub), shown(iss));
        return Err(ErrorResponse::bad_request(error_bodies::INVALID_SUB, reason));
    }
    Ok(())
}

fn text<'a>(claims: &'a JsonObject, name: &str, body: ErrorBody) -> Result<&'a str, ErrorResponse> {
    match claims.get(name) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(ErrorResponse::bad_request(body, format!("{name} must be a string"))),
        None => Err(ErrorResponse::bad_request(body, format!("the assertion has no {name}"))),
    }
}

fn audience(claims: &JsonObject, rules: &ClaimRules<'_>) -> Result<(), ErrorResponse> {
    let accepted = rules.audiences;
    let refuse = |why: String| {
        let reason = format!("{why}; accepted: {}", accepted.join(", "));
        Err(ErrorResponse::bad_request(error_bodies::INVALID_AUD, reason))
    };
    let given = match claims.get("aud") {
        Some(Value::String(given)) => given,
        Some(Value::Array(several)) => match several.as_slice() {
            [Value::String(given)] if rules.leniency.audience_array => given,
            [Value::String(_)] => {
                return refuse("aud is an array of one string: the string itself is needed".to_owned());
            }
            _ => return refuse("aud is an array: one string is needed".to_owned()),
        },
        Some(_) => return refuse("aud must be a string".to_owned()),
        None => return refuse("the assertion has no aud".to_owned()),
    };
    if accepted.iter().any(|accepted| accepted == given) {
        return Ok(());
    }
    let slash = accepted.iter().any(|accepted| accepted.strip_suffix('/') == Some(given.as_str()));
    refuse(format!("aud is {}{}", shown(given), if slash { ", without the slash at its end" } else { "" }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::Moment;

    use super::{ClaimRules, check};
    use crate::json_object::JsonObject;
    use crate::leniency::Leniency;

    fn outcome(claims: &str, leniency: &Leniency) -> String {
        let now = Duration::new(1_000_000, 700_000_000);
        let rules = ClaimRules {
            now: Moment { monotonic: Duration::ZERO, unix: now },
            owner: "1234",
            audiences: &["https://api.line.me/".to_owned(), "https://gateway.example/".to_owned()],
            leniency,
        };
        let claims = JsonObject::parse(claims.as_bytes()).unwrap();
        match check(&claims, &rules) {
            Ok(warnings) => format!("accepted; {}", warnings.join("; ")),
            Err(error) => format!("{} | {}", error.body, error.reason),
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
                "array of one string: the string itself is needed",
            ),
            (with(r#""aud":["https://api.line.me/","x"],"exp":1000300"#), "Invalid aud"),
            (with(r#""aud":[],"exp":1000300"#), "aud is an array: one string is needed"),
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
