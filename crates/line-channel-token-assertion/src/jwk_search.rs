//! Finds the JWKs in a text: after a heading, in an array or a set, under a member, in a string of JSON, in XML.

use line_channel_token_core::Error;
use zeroize::Zeroizing;

use crate::json_escapes;
use crate::jwk_remains::claims_key;
use crate::lenient_json::{self, Json};
use crate::net_xml;
use crate::private_jwk::{self, Read, ReadJwk};

/// What a text holds.
#[derive(Default)]
pub(crate) struct Found {
    /// The private keys, and why those cannot be read that cannot.
    pub(crate) keys: Vec<Result<ReadJwk, Error>>,
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
/// A text with more broken beginnings of JSON is none. It bounds the time, too: each may be read to its end.
const MOST_BROKEN: usize = 16;

/// Everything in `text` that may be a key.
pub(crate) fn search(text: &str) -> Found {
    let mut found = Found::default();
    found.text(text, 0);
    found
}

impl Found {
    fn text(&mut self, text: &str, layers: usize) {
        let mut from = 0;
        // Where what could be read last ends.
        let mut read_to = 0;
        let mut broken: Option<Error> = None;
        let mut count = 0;
        while let Some(at) = text.get(from..).and_then(next_start).map(|at| from + at) {
            match lenient_json::parse(text, at) {
                Ok((value, end)) => {
                    self.remains(text.get(read_to..at), broken.take());
                    self.value(&value, layers);
                    (from, read_to) = (end, end);
                }
                Err(error) => {
                    // With its quotes escaped it may be JSON still.
                    if count == 0 && read_to == 0 && text.contains("\\\"") && layers < MOST_LAYERS {
                        let mut unescaped = Self::default();
                        unescaped.text(&json_escapes::unescape(text), layers + 1);
                        if unescaped.any {
                            self.take(unescaped);
                            self.in_string = true;
                            return;
                        }
                    }
                    broken.get_or_insert_with(|| {
                        Error::invalid_input(format!("this is not a JWK: {}", error.describe(text)))
                    });
                    count += 1;
                    if count >= MOST_BROKEN {
                        break;
                    }
                    from = at + 1;
                }
            }
        }
        self.remains(text.get(read_to..), broken);
    }

    /// Looks at what is no JSON: it may be a key in XML, or one that was damaged.
    fn remains(&mut self, text: Option<&str>, broken: Option<Error>) {
        let text = text.unwrap_or_default();
        for key in net_xml::keys(text) {
            match key {
                Ok(members) => self.jwk(private_jwk::read(&members)),
                Err(error) => self.keys.push(Err(error)),
            }
        }
        if claims_key(text) {
            self.keys.push(Err(broken.unwrap_or_else(|| {
                Error::invalid_input("this looks like a JWK without its braces: give the whole JSON")
            })));
        } else if let Some(broken) = broken {
            self.refuse(broken);
        }
    }

    fn jwk(&mut self, read: Read) {
        match read {
            Read::Key(key) => self.keys.push(Ok(key)),
            Read::Unreadable(error) => self.keys.push(Err(error)),
            Read::NotPrivate(error) => self.refuse(error),
            Read::NoJwk => {}
        }
    }

    fn value(&mut self, value: &Json<'_>, layers: usize) {
        match value {
            Json::Object(members) => {
                self.any = true;
                let jwk = private_jwk::read(members);
                if !matches!(jwk, Read::NoJwk) {
                    self.jwk(jwk);
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
            Json::String(text) if text.contains(['{', '<', '[']) && layers < MOST_LAYERS => {
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
        self.keys.extend(other.keys);
        self.refused = self.refused.take().or(other.refused);
        self.bytes.extend(other.bytes);
        self.in_string |= other.in_string;
        self.any |= other.any;
    }
}

/// Where JSON may begin, or an array of PHP.
fn next_start(text: &str) -> Option<usize> {
    text.match_indices(['{', '[', '(']).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).unwrap_or_default();
        !text.get(*at..).is_some_and(|rest| rest.starts_with('(')) || before.trim_end_matches(' ').ends_with("array")
    })
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
