//! The eight endpoints, and what a request must look like before its parameters are read.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, StatusCode, Uri};
use line_channel_token_core::Operation;

use crate::answer::Refusal;
use crate::bodies;

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
    pub(crate) fn of(uri: &Uri) -> Option<Self> {
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
    pub(crate) fn check_method(self, method: &Method) -> Result<(), Refusal> {
        let (fits, allow) = if self.is_get() {
            (method == Method::GET || method == Method::HEAD, "GET, HEAD")
        } else {
            (method == Method::POST, "POST")
        };
        if fits {
            return Ok(());
        }
        let reason = format!("the endpoint takes {allow}");
        let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, bodies::METHOD_NOT_ALLOWED, reason);
        Err(Refusal { allow: Some(allow), ..refusal })
    }

    /// Checks the headers: no retry key, and a form where a form is needed.
    pub(crate) fn check_headers(self, headers: &HeaderMap) -> Result<(), Refusal> {
        if headers.contains_key("x-line-retry-key") {
            let reason = "X-Line-Retry-Key belongs to the Messaging API and is rejected here";
            return Err(Refusal::bad_request(bodies::RETRY_KEY, reason));
        }
        if self.is_get() || is_form(headers) {
            return Ok(());
        }
        let reason = if headers.contains_key(CONTENT_TYPE) {
            "the content type is not application/x-www-form-urlencoded"
        } else {
            "there is no content type: application/x-www-form-urlencoded is needed"
        };
        Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, bodies::MEDIA_TYPE, reason))
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_TYPE;
    use http::{HeaderMap, HeaderValue, Uri};

    use super::{Endpoint, is_form};

    #[test]
    fn a_doubled_slash_and_an_absolute_uri_find_the_endpoint() {
        for uri in ["/oauth2/v3/token", "//oauth2/v3/token", "https://api.line.me/oauth2/v3/token?x=1"] {
            assert_eq!(Endpoint::of(&uri.parse().unwrap()), Some(Endpoint::V3Token), "{uri}");
        }
        for uri in ["/", "*", "api.line.me:443", "/oauth2/v3/token/", "/oauth2//v3/token", "/OAUTH2/v3/token"] {
            assert_eq!(Endpoint::of(&uri.parse::<Uri>().unwrap()), None, "{uri}");
        }
    }

    #[test]
    fn a_charset_does_not_make_it_another_media_type() {
        for (content_type, fits) in [
            ("application/x-www-form-urlencoded", true),
            ("Application/X-WWW-Form-Urlencoded ; charset=UTF-8", true),
            ("application/x-www-form-urlencodedx", false),
            ("application/json", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            assert_eq!(is_form(&headers), fits, "{content_type}");
        }
    }
}
