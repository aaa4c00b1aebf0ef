//! What the observer is told about each request.

use std::fmt;
use std::time::Duration;

use http::{Method, StatusCode};
use line_channel_token_core::{ChannelId, Operation};

/// One request and the response to it, for a log or a test.
///
/// It holds no body, no header, no value of a parameter and no token or channel secret. Of the request it holds only this:
///
/// - the method, and the path as far as [`path`](Self::path) says,
/// - the id of a channel that the emulator has,
/// - in the reason of a refusal, the texts `alg`, `typ` and `kid` of an assertion's header and, once its signature is
///   verified, `iss`, `sub` and `aud` of its claims, each escaped and cut at 64 characters; and its numbers `exp` and
///   `nbf`, as seconds from now, and `token_exp`.
///
/// A secret that a client puts there by mistake is therefore in the record.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use bytes::Bytes;
/// use http::Request;
/// use line_channel_token_emulator::{Emulator, RequestRecord};
///
/// let records = Arc::new(Mutex::new(Vec::new()));
/// let sink = Arc::clone(&records);
/// let observer = move |record: &RequestRecord| sink.lock().unwrap().push(record.clone());
/// let emulator = Emulator::builder().on_request(observer).build()?;
/// emulator.handle(&Request::put("/oauth2/v3/token").body(Bytes::new())?);
///
/// let record = records.lock().unwrap().remove(0);
/// assert_eq!(record.status, 405);
/// assert_eq!(record.refusal.as_deref(), Some("the endpoint takes POST"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RequestRecord {
    /// When it was responded to: the emulator's time as Unix time, without what a channel was
    /// [advanced](crate::Emulator::advance_channel) by.
    pub time: Duration,
    /// The method, as it was sent; `UNPARSED` if the server could not parse the request.
    pub method: Method,
    /// The path without its query. It ends before the first character other than a letter, a digit, `/`, `.`, `-`, `_` or
    /// `*`, or after eight segments, and a segment of more than 24 characters is left out; `…` stands for what is
    /// missing. It is empty if the server could not parse the request.
    pub path: String,
    /// The operation, if path and method are those of one.
    pub operation: Option<Operation>,
    /// The channel, if the request names one that the emulator has: by its id, by a key or by a token.
    pub channel_id: Option<ChannelId>,
    /// The status of the response.
    pub status: StatusCode,
    /// The `X-Line-Request-Id` of the response.
    pub request_id: String,
    /// Why the request was refused, in words for a person; in more words than the body of the response has. See [above](Self) for
    /// what it may quote.
    pub refusal: Option<String>,
    /// What was accepted although LINE may reject it, in words for a person. Nothing of the request is quoted.
    pub warnings: Vec<String>,
    /// The id of the [`Fault`](crate::Fault) that the request has met. If the client does not get the usual response, `refusal` says so,
    /// and `status` is that of the response that it gets or would have got.
    pub fault: Option<u64>,
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
        self.warnings.iter().try_for_each(|warning| write!(f, "; warning: {warning}"))?;
        match self.fault {
            Some(id) => write!(f, "; fault {id}"),
            None => Ok(()),
        }
    }
}

/// A path that may be shown. A `?` that was encoded by mistake makes the query a part of the path, and a segment
/// may be a token; so an unusual character ends the path, and a long segment is left out.
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
    fn shown_paths_hold_no_secret() {
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
