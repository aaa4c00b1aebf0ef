//! The rules for an assertion's claims.

use line_channel_token_core::Moment;
use serde_json::Value;

use crate::answer::{Refusal, shown};
use crate::bodies::{self, Body};
use crate::json_object::JsonObject;

/// How far ahead `exp` may be, in seconds: 30 minutes.
const LONGEST_AHEAD: f64 = 1800.0;
/// How far ahead of this clock `nbf` may be, in seconds, because two clocks never agree.
const SKEW: f64 = 60.0;
/// The longest life of a v2.1 token, in seconds: 30 days.
const LONGEST_TOKEN: f64 = 2_592_000.0;

/// What the claims are held against.
#[derive(Debug)]
pub(crate) struct ClaimRules<'a> {
    pub(crate) now: Moment,
    /// The channel that the key is registered for.
    pub(crate) owner: &'a str,
    pub(crate) audiences: &'a [String],
}

/// Checks `iss`, `sub`, `aud`, `exp`, `nbf` and `iat`.
pub(crate) fn check(claims: &JsonObject, rules: &ClaimRules<'_>) -> Result<(), Refusal> {
    issuer(claims, rules.owner)?;
    audience(claims, rules.audiences)?;
    // Whole seconds, because that is how clients write them: a client that rounds as usual is never too far ahead.
    let now = rules.now.unix.as_secs() as f64;
    expiry(claims, now)?;
    not_before(claims, now)
}

fn issuer(claims: &JsonObject, owner: &str) -> Result<(), Refusal> {
    let iss = text(claims, "iss", bodies::INVALID_ISS)?;
    if iss != owner {
        let reason = format!("iss is {}, but the key is registered for channel {owner}", shown(iss));
        return Err(Refusal::bad_request(bodies::ISS_NOT_OWNER, reason));
    }
    let sub = text(claims, "sub", bodies::INVALID_SUB)?;
    if sub != iss {
        let reason = format!("sub is {} and iss is {}: both must be the channel id", shown(sub), shown(iss));
        return Err(Refusal::bad_request(bodies::INVALID_SUB, reason));
    }
    Ok(())
}

fn text<'a>(claims: &'a JsonObject, name: &str, body: Body) -> Result<&'a str, Refusal> {
    match claims.get(name) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Refusal::bad_request(body, format!("{name} must be a string"))),
        None => Err(Refusal::bad_request(body, format!("the assertion has no {name}"))),
    }
}

fn audience(claims: &JsonObject, accepted: &[String]) -> Result<(), Refusal> {
    let refuse = |why: String| {
        let reason = format!("{why}; accepted: {}", accepted.join(", "));
        Err(Refusal::bad_request(bodies::INVALID_AUD, reason))
    };
    let given = match claims.get("aud") {
        Some(Value::String(given)) => given,
        Some(Value::Array(several)) => match several.as_slice() {
            [Value::String(given)] => given,
            _ => return refuse("aud is an array with anything but one string".to_owned()),
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

fn expiry(claims: &JsonObject, now: f64) -> Result<(), Refusal> {
    let exp = number(claims, "exp", bodies::INVALID_EXP)?
        .ok_or_else(|| Refusal::bad_request(bodies::INVALID_EXP, "the assertion has no exp"))?;
    let ahead = exp - now;
    if ahead <= 0.0 {
        let hint = if exp <= LONGEST_AHEAD { "; exp is a moment in Unix seconds, not a lifetime" } else { "" };
        let reason = format!("the assertion's exp is {:.0} s past{hint}", now - exp);
        return Err(Refusal::bad_request(bodies::INVALID_EXP, reason));
    }
    if ahead > LONGEST_AHEAD {
        let hint = if exp > 1e11 { "; exp looks like milliseconds" } else { "" };
        let reason = format!("the assertion's exp is {ahead:.0} s ahead; at most 1800{hint}");
        return Err(Refusal::bad_request(bodies::INVALID_EXP, reason));
    }
    Ok(())
}

fn not_before(claims: &JsonObject, now: f64) -> Result<(), Refusal> {
    number(claims, "iat", bodies::INVALID_IAT)?;
    match number(claims, "nbf", bodies::INVALID_NBF)? {
        Some(nbf) if nbf - now > SKEW => {
            let reason = format!("the assertion's nbf is {:.0} s ahead", nbf - now);
            Err(Refusal::bad_request(bodies::INVALID_NBF, reason))
        }
        _ => Ok(()),
    }
}

fn number(claims: &JsonObject, name: &str, body: Body) -> Result<Option<f64>, Refusal> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::Number(number)) => Ok(number.as_f64()),
        Some(Value::String(_)) => Err(Refusal::bad_request(body, format!("{name} is a string: a number is needed"))),
        Some(_) => Err(Refusal::bad_request(body, format!("{name} must be a number"))),
    }
}

/// The claim `token_exp`, in seconds: the life that the issued token shall have.
pub(crate) fn token_lifetime(claims: &JsonObject) -> Result<u32, Refusal> {
    let body = bodies::INVALID_TOKEN_EXP;
    let seconds = number(claims, "token_exp", body)?
        .ok_or_else(|| Refusal::bad_request(body, "the assertion has no token_exp, and a v2.1 issue needs one"))?;
    if seconds.fract() != 0.0 {
        return Err(Refusal::bad_request(body, "token_exp must be a whole number of seconds"));
    }
    if !(1.0..=LONGEST_TOKEN).contains(&seconds) {
        let hint = if seconds > LONGEST_TOKEN && seconds % 1000.0 == 0.0 && seconds / 1000.0 <= LONGEST_TOKEN {
            "; this looks like milliseconds"
        } else if (1e9..1e14).contains(&seconds) {
            "; this looks like a moment, and a lifetime is needed"
        } else {
            ""
        };
        return Err(Refusal::bad_request(body, format!("token_exp is {seconds:.0} s; 1 to 2592000{hint}")));
    }
    // In range and whole, as just checked.
    Ok(seconds as u32)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::Moment;

    use super::{ClaimRules, check, token_lifetime};
    use crate::json_object::JsonObject;

    fn outcome(claims: &str) -> String {
        let now = Duration::new(1_000_000, 700_000_000);
        let rules = ClaimRules {
            now: Moment { monotonic: Duration::ZERO, unix: now },
            owner: "1234",
            audiences: &["https://api.line.me/".to_owned(), "https://gateway.example/".to_owned()],
        };
        let claims = JsonObject::read(claims.as_bytes()).unwrap();
        match check(&claims, &rules) {
            Ok(()) => "accepted".to_owned(),
            Err(refusal) => format!("{} | {}", refusal.body, refusal.reason),
        }
    }

    fn with(members: &str) -> String {
        outcome(&format!(r#"{{"iss":"1234","sub":"1234",{members}}}"#))
    }

    #[test]
    fn every_claim_is_held_to_its_rule_with_a_reason_for_the_reader() {
        let aud = r#""aud":"https://api.line.me/""#;
        for (claims, says) in [
            (with(&format!(r#"{aud},"exp":1000001"#)), "accepted"),
            (with(&format!(r#"{aud},"exp":1001800"#)), "accepted"),
            (with(&format!(r#"{aud},"exp":1000300.25,"iat":1000000,"nbf":1000060"#)), "accepted"),
            (with(r#""aud":["https://gateway.example/"],"exp":1000300"#), "accepted"),
            (with(&format!(r#"{aud},"exp":1000000"#)), "Invalid exp\"} | the assertion's exp is 0 s past"),
            (with(&format!(r#"{aud},"exp":300"#)), "Unix seconds, not a lifetime"),
            (with(&format!(r#"{aud},"exp":-1"#)), "Invalid exp"),
            (with(&format!(r#"{aud},"exp":1001801"#)), "exp is 1801 s ahead; at most 1800"),
            (with(&format!(r#"{aud},"exp":1000300000000"#)), "milliseconds"),
            (with(&format!(r#"{aud},"exp":"1000300""#)), "exp is a string"),
            (with(&format!(r#"{aud},"exp":null"#)), "exp must be a number"),
            (with(aud), "has no exp"),
            (
                with(&format!(r#"{aud},"exp":1000300,"nbf":1000061"#)),
                "Invalid nbf\"} | the assertion's nbf is 61 s ahead",
            ),
            (with(&format!(r#"{aud},"exp":1000300,"iat":"now""#)), "Invalid iat"),
            (with(r#""exp":1000300"#), "Invalid aud\"} | the assertion has no aud"),
            (with(r#""aud":"https://api.line.me","exp":1000300"#), "without the slash at its end"),
            (with(r#""aud":["https://api.line.me/","x"],"exp":1000300"#), "Invalid aud"),
            (with(r#""aud":[],"exp":1000300"#), "Invalid aud"),
            (with(r#""aud":7,"exp":1000300"#), "aud must be a string"),
            (outcome("{}"), "Invalid iss\"} | the assertion has no iss"),
            (outcome(r#"{"iss":1234}"#), "iss must be a string"),
            (outcome(r#"{"iss":"99","sub":"99"}"#), "iss and clientId of key do not match"),
            (outcome(r#"{"iss":"1234","sub":"99"}"#), "Invalid sub"),
            (outcome(r#"{"iss":"1234"}"#), "has no sub"),
        ] {
            assert!(claims.contains(says), "expected {says}, got {claims}");
        }
    }

    #[test]
    fn token_exp_is_a_lifetime_of_at_most_thirty_days() {
        let lifetime = |value: &str| {
            let claims = JsonObject::read(format!(r#"{{"token_exp":{value}}}"#).as_bytes()).unwrap();
            token_lifetime(&claims).map_err(|refusal| refusal.reason.into_owned())
        };
        assert_eq!(lifetime("1"), Ok(1));
        assert_eq!(lifetime("2592000.0"), Ok(2_592_000));
        for (value, says) in [
            ("0", "1 to 2592000"),
            ("-5", "1 to 2592000"),
            ("2592001", "1 to 2592000"),
            ("2592000000", "milliseconds"),
            ("1795340001", "looks like a moment"),
            ("1e300", "1 to 2592000"),
            ("0.5", "whole number"),
            ("\"900\"", "is a string"),
            ("[]", "must be a number"),
        ] {
            let reason = lifetime(value).unwrap_err();
            assert!(reason.contains(says), "{value}: {reason}");
        }
        let missing = token_lifetime(&JsonObject::read(b"{}").unwrap()).unwrap_err();
        assert!(missing.reason.contains("has no token_exp"));
    }
}
