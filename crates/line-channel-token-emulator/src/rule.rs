//! A rule for a JSON object: the header or the claims of an assertion.

use crate::json_object::JsonObject;
use crate::violation::Violation;

/// A rule, by the member that it is about. A request is refused by the first that is broken; an inspection shows them all.
pub(crate) struct Rule<Expected> {
    pub(crate) name: &'static str,
    pub(crate) check: fn(&JsonObject, &Expected) -> Result<(), Violation>,
    /// What was found, for an inspection, if the rule is kept; `None` if there is nothing to say.
    pub(crate) found: fn(&JsonObject, &Expected) -> Option<String>,
}

/// Checks one rule after the other, up to the first that is broken.
pub(crate) fn check<Expected>(
    rules: &[Rule<Expected>],
    object: &JsonObject,
    expected: &Expected,
) -> Result<(), Violation> {
    rules.iter().try_for_each(|rule| (rule.check)(object, expected))
}

/// What is wrong with a member that is not there: a similar name may be the reason.
pub(crate) fn missing(object: &JsonObject, place: &str, name: &str) -> String {
    let plain = |name: &str| name.replace(['_', '-'], "").to_ascii_lowercase();
    let similar = object.names().find(|other| *other != name && plain(other) == plain(name));
    match similar {
        Some(_) => format!("{place} has no {name}, but a member with a similar name"),
        None => format!("{place} has no {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::missing;
    use crate::json_object::JsonObject;

    #[test]
    fn similar_names_are_noticed() {
        let object = JsonObject::parse(br#"{"tokenExp":1,"Kid":"x"}"#).unwrap();
        assert_eq!(missing(&object, "the header", "kid"), "the header has no kid, but a member with a similar name");
        assert!(missing(&object, "the assertion", "token_exp").contains("similar"));
        assert_eq!(missing(&object, "the assertion", "exp"), "the assertion has no exp");
    }
}
