//! The Messaging API as far as an access token goes: it is judged, and nothing is sent to anyone.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use crate::answer::{Refusal, Success};
use crate::call::{Call, Received};
use crate::endpoint::method_fits;
use crate::{bearer, random};

/// LINE takes five messages in a request.
const MAX_MESSAGES: usize = 5;

/// An endpoint that takes an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    BotInfo,
    /// Push and reply tell the ids of the messages.
    SendToOne,
    /// Multicast and broadcast do not.
    SendToMany,
}

impl Resource {
    pub(crate) fn of(uri: &Uri) -> Option<Self> {
        Some(match uri.path().trim_start_matches('/') {
            "v2/bot/info" => Self::BotInfo,
            "v2/bot/message/push" | "v2/bot/message/reply" => Self::SendToOne,
            "v2/bot/message/multicast" | "v2/bot/message/broadcast" => Self::SendToMany,
            _ => return None,
        })
    }

    pub(crate) fn answer(
        self,
        call: &mut Call<'_>,
        method: &Method,
        headers: &HeaderMap,
        body: Received<'_>,
    ) -> Result<Success, Refusal> {
        method_fits(self == Self::BotInfo, method)?;
        let body = body.bytes()?;
        let standing = bearer::standing(call.inner, headers, call.now).map_err(|error| error.refusal())?;
        call.channel = standing.channel();
        let channel = bearer::live(standing).map_err(|error| error.refusal())?;
        match self {
            Self::BotInfo => Ok(bot_info(call.inner.channel(channel).id.as_str())),
            Self::SendToOne => sent_messages(body),
            Self::SendToMany => Ok(Success::Json("{}".to_owned())),
        }
    }
}

/// Names that a channel always has, made of its id.
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

/// An id and a quote token for each message of the body, up to five, which is not looked at any further.
fn sent_messages(body: &[u8]) -> Result<Success, Refusal> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let messages = body.get("messages").and_then(Value::as_array).map_or(0, Vec::len).min(MAX_MESSAGES);
    let sent = (0..messages)
        .map(|_| Ok(format!(r#"{{"id":"{}","quoteToken":"{}"}}"#, random::message_id()?, random::quote_token()?)));
    let sent = sent.collect::<Result<Vec<String>, Refusal>>()?;
    Ok(Success::Json(format!(r#"{{"sentMessages":[{}]}}"#, sent.join(","))))
}
