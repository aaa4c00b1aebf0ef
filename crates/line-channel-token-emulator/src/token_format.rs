//! Whether a text has the form of a token, before it is looked up.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::json_object::JsonObject;

/// Why a text cannot be a v2 token, or `None` if it can: a v2 token is standard base64 with its padding.
pub(crate) fn not_short_lived(token: &str) -> Option<&'static str> {
    if token.contains(' ') {
        return Some("the token holds a space: a `+` in a form must be sent as %2B");
    }
    if looks_like_jws(token) {
        return Some("this is a v2.1 or stateless token, and the endpoint takes v2 tokens");
    }
    (token.is_empty() || STANDARD.decode(token).is_err()).then_some("a v2 token is standard base64 with its padding")
}

/// What a text is to an endpoint that takes v2.1 tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JwsShape {
    /// Not three parts with dots between.
    NotJws,
    /// Three parts that are not base64url, or whose first is no JSON object.
    Malformed,
    /// A compact JWS as far as anyone can tell.
    WellFormed,
}

pub(crate) fn jws_shape(token: &str) -> JwsShape {
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return JwsShape::NotJws;
    };
    let header = URL_SAFE_NO_PAD.decode(header).ok().and_then(|header| JsonObject::parse(&header).ok());
    let filled = |part: &str| URL_SAFE_NO_PAD.decode(part).is_ok_and(|bytes| !bytes.is_empty());
    match header {
        Some(_) if filled(payload) && filled(signature) => JwsShape::WellFormed,
        _ => JwsShape::Malformed,
    }
}

fn looks_like_jws(token: &str) -> bool {
    token.starts_with("eyJ") && token.matches('.').count() == 2
}

#[cfg(test)]
mod tests {
    use super::{JwsShape, jws_shape, not_short_lived};

    #[test]
    fn v2_tokens_are_padded_base64() {
        assert_eq!(not_short_lived("a+b/cQ=="), None);
        assert!(not_short_lived("a b/cQ==").unwrap().contains("%2B"));
        assert!(not_short_lived("eyJhbGciOiJIUzI1NiJ9.AA.AA").unwrap().contains("v2.1"));
        for bad in ["", "a+b/cQ", "a-b_cQ==", "tokén"] {
            assert!(not_short_lived(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn jws_shapes_are_distinguished() {
        for (token, shape) in [
            ("a+b/cQ==", JwsShape::NotJws),
            ("", JwsShape::NotJws),
            ("a.b", JwsShape::NotJws),
            ("a.b.c.d", JwsShape::NotJws),
            ("eyJ.AA.AA", JwsShape::Malformed),
            ("eyJhbGciOiJIUzI1NiJ9..AA", JwsShape::Malformed),
            ("eyJhbGciOiJIUzI1NiJ9.AA.A+", JwsShape::Malformed),
            ("AAAA.AA.AA", JwsShape::Malformed),
            ("eyJhbGciOiJIUzI1NiJ9.AA.AA", JwsShape::WellFormed),
        ] {
            assert_eq!(jws_shape(token), shape, "{token}");
        }
    }
}
