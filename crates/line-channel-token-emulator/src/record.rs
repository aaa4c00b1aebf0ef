//! What is told about each answered request.

use std::fmt;

use http::{Method, StatusCode};
use line_channel_token_core::{ChannelId, Operation};

/// One answered request, for a log or a test.
///
/// No body, no header, no value of a parameter and no token or channel secret is copied into it. Of what the sender
/// wrote, this and nothing else may appear:
///
/// - the method, and the path as far as [`path`](Self::path) says,
/// - the id of a channel that the emulator has,
/// - in the reason of a refusal, the texts `alg`, `typ` and `kid` of an assertion's header and, once its signature is
///   verified, `iss`, `sub` and `aud` of its claims, each escaped and cut at 64 characters; and its numbers `exp` and
///   `nbf`, as seconds from now, and `token_exp`.
///
/// A sender that puts a secret into one of these places may therefore find it here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RequestRecord {
    /// The method, as it was sent; `UNPARSED` if the server could not parse the request.
    pub method: Method,
    /// The path without its query. It ends where a character other than a letter, a digit, `/`, `.`, `-`, `_` or `*`
    /// is met, or after eight segments, and a segment of more than 24 characters is left out; `…` stands for what is
    /// missing. It is empty if the server could not parse the request.
    pub path: String,
    /// The operation, where path and method are those of one.
    pub operation: Option<Operation>,
    /// The channel, where the request names one that the emulator has: by its id, by a key or by a token.
    pub channel_id: Option<ChannelId>,
    /// The status of the answer.
    pub status: StatusCode,
    /// The `X-Line-Request-Id` of the answer.
    pub request_id: String,
    /// Why the request was refused, in words for a person; fuller than the body of the answer. What it may quote is
    /// said [above](Self).
    pub refusal: Option<String>,
    /// What was let through although LINE may refuse it, in words for a person. Nothing of the request is quoted.
    pub warnings: Vec<String>,
}

impl fmt::Display for RequestRecord {
    /// One line: `POST /oauth2/v2.1/token 400 issue_jwt channel 1234567890 (request id …): why; warning: what`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.method)?;
        if !self.path.is_empty() {
            write!(f, " {}", self.path)?;
        }
        write!(f, " {}", self.status.as_u16())?;
        if let Some(operation) = self.operation {
            write!(f, " {operation}")?;
        }
        if let Some(id) = &self.channel_id {
            write!(f, " channel {id}")?;
        }
        write!(f, " (request id {})", self.request_id)?;
        if let Some(reason) = &self.refusal {
            write!(f, ": {reason}")?;
        }
        self.warnings.iter().try_for_each(|warning| write!(f, "; warning: {warning}"))
    }
}

/// A path that may be shown. A `?` that was encoded by mistake makes the query a part of the path, and a token may
/// stand where a name was expected, so an unusual character ends it and a long segment is left out.
pub(crate) fn shown_path(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '*');
    let end = path.find(|c| !plain(c)).unwrap_or(path.len());
    let mut shown = String::new();
    for (index, segment) in path[..end].split('/').enumerate() {
        if index > 0 {
            shown.push('/');
        }
        shown.push_str(if segment.len() > 24 || index > 8 { "…" } else { segment });
        if index > 8 {
            break;
        }
    }
    if end < path.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::shown_path;

    #[test]
    fn a_path_is_shown_without_what_could_be_a_secret() {
        for (path, shown) in [
            ("//oauth2/v2.1/tokens/kid", "//oauth2/v2.1/tokens/kid"),
            ("/oauth2/v2.1/verify%3Faccess_token=eyJ", "/oauth2/v2.1/verify…"),
            ("/oauth2/v2.1/verify/eyJhbGciOiJIUzI1NiJ9.abc.def", "/oauth2/v2.1/verify/…"),
            ("/a/0123456789abcdef0123456789abcdef/b", "/a/…/b"),
            ("*", "*"),
            ("", ""),
        ] {
            assert_eq!(shown_path(path), shown);
        }
        assert!(shown_path(&"/a".repeat(30_000)).len() < 40);
    }
}
