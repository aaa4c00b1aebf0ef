//! What LINE says of a token: that it is valid, or that it is revoked.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use crate::issued_token::Timing;
use crate::{ChannelId, Moment, RequestId};

/// What a token is, as the server sees it.
///
/// `Debug` shows of the scope what has the form of LINE's permissions alone: a server may echo anything there.
///
/// ```
/// # use line_channel_token_core::{Moment, Timing, response};
/// # use std::time::Duration;
/// # let at = |seconds| Moment { monotonic: Duration::from_secs(seconds), unix: Duration::from_secs(1_767_225_600 + seconds) };
/// # let timing = Timing { sent_at: at(10), received_at: at(11) };
/// let body = r#"{"client_id":"1234567890","expires_in":600,"scope":"P CM"}"#;
/// let verified = response::verify_jwt(&http::Response::new(body.into()), timing)?;
/// assert_eq!(verified.channel_id().as_str(), "1234567890");
/// assert_eq!(verified.expires_in().as_secs(), 600);
/// assert!(verified.scope().contains("CM"));
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone)]
pub struct VerifiedToken {
    pub(crate) channel_id: ChannelId,
    pub(crate) expires_in: Duration,
    pub(crate) scope: BTreeSet<String>,
    pub(crate) timing: Timing,
    pub(crate) request_id: Option<RequestId>,
}

impl VerifiedToken {
    /// The channel that the token was issued for.
    #[must_use]
    pub fn channel_id(&self) -> &ChannelId {
        &self.channel_id
    }

    /// The lifetime that was left when the server responded, in whole seconds. A long-lived token shows a number of
    /// decades here.
    #[must_use]
    pub fn expires_in(&self) -> Duration {
        self.expires_in
    }

    /// The lifetime that is surely left at `now`.
    #[must_use]
    pub fn remaining(&self, now: Moment) -> Duration {
        self.expires_in.saturating_sub(now.since(self.timing.sent_at))
    }

    /// The permissions, `P` and `CM` for example. LINE leaves them out for some tokens; their order means nothing.
    #[must_use]
    pub fn scope(&self) -> &BTreeSet<String> {
        &self.scope
    }

    /// When the response was complete.
    #[must_use]
    pub fn received_at(&self) -> Moment {
        self.timing.received_at
    }

    /// LINE's id for the call.
    #[must_use]
    pub fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }
}

impl fmt::Debug for VerifiedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_permission = |name: &&String| name.len() <= 8 && name.bytes().all(|byte| byte.is_ascii_uppercase());
        let scope: Vec<&String> = self.scope.iter().filter(is_permission).collect();
        f.debug_struct("VerifiedToken")
            .field("channel_id", &self.channel_id)
            .field("expires_in", &self.expires_in)
            .field("scope", &scope)
            .field("scope_not_shown", &(self.scope.len() - scope.len()))
            .field("timing", &self.timing)
            .field("request_id", &self.request_id)
            .finish()
    }
}

/// A token was revoked, or was none to begin with: LINE responds alike to both.
///
/// ```
/// # use line_channel_token_core::{Moment, Timing, response};
/// # use std::time::Duration;
/// # let at = |seconds| Moment { monotonic: Duration::from_secs(seconds), unix: Duration::from_secs(1_767_225_600 + seconds) };
/// # let timing = Timing { sent_at: at(10), received_at: at(11) };
/// let revoked = response::revoke(&http::Response::new("".into()), timing)?;
/// assert_eq!(revoked.request_id(), None);
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Revoked {
    pub(crate) request_id: Option<RequestId>,
}

impl Revoked {
    /// LINE's id for the call.
    #[must_use]
    pub fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }
}
