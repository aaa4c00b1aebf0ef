//! LINE's id for a call.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Request, Uri};

use crate::mistaken::{contains_ignoring_case, holds_channel_secret};

const HEADER: &str = "x-line-request-id";

/// LINE's `X-Line-Request-Id`. Quote it when you ask LINE's support about a call.
///
/// It stands in errors and logs, and a server chooses it: so only what has the form of an id is taken, up to 64 letters, digits,
/// `-` and `_`, without a channel secret's 32 hex digits in it. A [`Client`](crate::Client), which knows the request, also
/// leaves out what repeats a part of a secret that was sent; the functions of [`response`](crate::response) cannot.
///
/// ```
/// # use line_channel_token_core::{Moment, Timing, response};
/// # use std::time::Duration;
/// # let at = |seconds| Moment { monotonic: Duration::from_secs(seconds), unix: Duration::from_secs(1_767_225_600 + seconds) };
/// # let timing = Timing { sent_at: at(10), received_at: at(11) };
/// let refused = http::Response::builder().status(429).header("x-line-request-id", "ae5ddf5c-0fc9").body("{}".into()).unwrap();
/// let error = response::issue_stateless(&refused, timing).unwrap_err();
/// assert_eq!(error.request_id().unwrap().as_str(), "ae5ddf5c-0fc9");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(Box<str>);

impl RequestId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id in the headers of a response.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let id = headers.get(HEADER)?.to_str().ok()?;
        let shaped = (1..=64).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        (shaped && !holds_channel_secret(id)).then(|| Self(id.into()))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a request holds, kept until its response is there.
pub(crate) struct SentValues {
    uri: Uri,
    body: Bytes,
}

impl SentValues {
    pub(crate) fn of(request: &Request<Bytes>) -> Self {
        Self { uri: request.uri().clone(), body: request.body().clone() }
    }

    /// Removes an id that repeats a value of the request, all of it or a part: a gateway may echo what it was sent.
    pub(crate) fn remove_echo(&self, headers: &mut HeaderMap) {
        if headers.get(HEADER).and_then(|id| id.to_str().ok()).is_some_and(|id| self.contain(id)) {
            headers.remove(HEADER);
        }
    }

    /// The id in these headers, unless it is such a one.
    #[cfg(feature = "tracing")]
    pub(crate) fn request_id(&self, headers: &HeaderMap) -> Option<RequestId> {
        RequestId::of(headers).filter(|id| !self.contain(id.as_str()))
    }

    /// Compares with the values as they are encoded: the characters of an id stand for themselves there.
    fn contain(&self, id: &str) -> bool {
        let query = self.uri.query().unwrap_or_default();
        let form = str::from_utf8(&self.body).unwrap_or_default();
        let fields =
            [query, form].into_iter().flat_map(|form| form.split('&')).filter_map(|field| field.split_once('='));
        fields.into_iter().any(|(name, value)| {
            let secret = matches!(name, "client_secret" | "access_token" | "client_assertion");
            // Shorter ones are in each other by chance.
            value.eq_ignore_ascii_case(id)
                || (secret && value.len() >= 4 && contains_ignoring_case(id, &[value]))
                || (secret && id.len() >= 6 && contains_ignoring_case(value, &[id]))
                || (secret && shared_run(value, id))
        })
    }
}

/// Whether twelve characters in a row stand in both, whatever their case.
fn shared_run(value: &str, id: &str) -> bool {
    // Each run of twelve holds one of eight that begins at a multiple of five; eight are compared as one number.
    let folded = |run: &[u8]| run.try_into().map_or(0, |run| u64::from_ne_bytes(run) | 0x2020_2020_2020_2020);
    let mut runs = [0; 12];
    for (place, run) in runs.iter_mut().zip(id.as_bytes().windows(8).step_by(5)) {
        *place = folded(run);
    }
    value.as_bytes().windows(8).any(|run| runs.contains(&folded(run)))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, Request};

    use super::{HEADER, RequestId, SentValues};

    fn headers(id: &[u8]) -> HeaderMap {
        HeaderMap::from_iter([(HEADER.parse().unwrap(), HeaderValue::from_bytes(id).unwrap())])
    }

    #[test]
    fn only_what_has_the_form_of_an_id_is_taken() {
        for id in ["bb9744f9-47fa-4a29-941e-1234567890ab", "request_1", "1"] {
            assert_eq!(RequestId::of(&headers(id.as_bytes())).unwrap().as_str(), id);
        }
        let too_long = [b'a'; 65];
        for id in [
            &b""[..],
            b"two words",
            b"\xff\xfe",
            b"<html>",
            b"a.b.c",
            b"abc+/=",
            b"0f1e2d3c4b5a69788796a5b4c3d2e1f0",
            b"request-0F1E2D3C4B5A69788796A5B4C3D2E1F0",
            &too_long,
        ] {
            assert_eq!(RequestId::of(&headers(id)), None);
        }
    }

    #[test]
    fn an_id_that_repeats_a_value_of_the_request_is_removed() {
        let form = "client_id=1234567890&client_secret=s3cretS3CRET&access_token=eyJhbGci.e30.c2lnbmF0dXJl%2B";
        let get = Request::get(format!("https://api.line.me/verify?{form}")).body(Bytes::new()).unwrap();
        let post = Request::post("https://api.line.me/").body(Bytes::from(form)).unwrap();
        for values in [SentValues::of(&get), SentValues::of(&post)] {
            for (id, stays) in [
                ("s3cretS3CRET", false),
                ("id-s3crets3cret-1", false),
                ("c2lnbmF0", false),
                ("request-s3cretS3CR-1", false),
                ("1234567890", false),
                ("bb9744f9-47fa-4a29-941e-1234567890ab", true),
                ("e30", true),
            ] {
                let mut headers = headers(id.as_bytes());
                values.remove_echo(&mut headers);
                assert_eq!(headers.contains_key(HEADER), stays, "{id}");
            }
        }
    }
}
