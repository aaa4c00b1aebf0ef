//! Every refusal body, in one place: what LINE documents first, then what this emulator had to invent.

use std::borrow::Cow;
use std::fmt;

/// The two shapes that LINE's refusals have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// `{"error":…,"error_description":…}`, the description being optional.
    OAuth(&'static str, Option<&'static str>),
    /// `{"message":…}`.
    Message(Cow<'static, str>),
}

impl fmt::Display for Body {
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

const fn message(text: &'static str) -> Body {
    Body::Message(Cow::Borrowed(text))
}

const fn client(description: &'static str) -> Body {
    Body::OAuth("invalid_client", Some(description))
}

const fn request(description: &'static str) -> Body {
    Body::OAuth("invalid_request", Some(description))
}

// Documented by LINE.
pub(crate) const TOKEN_LIMIT: Body = message("The maximum number of access tokens has already been issued");
pub(crate) const ISS_NOT_OWNER: Body = client("iss and clientId of key do not match");
pub(crate) const INVALID_EXP: Body = client("Invalid exp");
pub(crate) const UNKNOWN_KID: Body = message("Cannot find channel key that satisfies the conditions");
pub(crate) const JWT_EXPIRED: Body = request("The access token expired");
pub(crate) const JWT_NOT_JWS: Body = request("The access token not JWS");
pub(crate) const JWT_REVOKED: Body = request("The access token revoked");
pub(crate) const JWT_MALFORMED: Body = request("The access token malformed");
pub(crate) const V3_CREDENTIALS: Body = request("Invalid 'client_credentials'.");
pub(crate) const CLIENT_ID: Body = client("invalid client_id");
pub(crate) const CLIENT_SECRET: Body = client("invalid client_secret");
pub(crate) const PARAMETERS: Body = request("some parameters missed or invalid");
pub(crate) const V2_INVALID: Body = request("access_token invalid");
pub(crate) const V2_FORMAT: Body = request("access_token in invalid format");
pub(crate) const V2_REVOKE_FORMAT: Body = Body::OAuth("invalid_request", None);
pub(crate) const RATE_LIMIT: Body = message("The API rate limit has been exceeded. Try again later.");
pub(crate) const INVALID_TOKEN: Body = message(
    "Authentication failed due to the following reason: invalid token. Confirm that the access token in the authorization header \
     is valid.",
);

/// The content type as it was sent; escaped and cut as everything that comes from outside.
pub(crate) fn media_type(sent: &str) -> Body {
    let sent: String = sent.chars().take(64).collect();
    Body::Message(format!("The content type, {sent}, is not supported").into())
}

// Observed, and not documented.
pub(crate) const WRONG_FORMAT: Body = request("some parameters in the wrong format");
pub(crate) const FAILED_TO_PARSE: Body = message("failed to parse");
pub(crate) const NO_AUTHORIZATION: Body =
    message("Authorization header required. Must follow the scheme, 'Authorization: Bearer <ACCESS TOKEN>'");

// Invented: undocumented, and some answer is needed.
pub(crate) const INVALID_ASSERTION: Body = client("Invalid client_assertion");
pub(crate) const INVALID_ALG: Body = client("Invalid alg");
pub(crate) const INVALID_TYP: Body = client("Invalid typ");
pub(crate) const INVALID_KID: Body = client("Invalid kid");
pub(crate) const INVALID_SIGNATURE: Body = client("Invalid signature");
pub(crate) const INVALID_ISS: Body = client("Invalid iss");
pub(crate) const INVALID_SUB: Body = client("Invalid sub");
pub(crate) const INVALID_AUD: Body = client("Invalid aud");
pub(crate) const INVALID_IAT: Body = client("Invalid iat");
pub(crate) const INVALID_NBF: Body = client("Invalid nbf");
pub(crate) const INVALID_TOKEN_EXP: Body = client("Invalid token_exp");
pub(crate) const GRANT_TYPE: Body =
    Body::OAuth("unsupported_grant_type", Some("grant_type must be client_credentials"));
pub(crate) const SECRET_AND_ASSERTION: Body = request("client_secret and client_assertion must not be sent together");
pub(crate) const CLIENT_ID_NOT_SUBJECT: Body = client("client_id and the subject of client_assertion do not match");
pub(crate) const JWT_UNKNOWN: Body = request("The access token invalid");
pub(crate) const JWT_OF_ANOTHER_CHANNEL: Body = request("The access token was issued to another channel");
pub(crate) const RETRY_KEY: Body = message("The X-Line-Retry-Key header is not supported by this endpoint");
pub(crate) const NOT_FOUND: Body = message("Not found");
pub(crate) const METHOD_NOT_ALLOWED: Body = message("Method not allowed");
pub(crate) const TOO_LARGE: Body = message("Request body too large");
#[cfg(feature = "server")]
pub(crate) const TIMEOUT: Body = message("The request body did not arrive in time");
#[cfg(feature = "server")]
pub(crate) const BROKEN: Body = message("The request body could not be read");
#[cfg(feature = "server")]
pub(crate) const UNPARSABLE_HEAD: Body = message("Bad request");
#[cfg(feature = "server")]
pub(crate) const URI_TOO_LONG: Body = message("URI too long");
#[cfg(feature = "server")]
pub(crate) const HEADERS_TOO_LARGE: Body = message("Request header fields too large");
pub(crate) const NO_RANDOMNESS: Body = message("No random numbers are available");
