//! What handlers take from a request: a JSON object, parameters, segments of the path.

use axum::body::to_bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::error::ApiError;
use crate::emulator::settings::{shortened, without_values};

/// More than any body has that makes sense here.
const MAX_BODY: usize = 256 * 1024;

const NO_OBJECT: &str = "the body must be a JSON object";

/// A JSON object; a body that is not there is an empty object.
pub(super) struct Object<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Object<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let is_json = request.headers().get(CONTENT_TYPE).is_some_and(|value| is_json(value.as_bytes()));
        let bytes = to_bytes(request.into_body(), MAX_BODY).await.map_err(|_| {
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 256 KiB, or broke off: send less")
        })?;
        if bytes.is_empty() {
            return parse(b"{}").map(Self);
        }
        if !is_json {
            let message = "the body must be JSON: send the header `Content-Type: application/json`";
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        }
        parse(&bytes).map(Self)
    }
}

fn is_json(content_type: &[u8]) -> bool {
    let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // serde would take the members from an array too.
    let is_object = bytes.trim_ascii_start().first() == Some(&b'{');
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let member = error.path().to_string();
        let inner = error.into_inner();
        if !inner.is_data() {
            let (line, column) = (inner.line(), inner.column());
            let message = format!("the body is no JSON: it is wrong at line {line}, column {column}");
            return ApiError::new(StatusCode::BAD_REQUEST, message);
        }
        if !is_object {
            return ApiError::unprocessable(NO_OBJECT);
        }
        let message = without_values(&inner.to_string());
        ApiError::unprocessable(if member == "." { message } else { format!("{}: {message}", shortened(&member)) })
    });
    let parsed = parsed.and_then(|value| match deserializer.end() {
        Ok(()) => Ok(value),
        Err(_) => Err(ApiError::new(StatusCode::BAD_REQUEST, "the body is no JSON: something follows its end")),
    })?;
    if is_object { Ok(parsed) } else { Err(ApiError::unprocessable(NO_OBJECT)) }
}

/// The parameters after `?`.
pub(super) struct Parameters<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        query.map(|Query(value)| Self(value)).map_err(|rejection| {
            let text = rejection.body_text();
            let cause = text.rsplit(": ").next().unwrap_or_default();
            ApiError::new(
                StatusCode::BAD_REQUEST,
                format!("the parameters after ? are wrong: {}", without_values(cause)),
            )
        })
    }
}

/// The number of a request, which JSON can carry exactly.
#[derive(Clone, Copy, Debug, serde::Deserialize)]
#[serde(try_from = "u64")]
pub(super) struct Sequence(pub(super) u64);

impl TryFrom<u64> for Sequence {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        if number < 1 << 53 { Ok(Self(number)) } else { Err("the number is larger than 9007199254740991") }
    }
}

/// The variable segments of the path.
pub(super) struct Segments<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        path.map(|Path(value)| Self(value)).map_err(|_| ApiError::not_found("there is nothing at this path"))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::{is_json, parse};

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Sample {
        #[allow(dead_code, reason = "only parsed")]
        seconds: Option<f64>,
    }

    #[test]
    fn only_objects_of_the_right_form_are_taken() {
        for good in ["{}", " {\"seconds\": 1.5}\n", "{\"seconds\":null}"] {
            assert!(parse::<Sample>(good.as_bytes()).is_ok(), "{good}");
        }
        for (bad, status) in [
            ("[1]", 422),
            ("null", 422),
            ("1", 422),
            ("\"{}\"", 422),
            ("{\"seconds\":\"1\"}", 422),
            ("{\"second\":1}", 422),
            ("{\"seconds\":1,\"seconds\":2}", 422),
            ("{", 400),
            ("{}x", 400),
            ("{\"seconds\":NaN}", 400),
            ("\u{feff}{}", 400),
        ] {
            let error = parse::<Sample>(bad.as_bytes()).unwrap_err();
            assert!(format!("{error:?}").contains(&format!("status: {status}")), "{bad}: {error:?}");
        }
    }

    #[test]
    fn what_the_sender_wrote_is_not_repeated_at_length() {
        let message =
            |body: &str| format!("{:?}", parse::<line_channel_token::emulator::Fault>(body.as_bytes()).unwrap_err());
        assert!(message("[]").contains("must be a JSON object"));
        let long = format!("{{\"kind\":\"html\",\"headers\":{{\"{}\":1}}}}", "k".repeat(100_000));
        assert!(message(&long).len() < 1500);
    }

    #[test]
    fn json_is_json_with_any_parameter() {
        assert!(is_json(b"application/json") && is_json(b"Application/JSON ; charset=utf-8"));
        for other in
            ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "", "text/plain;application/json"]
        {
            assert!(!is_json(other.as_bytes()), "{other}");
        }
    }
}
