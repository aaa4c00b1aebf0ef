//! The XML of .NET's `RSA.ToXmlString`.

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

/// The key in `text` in the form of a JWK, if there is such XML.
pub(crate) fn as_jwk(text: &str) -> Option<Json<'_>> {
    element(text, "Modulus")?;
    let mut members = vec![(Text::Borrowed("kty"), Json::String(Text::Borrowed("RSA")))];
    for (element_name, member) in ELEMENTS {
        if let Some(value) = element(text, element_name) {
            members.push((Text::Borrowed(member), Json::String(Text::Borrowed(value))));
        }
    }
    Some(Json::Object(members))
}

fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(&format!("<{name}>"))?;
    let (value, _) = after.split_once(&format!("</{name}>"))?;
    Some(value)
}
