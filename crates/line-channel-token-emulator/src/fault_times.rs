//! How many requests meet a fault, in JSON: a number or `"until_cleared"`.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// How many requests meet it.
#[derive(Clone, Copy)]
pub(crate) enum Times {
    Count(u64),
    UntilCleared,
}

impl Default for Times {
    fn default() -> Self {
        Self::Count(1)
    }
}

impl Serialize for Times {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(times) => serializer.serialize_u64(*times),
            Self::UntilCleared => serializer.serialize_str("until_cleared"),
        }
    }
}

impl<'de> Deserialize<'de> for Times {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TimesVisitor;

        impl Visitor<'_> for TimesVisitor {
            type Value = Times;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number from 1, or \"until_cleared\"")
            }

            fn visit_u64<E: de::Error>(self, times: u64) -> Result<Times, E> {
                Ok(Times::Count(times))
            }

            // TOML has signed numbers alone.
            fn visit_i64<E: de::Error>(self, times: i64) -> Result<Times, E> {
                match u64::try_from(times) {
                    Ok(times) => Ok(Times::Count(times)),
                    Err(_) => Err(E::invalid_value(de::Unexpected::Signed(times), &self)),
                }
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Times, E> {
                match text {
                    "until_cleared" => Ok(Times::UntilCleared),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_any(TimesVisitor)
    }
}
