//! The feature `serde`: ids, kids, base URLs and lifetimes go in and out, secrets in alone.
//!
//! A value is checked as by its constructor. Errors never show it, whatever the format: a secret may be one that was written
//! without its quotes.

use std::fmt;
use std::marker::PhantomData;

use secrecy::zeroize::Zeroizing;
use serde::de::{self, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    AccessToken, Assertion, AssertionKid, AssertionLifetime, BaseUrl, ChannelId, ChannelSecret, Error, RequestId,
    TokenKeyId, TokenLifetime,
};

macro_rules! deserialize_text {
    ($($type:ident: $name:literal),*) => {$(
        #[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
        impl<'de> Deserialize<'de> for $type {
            /// From text, which is checked as by [`new`](Self::new). A number is refused, because it has lost its leading zeros.
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let visitor = TextVisitor { name: $name, parse: |text: &str| Self::new(text), value: PhantomData };
                // A format that describes itself hands over whatever is there, so that this names it without showing it.
                if deserializer.is_human_readable() {
                    deserializer.deserialize_any(visitor)
                } else {
                    deserializer.deserialize_str(visitor)
                }
            }
        }
    )*};
}

macro_rules! serialize_text {
    ($($type:ident),*) => {$(
        #[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
        impl Serialize for $type {
            /// As text.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )*};
}

macro_rules! seconds {
    ($($type:ident),*) => {$(
        #[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
        impl Serialize for $type {
            /// As whole seconds.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u64(self.as_secs())
            }
        }

        #[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
        impl<'de> Deserialize<'de> for $type {
            /// From whole seconds, which are checked as by [`from_secs`](Self::from_secs).
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::from_secs(u64::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    )*};
}

deserialize_text!(
    ChannelId: "channel id",
    ChannelSecret: "channel secret",
    AccessToken: "access token",
    Assertion: "assertion",
    AssertionKid: "kid of the assertion key",
    TokenKeyId: "key id of the token",
    BaseUrl: "base URL"
);
// A key id as it is, also one that `Display` does not show: it must be the same when it comes back.
serialize_text!(ChannelId, AssertionKid, TokenKeyId, RequestId);
seconds!(TokenLifetime, AssertionLifetime);

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for BaseUrl {
    /// As text.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Error {
    /// As a map of `kind`, `message` (what `Display` shows), `sent`, `operation`, `status`, `oauth_code`, `request_id` and
    /// `retry_after_secs`; what is not known is null.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_struct("Error", 8)?;
        map.serialize_field("kind", &self.kind())?;
        map.serialize_field("message", &format_args!("{self}"))?;
        map.serialize_field("sent", &self.sent())?;
        map.serialize_field("operation", &self.operation())?;
        map.serialize_field("status", &self.status().map(|status| status.as_u16()))?;
        map.serialize_field("oauth_code", &self.oauth_code())?;
        map.serialize_field("request_id", &self.request_id())?;
        map.serialize_field("retry_after_secs", &self.retry_after().map(|delay| delay.as_secs_f64()))?;
        map.end()
    }
}

/// Takes text, and refuses anything else without repeating it.
struct TextVisitor<T, P> {
    name: &'static str,
    parse: P,
    value: PhantomData<T>,
}

impl<T, P> TextVisitor<T, P> {
    fn is_no_text<E: de::Error>(&self, found: &str) -> E {
        E::custom(format_args!("the {} is {found}, and must be text: put it in quotes", self.name))
    }
}

impl<T, P: FnOnce(&str) -> Result<T, Error>> Visitor<'_> for TextVisitor<T, P> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} as text", self.name)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).map_err(E::custom)
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<T, E> {
        self.visit_str(&Zeroizing::new(text))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<T, E> {
        Err(self.is_no_text("true or false"))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<T, E> {
        Err(self.is_no_text("a number"))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<T, E> {
        Err(self.is_no_text("a number"))
    }

    fn visit_i128<E: de::Error>(self, _: i128) -> Result<T, E> {
        Err(self.is_no_text("a number"))
    }

    fn visit_u128<E: de::Error>(self, _: u128) -> Result<T, E> {
        Err(self.is_no_text("a number"))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<T, E> {
        Err(self.is_no_text("a number"))
    }

    fn visit_bytes<E: de::Error>(self, _: &[u8]) -> Result<T, E> {
        Err(self.is_no_text("bytes"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_str, json, to_value};

    use crate::{
        AccessToken, Assertion, AssertionKid, AssertionLifetime, BaseUrl, ChannelId, ChannelSecret, Error, ErrorKind,
        Operation, Sent, TokenKeyId, TokenLifetime, TransportErrorKind,
    };

    #[test]
    fn ids_lifetimes_and_base_urls_go_in_and_out() {
        let id: ChannelId = from_str("\"1234567890\"").unwrap();
        let kid: AssertionKid = from_str("\"6b2f\"").unwrap();
        let key_id: TokenKeyId = from_str("\"abc\"").unwrap();
        let url: BaseUrl = from_str("\"https://gateway.example/\"").unwrap();
        let token: TokenLifetime = from_str("86400").unwrap();
        let assertion: AssertionLifetime = from_str("300").unwrap();
        let seen = to_value((id, kid, key_id, url, token, assertion)).unwrap();
        assert_eq!(seen, json!(["1234567890", "6b2f", "abc", "https://gateway.example", 86400, 300]));
    }

    #[test]
    fn secrets_come_in_through_a_slice_a_reader_and_a_value() {
        let secret: ChannelSecret = from_str("\"s3cr3t\"").unwrap();
        let token: AccessToken = serde_json::from_reader(&b"\"eyJ\\u0061bc\""[..]).unwrap();
        let assertion: Assertion = serde_json::from_value(json!("e30.e30.c2ln")).unwrap();
        assert_eq!(secret.expose_secret(), "s3cr3t");
        assert_eq!(token.expose_secret(), "eyJabc");
        assert_eq!(assertion.expose_secret(), "e30.e30.c2ln");
    }

    #[test]
    fn a_refused_value_is_named_and_not_shown() {
        for (secret, says) in [
            ("12345678", "the channel secret is a number, and must be text: put it in quotes"),
            ("-12345678", "is a number"),
            ("1.2345678e3", "is a number"),
            ("true", "is true or false"),
            ("\"12345678 s3cr3t\"", "white space"),
            ("\"${12345678}\"", "not expanded"),
            ("null", "expected the channel secret as text"),
            ("[\"12345678\"]", "expected the channel secret as text"),
            ("{\"12345678\": 1}", "expected the channel secret as text"),
        ] {
            let error = from_str::<ChannelSecret>(secret).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("2345678") && !error.contains("s3cr3t"), "{error}");
        }
        assert!(from_str::<TokenLifetime>("0").unwrap_err().to_string().contains("not 0"));
        assert!(from_str::<AssertionLifetime>("1801").unwrap_err().to_string().contains("30 minutes"));
        assert!(from_str::<BaseUrl>("\"http://gateway.example\"").unwrap_err().to_string().contains("use https"));
    }

    #[test]
    fn kinds_serialize_as_their_names_and_errors_as_maps() {
        let kinds = (ErrorKind::RateLimited, Operation::IssueJwt, Sent::NotSent, TransportErrorKind::BodyTooLarge);
        assert_eq!(to_value(kinds).unwrap(), json!(["rate_limited", "issue_jwt", "not_sent", "body_too_large"]));
        let error =
            Error::transient("the vault does not respond").with_retry_after(std::time::Duration::from_millis(1500));
        assert_eq!(
            to_value(&error).unwrap(),
            json!({
                "kind": "temporarily_unavailable",
                "message": "the vault does not respond; try again in 2 s",
                "sent": "not_sent",
                "operation": null, "status": null, "oauth_code": null, "request_id": null,
                "retry_after_secs": 1.5,
            })
        );
    }
}
