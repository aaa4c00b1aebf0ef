//! Parses the XML of .NET's `RSA.ToXmlString`.

use line_channel_token_core::Error;

use crate::parse::json_str::JsonStr;
use crate::parse::lenient_json::Json;

/// The elements, and the members of a JWK that they correspond to.
const ELEMENTS: [(&str, &str); 8] = [
    ("Modulus", "n"),
    ("Exponent", "e"),
    ("D", "d"),
    ("P", "p"),
    ("Q", "q"),
    ("DP", "dp"),
    ("DQ", "dq"),
    ("InverseQ", "qi"),
];
/// The elements around a key.
const ROOTS: [&str; 2] = ["RSAKeyValue", "RSAParameters"];

/// A key as the members of a JWK.
pub(crate) type Members<'a> = Vec<(JsonStr<'a>, Json<'a>)>;

/// Parses each key in `text`. An error stands for a key whose XML is cut off or invalid.
pub(crate) fn parse_all(text: &str) -> Vec<Result<Members<'_>, Error>> {
    let mut parser = Parser::default();
    // After each `<` follow a tag and a text.
    for piece in text.split('<').skip(1) {
        match piece.split_once('>') {
            Some((tag, value)) => parser.tag(tag.split_whitespace().next().unwrap_or_default(), value),
            None => parser.invalid = true,
        }
    }
    parser.end();
    parser.keys
}

#[derive(Default)]
struct Parser<'a> {
    keys: Vec<Result<Members<'a>, Error>>,
    /// The key that is being parsed.
    key: Members<'a>,
    /// Whether an element around a key is open.
    in_root: bool,
    /// Whether an element for a number is open.
    in_number: bool,
    invalid: bool,
}

impl<'a> Parser<'a> {
    fn tag(&mut self, name: &str, value: &'a str) {
        let (closes, element) = name.strip_prefix('/').map_or((false, name), |name| (true, name));
        if ROOTS.contains(&element) {
            if closes {
                self.in_root = false;
            }
            self.end();
            self.in_root = !closes;
        } else if let Some((_, member)) = ELEMENTS.iter().find(|(known, _)| *known == element) {
            if closes {
                let opened = self.in_number && self.key.last().is_some_and(|(last, _)| last.as_str() == *member);
                self.invalid |= !opened;
                self.in_number = false;
                return;
            }
            if !self.in_root && self.key.iter().any(|(known, _)| known.as_str() == *member) {
                self.end();
            }
            self.invalid |= self.in_number;
            self.in_number = true;
            self.key.push((JsonStr::Borrowed(member), Json::String(JsonStr::Borrowed(value))));
        }
    }

    /// Adds the key that was parsed, if it is one: `<P>` alone is a paragraph of HTML.
    fn end(&mut self) {
        let invalid = self.invalid || self.in_root || self.in_number;
        let mut key = std::mem::take(&mut self.key);
        let is_key = !key.is_empty() && (self.in_root || key.iter().any(|(name, _)| name.as_str() == "n"));
        self.in_root = false;
        self.in_number = false;
        self.invalid = false;
        if !is_key {
            return;
        }
        key.push((JsonStr::Borrowed("kty"), Json::String(JsonStr::Borrowed("RSA"))));
        self.keys.push(if invalid {
            Err(Error::invalid_input("the XML of this key is cut off or damaged: give all of it"))
        } else {
            Ok(key)
        });
    }
}
