//! A JSON object without duplicate members.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A JSON object. RFC 7515 and 7519 allow duplicate members to be rejected; otherwise it is open which one counts.
#[derive(Default)]
pub(crate) struct JsonObject(BTreeMap<String, Value>);

impl JsonObject {
    /// Parses an object; anything else, trailing text and duplicate members are errors.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
    }

    /// The object if duplicate members were allowed: the last of each counts, as in most parsers.
    pub(crate) fn parse_with_duplicates(json: &[u8]) -> Option<Self> {
        let Ok(Value::Object(members)) = serde_json::from_slice(json) else { return None };
        Some(Self(members.into_iter().collect()))
    }

    /// The name that an otherwise valid object has twice.
    pub(crate) fn first_duplicate(json: &[u8]) -> Option<String> {
        let Duplicate(name) = serde_json::from_slice(json).ok()?;
        name
    }

    /// The object without members that are `null` or an empty array, which some libraries write for what is not there.
    pub(crate) fn without_empty_members(mut self) -> Self {
        self.0.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|array| !array.is_empty()));
        self
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }
}

/// The first name that an object has twice.
struct Duplicate(Option<String>);

impl<'de> Deserialize<'de> for Duplicate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Duplicate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Duplicate, A::Error> {
                let mut names = BTreeSet::new();
                let mut duplicate = None;
                while let Some((name, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
                    if names.contains(&name) {
                        duplicate = duplicate.or(Some(name));
                    } else {
                        names.insert(name);
                    }
                }
                Ok(Duplicate(duplicate))
            }
        }

        deserializer.deserialize_map(Names)
    }
}

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = JsonObject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonObject, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member is named twice"));
                    }
                }
                Ok(JsonObject(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::JsonObject;

    #[test]
    fn duplicate_members_are_rejected() {
        assert!(JsonObject::parse(br#"{"a":1,"b":{"a":2}}"#).is_ok());
        for bad in ["[1]", "\"a\"", "null", "", "{}x", r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":1}"#, "{\"a\":\"\u{1}\"}"]
        {
            assert!(JsonObject::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        assert_eq!(JsonObject::first_duplicate(br#"{"a":1,"b":2,"\u0062":3,"a":4}"#).as_deref(), Some("b"));
        assert_eq!(JsonObject::first_duplicate(br#"{"a":1,"b":{"a":2}}"#), None);
        assert_eq!(JsonObject::first_duplicate(br#"{"a":1,"a":2"#), None, "that is no JSON");
        let lenient = JsonObject::parse_with_duplicates(br#"{"a":1,"a":2}"#).unwrap();
        assert_eq!(lenient.get("a").and_then(serde_json::Value::as_u64), Some(2));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(JsonObject::parse(deep.as_bytes()).is_err(), "depth is bounded");
    }
}
