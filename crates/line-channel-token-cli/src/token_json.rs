//! The shape of a token in JSON, for the commands that print one.

use std::time::Duration;

use line_channel_token::configuration::TokenFamily;
use line_channel_token::{AccessToken, ChannelId, RequestId, TokenKeyId};
use serde::Serialize;

/// A token, and what is known of it.
#[derive(Serialize)]
pub(crate) struct TokenJson<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    expires_at: u64,
    family: &'static str,
    channel_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl<'a> TokenJson<'a> {
    pub(crate) fn new(token: &'a AccessToken, family: TokenFamily, channel_id: &'a ChannelId) -> Self {
        Self {
            access_token: token.expose_secret(),
            token_type: "Bearer",
            expires_in: 0,
            expires_at: 0,
            family: family.as_str(),
            channel_id: channel_id.as_str(),
            key_id: None,
            request_id: None,
        }
    }

    /// How long it lives, and until when, since the Unix epoch.
    pub(crate) fn expires(self, within: Duration, at: Duration) -> Self {
        Self { expires_in: within.as_secs(), expires_at: at.as_secs(), ..self }
    }

    pub(crate) fn key_id(self, key_id: Option<&'a TokenKeyId>) -> Self {
        Self { key_id: key_id.map(|id| id.as_str()), ..self }
    }

    pub(crate) fn request_id(self, request_id: Option<&RequestId>) -> Self {
        Self { request_id: request_id.map(ToString::to_string), ..self }
    }
}
