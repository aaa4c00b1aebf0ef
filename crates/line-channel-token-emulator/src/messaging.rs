//! The part of the Messaging API that checks access tokens. Nothing is sent to anyone.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use crate::bearer::BearerError;
use crate::endpoint::check_method;
use crate::request_body::RequestBody;
use crate::request_context::RequestContext;
use crate::response::{ErrorResponse, Success};
use crate::{bearer, random};

/// LINE takes five messages in a request.
const MAX_MESSAGES: usize = 5;

/// An endpoint that takes an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    BotInfo,
    /// Push and reply: the response has the ids of the messages.
    SendToOne,
    /// Multicast and broadcast: the response has none.
    SendToMany,
}

impl Resource {
    pub(crate) fn from_uri(uri: &Uri) -> Option<Self> {
        Some(match uri.path().trim_start_matches('/') {
            "v2/bot/info" => Self::BotInfo,
            "v2/bot/message/push" | "v2/bot/message/reply" => Self::SendToOne,
            "v2/bot/message/multicast" | "v2/bot/message/broadcast" => Self::SendToMany,
            _ => return None,
        })
    }
}

/// The response of one of these endpoints.
pub(crate) fn respond(
    context: &mut RequestContext<'_>,
    resource: Resource,
    method: &Method,
    headers: &HeaderMap,
    body: RequestBody<'_>,
) -> Result<Success, ErrorResponse> {
    check_method(resource == Resource::BotInfo, method)?;
    let body = body.bytes()?;
    let status = bearer::token_status(context.shared, headers, context.time).map_err(BearerError::error_response)?;
    if let Some(channel) = status.channel() {
        context.set_channel(channel);
    }
    let channel = bearer::live(status).map_err(BearerError::error_response)?;
    match resource {
        Resource::BotInfo => Ok(bot_info(channel.id().as_str())),
        Resource::SendToOne => sent_messages(body),
        Resource::SendToMany => Ok(Success::Json("{}".to_owned())),
    }
}

/// The response about a channel, whose made-up names depend on its id alone.
fn bot_info(channel: &str) -> Success {
    let mut hex = String::new();
    for byte in digest(&SHA256, channel.as_bytes()).as_ref() {
        let _ = write!(hex, "{byte:02x}");
    }
    let user_id = hex.get(..32).unwrap_or_default();
    let basic_id = hex.get(32..40).unwrap_or_default();
    Success::Json(format!(
        r#"{{"userId":"U{user_id}","basicId":"@{basic_id}","displayName":"Channel {channel}","chatMode":"bot","markAsReadMode":"auto"}}"#
    ))
}

/// An id and a quote token for each message of the body, up to five. Nothing else of the body is checked.
fn sent_messages(body: &[u8]) -> Result<Success, ErrorResponse> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let messages = body.get("messages").and_then(Value::as_array).map_or(0, Vec::len).min(MAX_MESSAGES);
    let sent = (0..messages)
        .map(|_| Ok(format!(r#"{{"id":"{}","quoteToken":"{}"}}"#, random::message_id()?, random::quote_token()?)));
    let sent = sent.collect::<Result<Vec<String>, ErrorResponse>>()?;
    Ok(Success::Json(format!(r#"{{"sentMessages":[{}]}}"#, sent.join(","))))
}
