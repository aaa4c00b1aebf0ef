//! What the body of a response is, if it is not the JSON of LINE's that was expected.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

/// What the body of an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyForm {
    /// An object with a known `error` code, or with a `message`, as LINE's errors are.
    Lines,
    OtherJson,
    OtherText,
    Empty,
    Foreign(Foreign),
}

impl BodyForm {
    /// Continues "the body …", if there is something to say of it.
    pub(crate) fn description(self) -> Option<String> {
        match self {
            Self::Lines | Self::Empty => None,
            Self::OtherJson => Some("is JSON, but not of the form of LINE's errors".to_owned()),
            Self::OtherText => Some("is text and not JSON".to_owned()),
            Self::Foreign(foreign) => Some(foreign.description()),
        }
    }
}

/// What somebody between LINE and us has made of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Foreign {
    Html,
    Xml,
    /// With the name of the encoding, if it is a known one.
    Compressed(Option<&'static str>),
    Utf16,
}

impl Foreign {
    /// What the body is, told by its first bytes and by the headers; `None` if it may be JSON.
    pub(crate) fn of(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let header = |name| headers.get(name).map_or(&b""[..], |value| value.as_bytes()).trim_ascii();
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
        // A gateway may have decoded the body and left the header in place.
        if body.first() == Some(&b'{') && body.get(1) != Some(&0) {
            return None;
        }
        let encoding = header(CONTENT_ENCODING);
        let known = ["gzip", "br", "deflate", "zstd", "compress"];
        let named = known.into_iter().find(|name| encoding.eq_ignore_ascii_case(name.as_bytes()));
        if named.is_some() || !(encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity")) {
            return Some(Self::Compressed(named));
        }
        let starts = |prefix: &[u8]| body.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
        let typed =
            |kind: &[u8]| header(CONTENT_TYPE).get(..kind.len()).is_some_and(|head| head.eq_ignore_ascii_case(kind));
        match body {
            [0x1f, 0x8b, ..] => Some(Self::Compressed(Some("gzip"))),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Compressed(Some("zstd"))),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [_, 0, ..] | [0, _, ..] => Some(Self::Utf16),
            _ if starts(b"<?xml") || typed(b"application/xml") || typed(b"text/xml") => Some(Self::Xml),
            _ if starts(b"<") || (typed(b"text/html") && !body.is_empty()) => Some(Self::Html),
            _ => None,
        }
    }

    /// Continues "the body …".
    pub(crate) fn description(self) -> String {
        const BY: &str = "a proxy, gateway or captive portal responded in LINE's place";
        match self {
            Self::Html => format!("is HTML and not JSON: {BY}"),
            Self::Xml => format!("is XML and not JSON: {BY}"),
            Self::Utf16 => "is UTF-16 and not UTF-8, as JSON must be: a gateway has changed it".to_owned(),
            Self::Compressed(name) => format!(
                "is compressed ({}), which was not asked for: a proxy or gateway has changed it",
                name.unwrap_or("with an unknown Content-Encoding")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};

    use super::Foreign;

    fn of(header: Option<(HeaderName, &'static str)>, body: &[u8]) -> Option<Foreign> {
        let headers: HeaderMap =
            header.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter().collect();
        Foreign::of(&headers, body)
    }

    #[test]
    fn what_a_gateway_made_of_a_body_is_recognised() {
        let gzip = Some(Foreign::Compressed(Some("gzip")));
        assert_eq!(of(None, b"\x1f\x8b\x08"), gzip);
        assert_eq!(of(Some((CONTENT_ENCODING, "GZIP")), b"anything"), gzip);
        assert_eq!(of(Some((CONTENT_ENCODING, "br")), b"\x0b\x02"), Some(Foreign::Compressed(Some("br"))));
        assert_eq!(of(Some((CONTENT_ENCODING, "s3cret")), b"\x0b\x02"), Some(Foreign::Compressed(None)));
        assert_eq!(of(None, b"\x28\xb5\x2f\xfd\x04"), Some(Foreign::Compressed(Some("zstd"))));
        assert_eq!(of(None, b"\n<!DOCTYPE html>"), Some(Foreign::Html));
        assert_eq!(of(Some((CONTENT_TYPE, "text/html; charset=utf-8")), b"Sign in"), Some(Foreign::Html));
        assert_eq!(of(None, b"\xef\xbb\xbf<?xml version=\"1.0\"?>"), Some(Foreign::Xml));
        assert_eq!(of(None, b"\xff\xfe{\0}\0"), Some(Foreign::Utf16));
        assert_eq!(of(None, b"{\0}\0"), Some(Foreign::Utf16));
    }

    #[test]
    fn json_is_not_foreign_whatever_its_headers_say() {
        assert_eq!(of(Some((CONTENT_TYPE, "text/html")), b"{}"), None);
        assert_eq!(of(Some((CONTENT_ENCODING, "gzip")), b" {}"), None);
        assert_eq!(of(Some((CONTENT_ENCODING, "identity")), b"[]"), None);
        assert_eq!(of(Some((CONTENT_TYPE, "text/html")), b""), None);
        assert_eq!(of(None, b"plain"), None);
    }
}
