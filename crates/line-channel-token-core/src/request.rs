//! The nine requests, built without sending anything.
//!
//! Together with [`response`](crate::response) this is all that a client of another kind needs, a blocking one for
//! example: build the request here, send it by whatever means, and hand the response to the function of the same name
//! there. **A request holds secrets in clear**, in its body or its URI, and its `Debug` form shows them: log neither. Body
//! and URI are wiped with their last clone; copies that an HTTP client makes are not.
//! Each request carries its [`Operation`] as an extension. Redirects must not be followed, and `X-Line-Retry-Key` must not be added: LINE refuses it here.

use bytes::Bytes;
use form_urlencoded::{Serializer, byte_serialize};
use http::header::{CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Method, Request};

use secrecy::zeroize::Zeroizing;

use crate::wiped::wiped_bytes;
use crate::{AccessToken, Assertion, BaseUrl, ChannelId, ChannelSecret, Error, Operation};

const CLIENT_CREDENTIALS: (&str, &str) = ("grant_type", "client_credentials");
const ASSERTION_TYPE: (&str, &str) =
    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const AGENT: HeaderValue = HeaderValue::from_static(concat!("line-channel-token/", env!("CARGO_PKG_VERSION")));

/// Issue a short-lived token (v2): `POST /v2/oauth/accessToken`.
///
/// # Errors
///
/// None today; the signature is that of the other requests.
pub fn issue(base: &BaseUrl, channel_id: &ChannelId, secret: &ChannelSecret) -> Result<Request<Bytes>, Error> {
    build(base, Operation::Issue, &[CLIENT_CREDENTIALS, id(channel_id), secret_of(secret)])
}

/// Verify a short-lived or long-lived token (v2): `POST /v2/oauth/verify`.
///
/// # Errors
///
/// None today; the signature is that of the other requests.
pub fn verify(base: &BaseUrl, token: &AccessToken) -> Result<Request<Bytes>, Error> {
    build(base, Operation::Verify, &[token_of(token)])
}

/// Revoke a short-lived or long-lived token (v2): `POST /v2/oauth/revoke`.
///
/// # Errors
///
/// None today; the signature is that of the other requests.
pub fn revoke(base: &BaseUrl, token: &AccessToken) -> Result<Request<Bytes>, Error> {
    build(base, Operation::Revoke, &[token_of(token)])
}

/// Issue a stateless token (v3) with the channel secret: `POST /oauth2/v3/token`.
///
/// # Errors
///
/// None today; the signature is that of the other requests.
pub fn issue_stateless(
    base: &BaseUrl,
    channel_id: &ChannelId,
    secret: &ChannelSecret,
) -> Result<Request<Bytes>, Error> {
    build(base, Operation::IssueStateless, &[CLIENT_CREDENTIALS, id(channel_id), secret_of(secret)])
}

/// Issue a stateless token (v3) with an assertion: `POST /oauth2/v3/token`.
///
/// # Errors
///
/// None today; the signature is that of the other requests.
pub fn issue_stateless_with_jwt(base: &BaseUrl, assertion: &Assertion) -> Result<Request<Bytes>, Error> {
    build(base, Operation::IssueStatelessWithJwt, &[CLIENT_CREDENTIALS, ASSERTION_TYPE, assertion_of(assertion)])
}

/// Issue a v2.1 token: `POST /oauth2/v2.1/token`. The assertion must hold the claim `token_exp`.
///
/// # Errors
///
/// None today; the signature is that of the other requests.
pub fn issue_jwt(base: &BaseUrl, assertion: &Assertion) -> Result<Request<Bytes>, Error> {
    build(base, Operation::IssueJwt, &[CLIENT_CREDENTIALS, ASSERTION_TYPE, assertion_of(assertion)])
}

/// Verify a v2.1 token: `GET /oauth2/v2.1/verify`. **The URI holds the token.**
///
/// # Errors
///
/// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) if the token does not fit into a URI (64 KiB).
pub fn verify_jwt(base: &BaseUrl, token: &AccessToken) -> Result<Request<Bytes>, Error> {
    build(base, Operation::VerifyJwt, &[token_of(token)])
}

/// Revoke a v2.1 token: `POST /oauth2/v2.1/revoke`.
///
/// # Errors
///
/// None today; the signature is that of the other requests.
pub fn revoke_jwt(
    base: &BaseUrl,
    channel_id: &ChannelId,
    secret: &ChannelSecret,
    token: &AccessToken,
) -> Result<Request<Bytes>, Error> {
    build(base, Operation::RevokeJwt, &[id(channel_id), secret_of(secret), token_of(token)])
}

/// List the key ids of the valid v2.1 tokens: `GET /oauth2/v2.1/tokens/kid`. **The URI holds the assertion.**
///
/// # Errors
///
/// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) if the assertion does not fit into a URI (64 KiB).
pub fn key_ids(base: &BaseUrl, assertion: &Assertion) -> Result<Request<Bytes>, Error> {
    build(base, Operation::KeyIds, &[ASSERTION_TYPE, assertion_of(assertion)])
}

type Field<'a> = (&'static str, &'a str);

fn id(channel_id: &ChannelId) -> Field<'_> {
    ("client_id", channel_id.as_str())
}

fn secret_of(secret: &ChannelSecret) -> Field<'_> {
    ("client_secret", secret.expose_secret())
}

fn token_of(token: &AccessToken) -> Field<'_> {
    ("access_token", token.expose_secret())
}

fn assertion_of(assertion: &Assertion) -> Field<'_> {
    ("client_assertion", assertion.expose_secret())
}

fn build(base: &BaseUrl, operation: Operation, fields: &[Field<'_>]) -> Result<Request<Bytes>, Error> {
    let form = encode(fields);
    let mut request = Request::default();
    request.headers_mut().insert(USER_AGENT, AGENT);
    // A backend may want to know what it sends: some operations must not meet a stale connection.
    request.extensions_mut().insert(operation);
    *request.method_mut() = operation.method();
    if operation.method() == Method::GET {
        *request.uri_mut() = base.join(operation.path(), Some(&*form))?;
    } else {
        *request.uri_mut() = base.join(operation.path(), None)?;
        request.headers_mut().insert(CONTENT_TYPE, FORM);
        *request.body_mut() = wiped_bytes(form);
    }
    Ok(request)
}

/// The fields as a form, with exactly the room that they need: a text that grew would leave copies of secrets behind.
fn encode(fields: &[Field<'_>]) -> Zeroizing<String> {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).map(str::len).sum::<usize>();
    let room = fields.iter().map(|(name, value)| encoded(name) + encoded(value) + "=&".len()).sum();
    Zeroizing::new(Serializer::new(String::with_capacity(room)).extend_pairs(fields).finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A v2 token holds every character that a form must escape.
    const V2_TOKEN: &str = "a+b/c==";

    fn base() -> BaseUrl {
        BaseUrl::line()
    }

    fn line(request: &Request<Bytes>) -> String {
        let body = std::str::from_utf8(request.body()).unwrap();
        format!("{} {} {body}", request.method(), request.uri()).trim_end().to_owned()
    }

    #[test]
    fn each_request_is_the_one_of_lines_reference() {
        let id = ChannelId::new("1234567890").unwrap();
        let secret = ChannelSecret::new("s3c&ret=").unwrap();
        let token = AccessToken::new(V2_TOKEN).unwrap();
        let jwt = Assertion::new("aa.bb.cc").unwrap();
        const A: &str = "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=aa.bb.cc";
        let host = "https://api.line.me";
        let client = "client_id=1234567890&client_secret=s3c%26ret%3D";
        let token_field = "access_token=a%2Bb%2Fc%3D%3D";
        for (request, expected) in [
            (
                issue(&base(), &id, &secret),
                format!("POST {host}/v2/oauth/accessToken grant_type=client_credentials&{client}"),
            ),
            (verify(&base(), &token), format!("POST {host}/v2/oauth/verify {token_field}")),
            (revoke(&base(), &token), format!("POST {host}/v2/oauth/revoke {token_field}")),
            (
                issue_stateless(&base(), &id, &secret),
                format!("POST {host}/oauth2/v3/token grant_type=client_credentials&{client}"),
            ),
            (
                issue_stateless_with_jwt(&base(), &jwt),
                format!("POST {host}/oauth2/v3/token grant_type=client_credentials&{A}"),
            ),
            (issue_jwt(&base(), &jwt), format!("POST {host}/oauth2/v2.1/token grant_type=client_credentials&{A}")),
            (verify_jwt(&base(), &token), format!("GET {host}/oauth2/v2.1/verify?{token_field}")),
            (
                revoke_jwt(&base(), &id, &secret, &token),
                format!("POST {host}/oauth2/v2.1/revoke {client}&{token_field}"),
            ),
            (key_ids(&base(), &jwt), format!("GET {host}/oauth2/v2.1/tokens/kid?{A}")),
        ] {
            assert_eq!(line(&request.unwrap()), expected);
        }
    }

    #[test]
    fn each_request_says_which_operation_it_is() {
        let request = verify(&base(), &AccessToken::new("t").unwrap()).unwrap();
        assert_eq!(request.extensions().get(), Some(&Operation::Verify));
    }

    #[test]
    fn headers_are_the_content_type_of_a_form_and_the_user_agent_alone() {
        let post = verify(&base(), &AccessToken::new("t").unwrap()).unwrap();
        let names: Vec<_> = post.headers().keys().map(http::HeaderName::as_str).collect();
        assert_eq!(names, ["user-agent", "content-type"]);
        assert_eq!(post.headers()[CONTENT_TYPE], "application/x-www-form-urlencoded");
        let get = verify_jwt(&base(), &AccessToken::new("t").unwrap()).unwrap();
        let names: Vec<_> = get.headers().keys().map(http::HeaderName::as_str).collect();
        assert_eq!(names, ["user-agent"]);
    }

    #[test]
    fn a_token_that_fits_no_uri_is_refused_without_showing_it() {
        let token = AccessToken::new("x".repeat(70_000)).unwrap();
        assert!(verify(&base(), &token).is_ok(), "a form has room");
        let error = verify_jwt(&base(), &token).unwrap_err().to_string();
        assert!(error.contains("too long") && !error.contains("xxx"), "{error}");
    }
}
