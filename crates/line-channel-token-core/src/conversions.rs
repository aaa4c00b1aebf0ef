//! What ids and secrets convert from and into, the same for all of them.

use std::str::FromStr;

use secrecy::zeroize::Zeroizing;

use crate::{AccessToken, Assertion, AssertionKid, BaseUrl, ChannelId, ChannelSecret, Error, RequestId, TokenKeyId};

macro_rules! from_text {
    ($($type:ident),*) => {$(
        impl FromStr for $type {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $type {
            type Error = Error;

            fn try_from(text: &str) -> Result<Self, Error> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $type {
            type Error = Error;

            /// The text is wiped, also if it is refused.
            fn try_from(text: String) -> Result<Self, Error> {
                Self::new(Zeroizing::new(text).as_str())
            }
        }
    )*};
}

macro_rules! as_text {
    ($($type:ident),*) => {$(
        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }
    )*};
}

from_text!(ChannelId, AssertionKid, TokenKeyId, BaseUrl, ChannelSecret, AccessToken, Assertion);
as_text!(ChannelId, AssertionKid, TokenKeyId, RequestId);

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::str::FromStr;

    use crate::{AccessToken, Assertion, AssertionKid, BaseUrl, ChannelId, ChannelSecret, Error, TokenKeyId};

    /// The same text through every way in, each of which must check it.
    fn ways_in<T>(good: &str, bad: &str) -> T
    where
        T: FromStr<Err = Error> + for<'a> TryFrom<&'a str, Error = Error> + TryFrom<String, Error = Error> + Debug,
    {
        assert_eq!(bad.parse::<T>().unwrap_err().to_string(), T::try_from(bad).unwrap_err().to_string());
        assert_eq!(T::try_from(bad.to_owned()).unwrap_err().to_string(), T::try_from(bad).unwrap_err().to_string());
        let value = good.parse::<T>().unwrap();
        let same = [T::try_from(good).unwrap(), T::try_from(good.to_owned()).unwrap()];
        assert!(same.iter().all(|other| format!("{other:?}") == format!("{value:?}")));
        value
    }

    #[test]
    fn ids_and_kids_convert_alike() {
        let id: ChannelId = ways_in("1234567890\n", "U0123");
        let kid: AssertionKid = ways_in("\"6b2f\"", "");
        let key_id: TokenKeyId = ways_in(" abc ", "a b");
        assert_eq!([id.as_ref(), kid.as_ref(), key_id.as_ref()], ["1234567890", "6b2f", "abc"]);
        assert_eq!([id.to_string(), kid.to_string(), key_id.to_string()], ["1234567890", "6b2f", "abc"]);
    }

    #[test]
    fn secrets_parse_and_are_not_shown() {
        let secret: ChannelSecret = ways_in("s3cr3t\n", "${LINE_CHANNEL_SECRET}");
        let token: AccessToken = ways_in("eyJabc", "Bearer eyJabc");
        let assertion: Assertion = ways_in("e30.e30.c2ln", "e30.e30");
        assert_eq!(secret.expose_secret(), "s3cr3t");
        assert_eq!(token.expose_secret(), "eyJabc");
        assert_eq!(assertion.expose_secret(), "e30.e30.c2ln");
        assert!(!format!("{secret:?}{token:?}{assertion:?}").contains("e30"));
    }

    #[test]
    fn a_base_url_converts_as_the_ids_do() {
        let url: BaseUrl = ways_in("https://gateway.example/line/", "gateway.example");
        assert_eq!(url.to_string(), "https://gateway.example/line");
    }
}
