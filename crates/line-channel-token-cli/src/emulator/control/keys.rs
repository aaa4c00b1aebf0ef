//! Registered keys and channel secrets, as the Console manages them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use line_channel_token::{AssertionKid, ChannelSecret};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::app::App;
use super::channels::generate_key;
use super::error::ApiError;
use super::extract::{Object, Segments};
use super::faults::Nothing;
use crate::emulator::generated;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewKey {
    kid: Option<String>,
    jwk: Option<Map<String, Value>>,
    generate: Option<bool>,
}

#[derive(Serialize)]
pub(super) struct Registered {
    kid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key: Option<String>,
    public_jwk: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSecret {
    secret: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Secret {
    secret: String,
}

pub(super) async fn register(
    State(app): State<App>,
    Segments(id): Segments<String>,
    Object(new): Object<NewKey>,
) -> Result<(StatusCode, Json<Registered>), ApiError> {
    let id = app.channel(&id)?.id;
    let key = match (new.jwk, new.generate.unwrap_or(false)) {
        (Some(jwk), false) => Registered {
            // As `generate` has it, a kid that is left out is of our choice; the Console's are UUIDs.
            kid: new.kid.map_or_else(generated::kid, Ok)?,
            private_key: None,
            public_jwk: Value::Object(jwk),
        },
        (None, true) => {
            let made = generate_key().await?;
            Registered {
                kid: new.kid.unwrap_or(made.kid),
                private_key: Some(made.private_key),
                public_jwk: made.public_jwk,
            }
        }
        _ => return Err(ApiError::unprocessable("give either `jwk`, a public JWK, or `generate`: true")),
    };
    let kid = AssertionKid::new(&key.kid)?;
    // Without what may be around it.
    let key = Registered { kid: kid.as_str().to_owned(), ..key };
    let is_taken = |kid: &str| {
        let mut keys = app.emulator().channels().into_iter().flat_map(|channel| channel.keys);
        keys.any(|key| key.kid.as_str() == kid)
    };
    if is_taken(&key.kid) {
        return Err(ApiError::conflict(
            "a key with this kid is registered already: give another kid, or remove that key",
        ));
    }
    app.emulator().register_key(&id, &key.kid, key.public_jwk.to_string())?;
    app.journal().touch();
    Ok((StatusCode::CREATED, Json(key)))
}

pub(super) async fn remove(
    State(app): State<App>,
    Segments((id, kid)): Segments<(String, String)>,
    Object(Nothing {}): Object<Nothing>,
) -> Result<StatusCode, ApiError> {
    let is_there = app.channel(&id)?.keys.iter().any(|key| key.kid.as_str() == kid);
    if !is_there || !app.emulator().remove_key(&kid) {
        return Err(ApiError::not_found("the channel has no key with this kid"));
    }
    app.journal().touch();
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn set_secret(
    State(app): State<App>,
    Segments(id): Segments<String>,
    Object(new): Object<NewSecret>,
) -> Result<Json<Secret>, ApiError> {
    let id = app.channel(&id)?.id;
    let secret = match new.secret {
        Some(secret) => secret,
        None => generated::channel_secret()?,
    };
    let secret = ChannelSecret::new(secret)?;
    app.emulator().set_channel_secret(&id, secret.expose_secret())?;
    app.journal().touch();
    Ok(Json(Secret { secret: secret.expose_secret().to_owned() }))
}
