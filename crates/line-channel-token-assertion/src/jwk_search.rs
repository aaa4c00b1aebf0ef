//! Finds the JWKs in a text: after a heading, in an array or a set, under a member, in a string of JSON.

use line_channel_token_core::Error;
use zeroize::Zeroizing;

use crate::json_escapes;
use crate::lenient_json::{self, Json};
use crate::net_xml;
use crate::private_jwk::{self, ReadJwk};

/// What a text holds.
#[derive(Default)]
pub(crate) struct Found {
    /// The private keys.
    pub(crate) keys: Vec<ReadJwk>,
    /// Why the first thing that looks like a JWK is no private key.
    pub(crate) refused: Option<Error>,
    /// Bytes that were written as an array of numbers.
    pub(crate) bytes: Vec<Zeroizing<Vec<u8>>>,
    /// Whether the keys stand in a string of JSON, with escapes around them.
    pub(crate) in_string: bool,
    /// Whether there was any JSON at all.
    pub(crate) any: bool,
}

/// As deep as strings of JSON in strings of JSON are looked into.
const MOST_LAYERS: usize = 3;
/// A text with more broken beginnings of JSON is none.
const MOST_BROKEN: usize = 16;

/// Everything in `text` that may be a key.
pub(crate) fn search(text: &str) -> Found {
    let mut found = Found::default();
    if let Some(jwk) = net_xml::as_jwk(text) {
        found.value(&jwk, 0);
        return found;
    }
    found.text(text, 0);
    found
}

impl Found {
    fn text(&mut self, text: &str, layers: usize) {
        let mut from = 0;
        let mut broken = 0;
        while let Some(at) = text.get(from..).and_then(|rest| rest.find(['{', '['])) {
            match lenient_json::parse(text, from + at) {
                Ok((value, end)) => {
                    self.value(&value, layers);
                    from = end;
                }
                Err(error) => {
                    let message = format!("this is not a JWK: {}", error.describe(text));
                    if broken == 0 && self.keys.is_empty() {
                        // With its quotes escaped it may be JSON still.
                        if text.contains("\\\"") && layers < MOST_LAYERS {
                            let mut unescaped = Self::default();
                            unescaped.text(&json_escapes::unescape(text), layers + 1);
                            if unescaped.any {
                                self.take(unescaped);
                                self.in_string = true;
                                return;
                            }
                        }
                        self.refuse(Error::invalid_input(message));
                    }
                    broken += 1;
                    if broken >= MOST_BROKEN {
                        return;
                    }
                    from += at + 1;
                }
            }
        }
    }

    fn value(&mut self, value: &Json<'_>, layers: usize) {
        match value {
            Json::Object(members) => {
                self.any = true;
                if let Some(jwk) = private_jwk::read(members) {
                    match jwk {
                        Ok(jwk) if !self.keys.contains(&jwk) => self.keys.push(jwk),
                        Ok(_) => {}
                        Err(error) => self.refuse(error),
                    }
                    return;
                }
                // `JSON.stringify` of bytes: `{"0": 48, "1": 130}`.
                let numbered = members.iter().enumerate().all(|(at, (name, _))| **name == *at.to_string());
                if numbered && members.len() > 32 {
                    self.bytes.extend(bytes(members.iter().map(|(_, value)| value)));
                }
                members.iter().for_each(|(_, value)| self.value(value, layers));
            }
            Json::Array(items) => {
                self.any = true;
                if items.len() > 32 && matches!(items.first(), Some(Json::Number(_))) {
                    self.bytes.extend(bytes(items.iter()));
                } else {
                    items.iter().for_each(|item| self.value(item, layers));
                }
            }
            Json::String(text) if text.contains('{') && layers < MOST_LAYERS => {
                let mut inner = Self::default();
                inner.text(text, layers + 1);
                self.in_string |= !inner.keys.is_empty();
                self.take(inner);
            }
            _ => {}
        }
    }

    fn refuse(&mut self, error: Error) {
        self.refused.get_or_insert(error);
    }

    fn take(&mut self, other: Self) {
        for key in other.keys {
            if !self.keys.contains(&key) {
                self.keys.push(key);
            }
        }
        self.refused = self.refused.take().or(other.refused);
        self.bytes.extend(other.bytes);
        self.in_string |= other.in_string;
        self.any |= other.any;
    }
}

/// Numbers from -128 (Java's bytes are signed) to 255 as bytes.
fn bytes<'a>(numbers: impl ExactSizeIterator<Item = &'a Json<'a>>) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(numbers.len()));
    for number in numbers {
        let Json::Number(number) = number else {
            return None;
        };
        let number: i16 = number.parse().ok()?;
        bytes.push(u8::try_from(if number < 0 { number + 256 } else { number }).ok()?);
    }
    Some(bytes)
}
