//! A value of JSON, borrowed from the text that it was read from.

use std::ops::Deref;

use zeroize::Zeroizing;

/// A value, borrowed from the text as far as that has no escapes.
pub(crate) enum Json<'a> {
    Null,
    Bool,
    Number(&'a str),
    String(Text<'a>),
    Array(Vec<Json<'a>>),
    Object(Vec<(Text<'a>, Json<'a>)>),
}

/// A string without its escapes. Copies are wiped.
pub(crate) enum Text<'a> {
    Borrowed(&'a str),
    Owned(Zeroizing<String>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text) => text,
        }
    }
}
