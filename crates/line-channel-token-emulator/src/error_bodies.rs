//! The body of every error response: first those that LINE documents, then those that were observed or invented.

use std::borrow::Cow;
use std::fmt;

/// The two forms of LINE's error bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ErrorBody {
    /// `{"error":…,"error_description":…}`, the description is optional.
    OAuth(&'static str, Option<&'static str>),
    /// `{"message":…}`.
    Message(Cow<'static, str>),
}

impl fmt::Display for ErrorBody {
    /// The JSON on the wire. Codes and descriptions are constants of this file, none of which needs escaping.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OAuth(code, Some(description)) => {
                write!(f, r#"{{"error":"{code}","error_description":"{description}"}}"#)
            }
            Self::OAuth(code, None) => write!(f, r#"{{"error":"{code}"}}"#),
            Self::Message(message) => write!(f, r#"{{"message":{}}}"#, serde_json::Value::from(message.as_ref())),
        }
    }
}

const fn message(text: &'static str) -> ErrorBody {
    ErrorBody::Message(Cow::Borrowed(text))
}

const fn client(description: &'static str) -> ErrorBody {
    ErrorBody::OAuth("invalid_client", Some(description))
}

const fn request(description: &'static str) -> ErrorBody {
    ErrorBody::OAuth("invalid_request", Some(description))
}

// Documented by LINE.
pub(crate) const TOKEN_LIMIT: ErrorBody = message("The maximum number of access tokens has already been issued");
pub(crate) const ISS_NOT_OWNER: ErrorBody = client("iss and clientId of key do not match");
pub(crate) const INVALID_EXP: ErrorBody = client("Invalid exp");
pub(crate) const UNKNOWN_KID: ErrorBody = message("Cannot find channel key that satisfies the conditions");
pub(crate) const JWT_EXPIRED: ErrorBody = request("The access token expired");
pub(crate) const JWT_NOT_JWS: ErrorBody = request("The access token not JWS");
pub(crate) const JWT_REVOKED: ErrorBody = request("The access token revoked");
pub(crate) const JWT_MALFORMED: ErrorBody = request("The access token malformed");
pub(crate) const V3_CREDENTIALS: ErrorBody = request("Invalid 'client_credentials'.");
pub(crate) const CLIENT_ID: ErrorBody = client("invalid client_id");
pub(crate) const CLIENT_SECRET: ErrorBody = client("invalid client_secret");
pub(crate) const PARAMETERS: ErrorBody = request("some parameters missed or invalid");
pub(crate) const V2_INVALID: ErrorBody = request("access_token invalid");
pub(crate) const V2_FORMAT: ErrorBody = request("access_token in invalid format");
pub(crate) const V2_REVOKE_FORMAT: ErrorBody = ErrorBody::OAuth("invalid_request", None);
pub(crate) const RATE_LIMIT: ErrorBody = message("The API rate limit has been exceeded. Try again later.");
pub(crate) const INVALID_TOKEN: ErrorBody = message(
    "Authentication failed due to the following reason: invalid token. Confirm that the access token in the authorization header \
     is valid.",
);

/// The content type as it was sent; escaped and cut as everything that comes from outside.
pub(crate) fn media_type(sent: &str) -> ErrorBody {
    let sent: String = sent.chars().take(64).collect();
    ErrorBody::Message(format!("The content type, {sent}, is not supported").into())
}

// Observed, and not documented.
pub(crate) const WRONG_FORMAT: ErrorBody = request("some parameters in the wrong format");
pub(crate) const FAILED_TO_PARSE: ErrorBody = message("failed to parse");
pub(crate) const NO_AUTHORIZATION: ErrorBody =
    message("Authorization header required. Must follow the scheme, 'Authorization: Bearer <ACCESS TOKEN>'");

// Invented: LINE documents none, and a response is needed.
pub(crate) const INVALID_ASSERTION: ErrorBody = client("Invalid client_assertion");
pub(crate) const INVALID_ALG: ErrorBody = client("Invalid alg");
pub(crate) const INVALID_TYP: ErrorBody = client("Invalid typ");
pub(crate) const INVALID_KID: ErrorBody = client("Invalid kid");
pub(crate) const INVALID_SIGNATURE: ErrorBody = client("Invalid signature");
pub(crate) const INVALID_ISS: ErrorBody = client("Invalid iss");
pub(crate) const INVALID_SUB: ErrorBody = client("Invalid sub");
pub(crate) const INVALID_AUD: ErrorBody = client("Invalid aud");
pub(crate) const INVALID_IAT: ErrorBody = client("Invalid iat");
pub(crate) const INVALID_NBF: ErrorBody = client("Invalid nbf");
pub(crate) const INVALID_TOKEN_EXP: ErrorBody = client("Invalid token_exp");
pub(crate) const GRANT_TYPE: ErrorBody =
    ErrorBody::OAuth("unsupported_grant_type", Some("grant_type must be client_credentials"));
pub(crate) const SECRET_AND_ASSERTION: ErrorBody =
    request("client_secret and client_assertion must not be sent together");
pub(crate) const CLIENT_ID_NOT_SUBJECT: ErrorBody =
    client("client_id and the subject of client_assertion do not match");
pub(crate) const JWT_UNKNOWN: ErrorBody = request("The access token invalid");
pub(crate) const JWT_OF_ANOTHER_CHANNEL: ErrorBody = request("The access token was issued to another channel");
pub(crate) const RETRY_KEY: ErrorBody = message("The X-Line-Retry-Key header is not supported by this endpoint");
pub(crate) const NOT_FOUND: ErrorBody = message("Not found");
pub(crate) const METHOD_NOT_ALLOWED: ErrorBody = message("Method not allowed");
pub(crate) const TOO_LARGE: ErrorBody = message("Request body too large");
#[cfg(feature = "server")]
pub(crate) const TIMEOUT: ErrorBody = message("The request body did not arrive in time");
#[cfg(feature = "server")]
pub(crate) const BROKEN: ErrorBody = message("The request body could not be read");
#[cfg(feature = "server")]
pub(crate) const UNPARSABLE_HEAD: ErrorBody = message("Bad request");
#[cfg(feature = "server")]
pub(crate) const URI_TOO_LONG: ErrorBody = message("URI too long");
#[cfg(feature = "server")]
pub(crate) const HEADERS_TOO_LARGE: ErrorBody = message("Request header fields too large");
pub(crate) const NO_RANDOMNESS: ErrorBody = message("No random numbers are available");
