//! A JSON object without duplicate members.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A JSON object. RFC 7515 and 7519 allow duplicate members to be rejected; otherwise it is open which one counts.
pub(crate) struct JsonObject(BTreeMap<String, Value>);

impl JsonObject {
    /// Parses an object; anything else, trailing text and duplicate members are errors.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
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
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(JsonObject::parse(deep.as_bytes()).is_err(), "depth is bounded");
    }
}
