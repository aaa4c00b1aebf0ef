//! The rules for an assertion's numbers: `exp`, `nbf`, `iat` and `token_exp`.

use std::fmt;

use serde_json::{Number, Value};

use crate::error_bodies::{self, ErrorBody};
use crate::json_object::JsonObject;
use crate::leniency::{Leniency, NumericStrings};
use crate::rule::missing;
use crate::violation::Violation;

/// How far ahead `exp` may be, in seconds: 30 minutes.
const LONGEST_AHEAD: f64 = 1800.0;
/// How far ahead of this clock `nbf` may be, in seconds, because two clocks never agree.
const SKEW: f64 = 60.0;
/// The longest lifetime of a v2.1 token, in seconds: 30 days.
const LONGEST_TOKEN: f64 = 2_592_000.0;
/// Beyond this an `f64` has no fraction, and the error should name the range.
const BEYOND_FRACTIONS: f64 = 9e15;

/// What is accepted here though LINE may reject it: the claim, what was found, and what to change.
#[derive(Clone, Debug)]
pub(crate) struct Oddity {
    pub(crate) name: &'static str,
    pub(crate) found: String,
    pub(crate) advice: &'static str,
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.found, self.advice)
    }
}

/// Checks `exp`; `now` is in Unix seconds.
pub(crate) fn expiry(claims: &JsonObject, leniency: &Leniency, now: f64) -> Result<(), Violation> {
    let refuse = |found: String, advice: &'static str| Err(Violation::new(error_bodies::INVALID_EXP, found, advice));
    let needed = "it is a number of Unix seconds, a few minutes ahead";
    let Some(exp) = integer(claims, "exp", leniency, error_bodies::INVALID_EXP)? else {
        return refuse(missing(claims, "the assertion", "exp"), needed);
    };
    let ahead = exp - now;
    if ahead <= 0.0 {
        let advice = if exp <= LONGEST_AHEAD {
            "exp is a moment in Unix seconds, not a lifetime"
        } else {
            "sign a new assertion, and check the clock of the machine that signs"
        };
        return refuse(format!("the assertion's exp is {:.0} s past", now - exp), advice);
    }
    if ahead > LONGEST_AHEAD {
        let advice = if exp > 1e11 {
            "exp looks like milliseconds, and seconds are needed"
        } else {
            "set it a few minutes ahead, and check the clock of the machine that signs"
        };
        return refuse(format!("the assertion's exp is {ahead:.0} s ahead; at most 1800 is allowed"), advice);
    }
    Ok(())
}

/// What an accepted `exp` says.
pub(crate) fn found_expiry(claims: &JsonObject, leniency: &Leniency, now: f64) -> Option<String> {
    let exp = integer(claims, "exp", leniency, error_bodies::INVALID_EXP).ok().flatten()?;
    Some(format!("exp is {:.0} s ahead", exp - now))
}

/// Checks `iat`, which LINE does not require.
pub(crate) fn issued_at(claims: &JsonObject) -> Result<(), Violation> {
    number(claims, "iat", error_bodies::INVALID_IAT).map(drop)
}

/// Checks `nbf`, which LINE does not require.
pub(crate) fn not_before(claims: &JsonObject, now: f64) -> Result<(), Violation> {
    match number(claims, "nbf", error_bodies::INVALID_NBF)?.and_then(Number::as_f64) {
        Some(nbf) if nbf - now > SKEW => {
            let found = format!("the assertion's nbf is {:.0} s ahead", nbf - now);
            let advice = "leave it out, or check the clock of the machine that signs";
            Err(Violation::new(error_bodies::INVALID_NBF, found, advice))
        }
        _ => Ok(()),
    }
}

/// The claim `token_exp`, in seconds: the lifetime of the token to issue.
pub(crate) fn token_lifetime(claims: &JsonObject, leniency: &Leniency) -> Result<u32, Violation> {
    let refuse =
        |found: String, advice: &'static str| Err(Violation::new(error_bodies::INVALID_TOKEN_EXP, found, advice));
    let Some(seconds) = integer(claims, "token_exp", leniency, error_bodies::INVALID_TOKEN_EXP)? else {
        let found = missing(claims, "the assertion", "token_exp");
        return refuse(found, "a v2.1 issue needs one, the lifetime of the token in seconds");
    };
    if seconds.fract() != 0.0 {
        return refuse("token_exp has a fraction".to_owned(), "it must be a whole number of seconds");
    }
    if !(1.0..=LONGEST_TOKEN).contains(&seconds) {
        let is_lifetime = |unit: f64| seconds % (1000.0 * unit) == 0.0 && seconds / 1000.0 <= LONGEST_TOKEN;
        let is_moment = (1e9..1e14).contains(&seconds);
        // Any moment may be a whole number of thousands, and hardly one is of whole hours in milliseconds.
        let is_millis = seconds > LONGEST_TOKEN && is_lifetime(if is_moment { 3600.0 } else { 1.0 });
        let advice = if is_millis {
            "this looks like milliseconds, and seconds are needed"
        } else if is_moment {
            "this looks like a moment, and a lifetime is needed"
        } else {
            "it is the lifetime of the token in seconds, up to 30 days"
        };
        return refuse(format!("token_exp is {seconds:.0} s, and 1 to 2592000 is allowed"), advice);
    }
    // In range and whole, as just checked.
    Ok(seconds as u32)
}

/// What was accepted of `exp` and `token_exp` though LINE's table says otherwise.
pub(crate) fn oddity(claims: &JsonObject) -> Option<Oddity> {
    let is = |name: &str, wrong: fn(&Value) -> bool| claims.get(name).is_some_and(wrong);
    let both = |wrong: fn(&Value) -> bool| match (is("exp", wrong), is("token_exp", wrong)) {
        (true, true) => Some(("exp", "exp and token_exp are")),
        (true, false) => Some(("exp", "exp is")),
        (false, true) => Some(("token_exp", "token_exp is")),
        (false, false) => None,
    };
    if let Some((name, which)) = both(Value::is_string) {
        let advice = "one of LINE's samples has both as strings, but its table says numbers: send numbers";
        return Some(Oddity { name, found: format!("{which} written as text"), advice });
    }
    let (name, which) = both(Value::is_f64)?;
    Some(Oddity { name, found: format!("{which} written with a fraction or an exponent"), advice: "send integers" })
}

fn integer(claims: &JsonObject, name: &str, leniency: &Leniency, body: ErrorBody) -> Result<Option<f64>, Violation> {
    if let Some(Value::String(text)) = claims.get(name)
        && strings_accepted(claims, leniency)
        && let Some(number) = decimal(text)
    {
        return Ok(Some(number));
    }
    let Some(number) = number(claims, name, body.clone())? else { return Ok(None) };
    let value = number.as_f64().unwrap_or_default();
    if number.is_f64() && !leniency.fractional_times && value.abs() < BEYOND_FRACTIONS {
        let found = format!("{name} is written with a fraction or an exponent");
        return Err(Violation::new(body, found, "an integer is needed"));
    }
    Ok(Some(value))
}

fn strings_accepted(claims: &JsonObject, leniency: &Leniency) -> bool {
    match leniency.numeric_strings {
        NumericStrings::Refused => false,
        NumericStrings::SampleForm => ["exp", "token_exp"]
            .into_iter()
            .all(|name| claims.get(name).and_then(Value::as_str).and_then(decimal).is_some()),
        NumericStrings::Accepted => true,
    }
}

/// Decimal digits and nothing else: no sign, no space, no fraction.
fn decimal(text: &str) -> Option<f64> {
    let plain = (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn number<'a>(claims: &'a JsonObject, name: &str, body: ErrorBody) -> Result<Option<&'a Number>, Violation> {
    let found = match claims.get(name) {
        None => return Ok(None),
        Some(Value::Number(number)) => return Ok(Some(number)),
        Some(Value::String(_)) => format!("{name} is a string"),
        Some(_) => format!("{name} must be a number"),
    };
    Err(Violation::new(body, found, "a number is needed, without quotation marks"))
}

#[cfg(test)]
mod tests {
    use super::{expiry, issued_at, not_before, oddity, token_lifetime};
    use crate::json_object::JsonObject;
    use crate::leniency::{Leniency, NumericStrings};

    const NOW: f64 = 1_000_000.0;

    fn claims(members: &str) -> JsonObject {
        JsonObject::parse(format!("{{{members}}}").as_bytes()).unwrap()
    }

    fn strings(numeric_strings: NumericStrings) -> Leniency {
        Leniency { numeric_strings, ..Leniency::default() }
    }

    fn checked(members: &str, leniency: &Leniency) -> String {
        let claims = claims(members);
        let checked = expiry(&claims, leniency, NOW).and_then(|()| issued_at(&claims));
        match checked.and_then(|()| not_before(&claims, NOW)) {
            Ok(()) => "accepted".to_owned(),
            Err(violation) => format!("{} | {}: {}", violation.body, violation.found, violation.advice),
        }
    }

    #[test]
    fn each_time_claim_has_its_rule() {
        for (members, says) in [
            (r#""exp":1000001"#, "accepted"),
            (r#""exp":1001800"#, "accepted"),
            (r#""exp":1000300,"iat":999999.5,"nbf":1000060"#, "accepted"),
            (r#""exp":1000000"#, "Invalid exp\"} | the assertion's exp is 0 s past"),
            (r#""exp":300"#, "Unix seconds, not a lifetime"),
            (r#""exp":-1"#, "Invalid exp"),
            (r#""exp":1001801"#, "exp is 1801 s ahead; at most 1800"),
            (r#""exp":1000300000000"#, "milliseconds"),
            (r#""exp":99999999999999999999"#, "s ahead; at most 1800"),
            (r#""exp":1000300.25"#, "Invalid exp\"} | exp is written with a fraction"),
            (r#""exp":1000300.0"#, "exp is written with a fraction"),
            (r#""exp":1.0003e6"#, "exp is written with a fraction or an exponent"),
            (r#""exp":"1000300""#, "exp is a string"),
            (r#""exp":null"#, "exp must be a number"),
            ("", "has no exp"),
            (r#""exp":1000300,"nbf":1000061"#, "Invalid nbf\"} | the assertion's nbf is 61 s ahead"),
            (r#""exp":1000300,"iat":"now""#, "Invalid iat\"} | iat is a string"),
        ] {
            let got = checked(members, &Leniency::default());
            assert!(got.contains(says), "{members}: expected {says}, got {got}");
        }
        let lenient = Leniency { fractional_times: true, ..Leniency::default() };
        assert_eq!(checked(r#""exp":1000300.25"#, &lenient), "accepted");
    }

    #[test]
    fn only_the_sample_form_allows_strings() {
        let sample = r#""exp":"1000300","token_exp":"86400""#;
        for (members, refused, sample_form, accepted) in [
            (sample, false, true, true),
            (r#""exp":"1000300""#, false, false, true),
            (r#""exp":"1000300","token_exp":86400"#, false, false, true),
            (r#""exp":"1000300","token_exp":"a day""#, false, false, true),
            (r#""exp":" 1000300","token_exp":"86400""#, false, false, false),
            (r#""exp":"1000300.5","token_exp":"86400""#, false, false, false),
            (r#""exp":"+1000300","token_exp":"86400""#, false, false, false),
            (r#""exp":"","token_exp":"86400""#, false, false, false),
        ] {
            for (setting, passes) in [
                (NumericStrings::Refused, refused),
                (NumericStrings::SampleForm, sample_form),
                (NumericStrings::Accepted, accepted),
            ] {
                let got = checked(members, &strings(setting));
                assert_eq!(got == "accepted", passes, "{setting:?} {members}: {got}");
                assert!(passes || got.contains("exp is a string"), "{got}");
            }
        }
        assert_eq!(token_lifetime(&claims(sample), &Leniency::default()).ok(), Some(86_400));
        assert!(checked(r#""exp":"5","token_exp":"86400""#, &Leniency::default()).contains("s past"), "range applies");
    }

    #[test]
    fn accepted_oddities_are_warned_about() {
        for (members, says) in [
            (r#""exp":"1","token_exp":"1""#, Some("exp and token_exp are written as text")),
            (r#""exp":1,"token_exp":"1""#, Some("token_exp is written as text")),
            (r#""exp":1.5,"token_exp":1"#, Some("exp is written with a fraction")),
            (r#""exp":1,"token_exp":1"#, None),
        ] {
            let oddity = oddity(&claims(members)).map(|odd| odd.to_string());
            assert_eq!(oddity.is_some(), says.is_some(), "{members}");
            assert!(oddity.unwrap_or_default().contains(says.unwrap_or_default()), "{members}");
        }
    }

    #[test]
    fn token_exp_is_at_most_thirty_days() {
        let lifetime = |value: &str, leniency: &Leniency| {
            let claims = claims(&format!(r#""token_exp":{value}"#));
            token_lifetime(&claims, leniency).map_err(|error| format!("{}: {}", error.found, error.advice))
        };
        let strict = Leniency::default();
        let fractions = Leniency { fractional_times: true, ..strict };
        assert_eq!(lifetime("1", &strict), Ok(1));
        assert_eq!(lifetime("2592000.0", &fractions), Ok(2_592_000));
        assert!(lifetime("0.5", &fractions).unwrap_err().contains("whole number"));
        for (value, says) in [
            ("0", "1 to 2592000"),
            ("-5", "1 to 2592000"),
            ("2592001", "1 to 2592000"),
            ("1795340001", "looks like a moment"),
            ("1790000000", "looks like a moment"),
            ("3600000", "milliseconds"),
            ("604800000", "milliseconds"),
            ("2592000000", "milliseconds"),
            ("1e300", "1 to 2592000"),
            ("86400.0", "written with a fraction"),
            ("0.5", "written with a fraction"),
            ("\"900\"", "is a string"),
            ("[]", "must be a number"),
        ] {
            let reason = lifetime(value, &strict).unwrap_err();
            assert!(reason.contains(says), "{value}: {reason}");
        }
        let missing = token_lifetime(&claims(""), &strict).unwrap_err();
        assert!(missing.found.contains("has no token_exp"));
    }
}
