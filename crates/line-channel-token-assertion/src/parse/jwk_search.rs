//! Finds the JWKs in a text: after a heading, in an array or a set, in a member, in a string of JSON, in XML.

use line_channel_token_core::Error;
use zeroize::Zeroizing;

use crate::key_errors::jwk_without_braces;
use crate::parse::damaged_jwk::looks_like_jwk;
use crate::parse::dotnet_xml;
use crate::parse::json_str;
use crate::parse::jwk::{self, JwkKey, ParsedJwk};
use crate::parse::lenient_json::{self, Json};

/// What a text holds.
#[derive(Default)]
pub(crate) struct Found {
    /// The private keys, or the errors of those that are invalid.
    pub(crate) keys: Vec<Result<JwkKey, Error>>,
    /// Why the first object that resembles a JWK is not a private key.
    pub(crate) not_private: Option<Error>,
    /// Bytes written as an array of numbers.
    pub(crate) byte_arrays: Vec<Zeroizing<Vec<u8>>>,
    /// Whether a key is in a string of JSON, with escapes.
    pub(crate) in_string: bool,
    /// Whether there is any JSON.
    pub(crate) has_json: bool,
}

/// How many layers of JSON in strings of JSON are parsed.
const MAX_LAYERS: usize = 3;
/// A text with more syntax errors is not JSON. This also limits the time: each attempt may parse up to the end.
const MAX_SYNTAX_ERRORS: usize = 16;

/// Everything in `text` that may be a key.
pub(crate) fn search(text: &str) -> Found {
    let mut found = Found::default();
    found.search_text(text, 0);
    found
}

impl Found {
    fn search_text(&mut self, text: &str, layers: usize) {
        let mut from = 0;
        // The end of the last value that was parsed.
        let mut parsed_to = 0;
        let mut syntax_error: Option<Error> = None;
        let mut error_count = 0;
        while let Some(at) = text.get(from..).and_then(next_start).map(|at| from + at) {
            match lenient_json::parse(text, at) {
                Ok((value, end)) => {
                    self.search_remainder(text.get(parsed_to..at), syntax_error.take());
                    self.search_value(&value, layers);
                    from = end;
                    parsed_to = end;
                }
                Err(error) => {
                    // It may still be JSON, with escaped quotes.
                    if error_count == 0 && parsed_to == 0 && text.contains("\\\"") && layers < MAX_LAYERS {
                        let mut unescaped = Self::default();
                        unescaped.search_text(&json_str::unescape(text), layers + 1);
                        if unescaped.has_json {
                            self.extend(unescaped);
                            self.in_string = true;
                            return;
                        }
                    }
                    syntax_error.get_or_insert_with(|| {
                        Error::invalid_input(format!(
                            "this is not a JWK: {}; give the whole JSON",
                            error.describe(text)
                        ))
                    });
                    error_count += 1;
                    if error_count >= MAX_SYNTAX_ERRORS {
                        break;
                    }
                    from = at + 1;
                }
            }
        }
        self.search_remainder(text.get(parsed_to..), syntax_error);
    }

    /// Searches text that is not JSON for a key in XML and for a damaged key.
    fn search_remainder(&mut self, text: Option<&str>, syntax_error: Option<Error>) {
        let text = text.unwrap_or_default();
        for key in dotnet_xml::parse_all(text) {
            match key {
                Ok(members) => self.add(jwk::parse(&members)),
                Err(error) => self.keys.push(Err(error)),
            }
        }
        if looks_like_jwk(text) {
            self.keys.push(Err(syntax_error.unwrap_or_else(jwk_without_braces)));
        } else if let Some(error) = syntax_error {
            self.add_not_private(error);
        }
    }

    fn add(&mut self, jwk: ParsedJwk) {
        match jwk {
            ParsedJwk::Private(key) => self.keys.push(Ok(key)),
            ParsedJwk::Invalid(error) => self.keys.push(Err(error)),
            ParsedJwk::NotPrivate(error) => self.add_not_private(error),
            ParsedJwk::NotJwk => {}
        }
    }

    fn search_value(&mut self, value: &Json<'_>, layers: usize) {
        match value {
            Json::Object(members) => {
                self.has_json = true;
                let jwk = jwk::parse(members);
                if !matches!(jwk, ParsedJwk::NotJwk) {
                    self.add(jwk);
                    return;
                }
                // JavaScript's `JSON.stringify` of bytes: `{"0": 48, "1": 130}`.
                let is_indexed = members.iter().enumerate().all(|(at, (name, _))| name.as_str() == at.to_string());
                if is_indexed && members.len() > 32 {
                    self.byte_arrays.extend(to_bytes(members.iter().map(|(_, value)| value)));
                }
                members.iter().for_each(|(_, value)| self.search_value(value, layers));
            }
            Json::Array(items) => {
                self.has_json = true;
                if items.len() > 32 && matches!(items.first(), Some(Json::Number(_))) {
                    self.byte_arrays.extend(to_bytes(items.iter()));
                } else {
                    items.iter().for_each(|item| self.search_value(item, layers));
                }
            }
            Json::String(text) if text.as_str().contains(['{', '<', '[']) && layers < MAX_LAYERS => {
                let mut inner = Self::default();
                inner.search_text(text.as_str(), layers + 1);
                self.in_string |= !inner.keys.is_empty();
                self.extend(inner);
            }
            _ => {}
        }
    }

    fn add_not_private(&mut self, error: Error) {
        self.not_private.get_or_insert(error);
    }

    fn extend(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.not_private = self.not_private.take().or(other.not_private);
        self.byte_arrays.extend(other.byte_arrays);
        self.in_string |= other.in_string;
        self.has_json |= other.has_json;
    }
}

/// The position at which JSON or an array of PHP may begin.
fn next_start(text: &str) -> Option<usize> {
    text.match_indices(['{', '[', '(']).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).unwrap_or_default();
        !text.get(*at..).is_some_and(|rest| rest.starts_with('(')) || before.trim_end_matches(' ').ends_with("array")
    })
}

/// Converts numbers from -128 (Java's bytes are signed) to 255.
fn to_bytes<'a>(numbers: impl ExactSizeIterator<Item = &'a Json<'a>>) -> Option<Zeroizing<Vec<u8>>> {
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
