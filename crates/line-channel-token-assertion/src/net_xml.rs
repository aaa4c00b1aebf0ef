//! The XML of .NET's `RSA.ToXmlString`.

use line_channel_token_core::Error;

use crate::lenient_json::{Json, Text};

/// The elements, and the members of a JWK that mean the same.
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
const KEYS: [&str; 2] = ["RSAKeyValue", "RSAParameters"];

/// The members of a JWK that mean the same as one key in XML.
pub(crate) type Members<'a> = Vec<(Text<'a>, Json<'a>)>;

/// Each key in `text`; the error if its XML breaks off.
pub(crate) fn keys(text: &str) -> Vec<Result<Members<'_>, Error>> {
    let mut reader = Reader::default();
    // After each `<` comes a tag, and the text behind it.
    for piece in text.split('<').skip(1) {
        match piece.split_once('>') {
            Some((tag, value)) => reader.tag(tag.split_whitespace().next().unwrap_or_default(), value),
            None => reader.broken = true,
        }
    }
    reader.end();
    reader.keys
}

#[derive(Default)]
struct Reader<'a> {
    keys: Vec<Result<Members<'a>, Error>>,
    /// The key that is being read.
    key: Members<'a>,
    /// Whether an element around a key was opened, and one of its numbers.
    inside: bool,
    in_number: bool,
    broken: bool,
}

impl<'a> Reader<'a> {
    fn tag(&mut self, name: &str, value: &'a str) {
        let (closes, element) = name.strip_prefix('/').map_or((false, name), |name| (true, name));
        if KEYS.contains(&element) {
            if closes {
                self.inside = false;
            }
            self.end();
            self.inside = !closes;
        } else if let Some((_, member)) = ELEMENTS.iter().find(|(known, _)| *known == element) {
            if closes {
                let opened = self.in_number && self.key.last().is_some_and(|(last, _)| **last == **member);
                self.broken |= !opened;
                self.in_number = false;
                return;
            }
            if !self.inside && self.key.iter().any(|(known, _)| **known == **member) {
                self.end();
            }
            self.broken |= self.in_number;
            self.in_number = true;
            self.key.push((Text::Borrowed(member), Json::String(Text::Borrowed(value))));
        }
    }

    /// Takes what was read of a key, if it is one: `<P>` alone is a paragraph of HTML.
    fn end(&mut self) {
        let broken = self.broken || self.inside || self.in_number;
        let mut key = std::mem::take(&mut self.key);
        let is_key = !key.is_empty() && (self.inside || key.iter().any(|(name, _)| **name == *"n"));
        (self.inside, self.in_number, self.broken) = (false, false, false);
        if !is_key {
            return;
        }
        key.push((Text::Borrowed("kty"), Json::String(Text::Borrowed("RSA"))));
        self.keys.push(if broken {
            Err(Error::invalid_input("the XML of this key breaks off or is damaged: give all of it"))
        } else {
            Ok(key)
        });
    }
}
