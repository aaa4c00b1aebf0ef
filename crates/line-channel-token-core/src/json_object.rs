//! A JSON object of a response, whose members are looked up by name, and whose faults name the member and never quote it.
//!
//! Texts are decoded here and not by serde_json, so that what was decoded can be wiped: a token with escapes would otherwise
//! stay behind in its scratch memory.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use secrecy::zeroize::Zeroizing;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object, in order, not yet decoded.
#[derive(Debug, Default)]
pub(crate) struct JsonObject<'a>(Vec<(Cow<'a, str>, Member<'a>)>);

/// One value, as it was written.
#[derive(Clone, Copy)]
pub(crate) struct Member<'a>(&'a str);

/// The text of a member. It is wiped if it had to be decoded.
pub(crate) enum Text<'a> {
    Plain(&'a str),
    Decoded(Zeroizing<String>),
}

impl<'a> JsonObject<'a> {
    /// Parses `body`, which may begin with a byte order mark.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body))
    }

    /// The member of this name; `None` if there is none, or `null`.
    ///
    /// # Errors
    ///
    /// If it is there twice.
    pub(crate) fn get(&self, name: &str) -> Result<Option<Member<'a>>, String> {
        let mut found = self.0.iter().filter(|(given, _)| given == name).map(|(_, member)| *member);
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => Err(format!("{name} is there twice")),
            (Some(member), None) if member.0 != "null" => Ok(Some(member)),
            _ => Ok(None),
        }
    }

    /// The text of a member that must be there.
    pub(crate) fn text(&self, name: &str) -> Result<Text<'a>, String> {
        self.optional_text(name)?.ok_or_else(|| format!("{name} is missing"))
    }

    /// The text of a member that may be missing.
    pub(crate) fn optional_text(&self, name: &str) -> Result<Option<Text<'a>>, String> {
        let Some(member) = self.get(name)? else { return Ok(None) };
        member.text().map(Some).ok_or_else(|| format!("{name} is {}, and must be a string", member.kind()))
    }

    /// A number of seconds that must be there. One that is larger than 64 bits counts as the largest.
    pub(crate) fn seconds(&self, name: &str) -> Result<u64, String> {
        let member = self.get(name)?.ok_or_else(|| format!("{name} is missing"))?;
        if !member.0.is_empty() && member.0.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(member.0.parse().unwrap_or(u64::MAX));
        }
        let is = match member.kind() {
            "a number" if member.0.starts_with('-') => "negative",
            "a number" => "a number with a fraction or an exponent",
            other => other,
        };
        Err(format!("{name} is {is}, and must be a whole number of seconds"))
    }

    /// The texts of an array that must be there.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<Text<'a>>, String> {
        let member = self.get(name)?.ok_or_else(|| format!("{name} is missing"))?;
        let items =
            member.items().ok_or_else(|| format!("{name} is {}, and must be an array of strings", member.kind()))?;
        let text = |item: Member<'a>| {
            item.text().ok_or_else(|| format!("{name} holds {}, and must hold strings alone", item.kind()))
        };
        items.into_iter().map(text).collect()
    }

    /// Whether a member is there that stands in errors alone, whoever wrote them.
    pub(crate) fn is_error(&self) -> bool {
        const OF_ERRORS: [&str; 12] = [
            "message",
            "msg",
            "detail",
            "details",
            "fault",
            "exception",
            "reason",
            "title",
            "code",
            "status",
            "redirect",
            "location",
        ];
        self.0.iter().any(|(name, member)| {
            let name = name.to_ascii_lowercase();
            let denies = matches!(name.as_str(), "success" | "ok") && member.0 == "false";
            member.0 != "null" && (denies || name.starts_with("error") || OF_ERRORS.contains(&name.as_str()))
        })
    }

    /// Whether a member of this name is there, whatever it is, `null` aside.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(given, member)| given == name && member.0 != "null")
    }
}

impl<'a> Member<'a> {
    /// The text, if it is one.
    pub(crate) fn text(self) -> Option<Text<'a>> {
        let inner = self.0.strip_prefix('"')?.strip_suffix('"')?;
        Some(if inner.contains('\\') { Text::Decoded(decoded(inner)) } else { Text::Plain(inner) })
    }

    /// The items, if it is an array.
    pub(crate) fn items(self) -> Option<Vec<Self>> {
        let items: Vec<&RawValue> = serde_json::from_str(self.0).ok()?;
        Some(items.into_iter().map(|item| Self(item.get())).collect())
    }

    /// The members, if it is an object.
    pub(crate) fn object(self) -> Option<JsonObject<'a>> {
        serde_json::from_str(self.0).ok()
    }

    fn kind(self) -> &'static str {
        match self.0.as_bytes().first() {
            Some(b'"') => "a string",
            Some(b'[') => "an array",
            Some(b'{') => "an object",
            Some(b't' | b'f') => "true or false",
            Some(b'n') => "null",
            _ => "a number",
        }
    }
}

/// What stands between the quotes of a valid JSON string. It never grows: no escape is shorter than what it stands for.
fn decoded(inner: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(inner.len()));
    let mut rest = inner;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let (character, length) = unescaped(escape);
        text.push(character);
        rest = escape.get(length..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

/// The character that an escape stands for, and the escape's length without its backslash.
fn unescaped(escape: &str) -> (char, usize) {
    let unit = |at: usize| u16::from_str_radix(escape.get(at..at + 4)?, 16).ok();
    match escape.as_bytes().first() {
        Some(b'b') => ('\u{8}', 1),
        Some(b'f') => ('\u{c}', 1),
        Some(b'n') => ('\n', 1),
        Some(b'r') => ('\r', 1),
        Some(b't') => ('\t', 1),
        Some(b'u') => {
            let low = if escape.get(5..7) == Some("\\u") { unit(7) } else { None };
            let units = [unit(1).unwrap_or(u16::MAX), low.unwrap_or(0)];
            match char::decode_utf16(units).next() {
                Some(Ok(character)) => (character, if character.len_utf16() == 2 { 11 } else { 5 }),
                _ => (char::REPLACEMENT_CHARACTER, 5),
            }
        }
        Some(&other) => (char::from(other), 1),
        None => (char::REPLACEMENT_CHARACTER, 0),
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Decoded(text) => text,
        }
    }
}

impl fmt::Debug for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

impl<'de> Deserialize<'de> for JsonObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = JsonObject<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        #[derive(Deserialize)]
        struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

        let mut members = Vec::with_capacity(4);
        while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
            members.push((name, Member(value.get())));
        }
        Ok(JsonObject(members))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::JsonObject;

    #[test]
    fn members_are_found_and_their_faults_name_them() {
        let object = JsonObject::parse(
            b"\xef\xbb\xbf {\"a\\u0062\":\"x\", \"n\":900, \"big\":99999999999999999999, \"minus\":-1, \"half\":0.5, \"twice\":1, \"twice\":2, \"none\":null, \"list\":[\"a\",1]}",
        )
        .unwrap();
        assert_eq!(&*object.text("ab").unwrap(), "x");
        assert_eq!(object.seconds("n").unwrap(), 900);
        assert_eq!(object.seconds("big").unwrap(), u64::MAX);
        assert!(object.optional_text("none").unwrap().is_none() && object.optional_text("no").unwrap().is_none());
        for (fault, says) in [
            (object.text("n").err(), "n is a number, and must be a string"),
            (object.text("none").err(), "none is missing"),
            (object.seconds("twice").err(), "twice is there twice"),
            (object.seconds("minus").err(), "minus is negative"),
            (object.seconds("half").err(), "half is a number with a fraction"),
            (object.seconds("ab").err(), "ab is a string, and must be a whole number"),
            (object.texts("list").err(), "list holds a number"),
            (object.texts("n").err(), "n is a number, and must be an array"),
        ] {
            let fault = fault.unwrap();
            assert!(fault.contains(says), "{fault}");
        }
        assert!(!format!("{object:?}").contains('x'), "values are not shown");
    }

    proptest! {
        #[test]
        fn texts_are_decoded_as_serde_json_does(text in any::<String>(), escaped in any::<bool>()) {
            let mut json = serde_json::to_string(&text).unwrap();
            if escaped {
                let units: Vec<String> = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
                json = format!("\"{}\"", units.concat());
            }
            let body = format!("{{\"t\":{json}}}");
            let object = JsonObject::parse(body.as_bytes()).unwrap();
            prop_assert_eq!(&*object.text("t").unwrap(), text.as_str());
        }
    }
}
