//! The eight token endpoints, and the checks of method and headers.

use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use line_channel_token_core::Operation;

use crate::error_bodies;
use crate::leniency::Leniency;
use crate::response::ErrorResponse;

/// One of the eight endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    V2Issue,
    V2Verify,
    V2Revoke,
    V3Token,
    V21Token,
    V21Verify,
    V21Revoke,
    V21KeyIds,
}

impl Endpoint {
    pub(crate) const COUNT: usize = 8;

    /// The endpoint of a path; doubled slashes before it are tolerated, as LINE's front end does.
    pub(crate) fn from_uri(uri: &Uri) -> Option<Self> {
        Some(match uri.path().trim_start_matches('/') {
            "v2/oauth/accessToken" => Self::V2Issue,
            "v2/oauth/verify" => Self::V2Verify,
            "v2/oauth/revoke" => Self::V2Revoke,
            "oauth2/v3/token" => Self::V3Token,
            "oauth2/v2.1/token" => Self::V21Token,
            "oauth2/v2.1/verify" => Self::V21Verify,
            "oauth2/v2.1/revoke" => Self::V21Revoke,
            "oauth2/v2.1/tokens/kid" => Self::V21KeyIds,
            _ => return None,
        })
    }

    pub(crate) fn is_get(self) -> bool {
        matches!(self, Self::V21Verify | Self::V21KeyIds)
    }

    /// The operation; for `/oauth2/v3/token`, the one that uses the secret.
    pub(crate) fn operation(self) -> Operation {
        match self {
            Self::V2Issue => Operation::Issue,
            Self::V2Verify => Operation::Verify,
            Self::V2Revoke => Operation::Revoke,
            Self::V3Token => Operation::IssueStateless,
            Self::V21Token => Operation::IssueJwt,
            Self::V21Verify => Operation::VerifyJwt,
            Self::V21Revoke => Operation::RevokeJwt,
            Self::V21KeyIds => Operation::KeyIds,
        }
    }

    /// Checks the method: a GET endpoint takes HEAD too.
    pub(crate) fn check_method(self, method: &Method) -> Result<(), ErrorResponse> {
        check_method(self.is_get(), method)
    }

    /// Checks the headers: no retry key, and a form if the endpoint takes one. Returns a warning if a wrong label was accepted.
    pub(crate) fn check_headers(
        self,
        headers: &HeaderMap,
        leniency: &Leniency,
    ) -> Result<Option<String>, ErrorResponse> {
        if headers.contains_key("x-line-retry-key") {
            let reason = "X-Line-Retry-Key belongs to the Messaging API: leave it out here";
            return Err(ErrorResponse::bad_request(error_bodies::RETRY_KEY, reason));
        }
        if self.is_get() || is_media_type(headers, "application/x-www-form-urlencoded") {
            return Ok(None);
        }
        let is_revoke = matches!(self, Self::V2Revoke | Self::V21Revoke);
        let labelled_json = is_revoke && is_media_type(headers, "application/json");
        if labelled_json && leniency.json_labelled_revocations {
            return Ok(Some(
                "the form is labelled application/json: label it application/x-www-form-urlencoded".to_owned(),
            ));
        }
        let reason = if labelled_json {
            "the content type is application/json, and application/x-www-form-urlencoded is needed; \
             accept_json_labelled_revocations(true) accepts it"
        } else if headers.contains_key(CONTENT_TYPE) {
            "the content type is wrong: application/x-www-form-urlencoded is needed"
        } else {
            "there is no content type: application/x-www-form-urlencoded is needed"
        };
        let body = error_bodies::media_type(content_type(headers).unwrap_or("null"));
        Err(ErrorResponse::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, body, reason))
    }
}

/// Checks that a method is GET or HEAD, or else POST.
pub(crate) fn check_method(is_get: bool, method: &Method) -> Result<(), ErrorResponse> {
    let allowed = if is_get { method == Method::GET || method == Method::HEAD } else { method == Method::POST };
    if allowed {
        return Ok(());
    }
    let allow = if is_get { "GET, HEAD" } else { "POST" };
    let reason = format!("the endpoint takes {allow}");
    let error = ErrorResponse::new(StatusCode::METHOD_NOT_ALLOWED, error_bodies::METHOD_NOT_ALLOWED, reason);
    Err(error.with_header((ALLOW, HeaderValue::from_static(allow))))
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok())
}

/// Whether the media type is this one, whatever its parameters.
fn is_media_type(headers: &HeaderMap, needed: &str) -> bool {
    let media_type = content_type(headers).and_then(|value| value.split(';').next()).unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case(needed)
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_TYPE;
    use http::{HeaderMap, HeaderValue, Uri};

    use super::{Endpoint, is_media_type};

    #[test]
    fn doubled_slashes_and_absolute_uris_match() {
        for uri in ["/oauth2/v3/token", "//oauth2/v3/token", "https://api.line.me/oauth2/v3/token?x=1"] {
            assert_eq!(Endpoint::from_uri(&uri.parse().unwrap()), Some(Endpoint::V3Token), "{uri}");
        }
        for uri in ["/", "*", "api.line.me:443", "/oauth2/v3/token/", "/oauth2//v3/token", "/OAUTH2/v3/token"] {
            assert_eq!(Endpoint::from_uri(&uri.parse::<Uri>().unwrap()), None, "{uri}");
        }
    }

    #[test]
    fn charset_keeps_the_media_type() {
        for (content_type, fits) in [
            ("application/x-www-form-urlencoded", true),
            ("Application/X-WWW-Form-Urlencoded ; charset=UTF-8", true),
            ("application/x-www-form-urlencodedx", false),
            ("application/json", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            assert_eq!(is_media_type(&headers, "application/x-www-form-urlencoded"), fits, "{content_type}");
        }
    }
}
