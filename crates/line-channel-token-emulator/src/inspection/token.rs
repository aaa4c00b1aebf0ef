//! A token that the inspecting emulator has issued, and what is said about tokens.

use std::fmt;
use std::time::Duration;

use line_channel_token_core::ChannelId;

use super::finding::{Finding, Findings};
use super::kind::InspectedKind;
use super::knowledge::KnownToken;
use crate::token_family::TokenFamily;
use crate::token_format::not_short_lived;

/// A pasted token that the emulator has issued.
///
/// ```
/// use line_channel_token_emulator::{EmulatedChannel, Emulator, InspectedTokenStatus, TokenFamily};
///
/// let channel = EmulatedChannel::new("1234567890", "s3cret")?.with_long_lived_token("abc+/w==")?;
/// let emulator = Emulator::builder().channel(channel).build()?;
/// let inspection = emulator.inspect("Authorization: Bearer abc+/w==");
/// let token = inspection.token().unwrap();
/// assert_eq!((token.family, token.status), (TokenFamily::LongLived, InspectedTokenStatus::Live));
/// assert_eq!(token.channel_id.as_str(), "1234567890");
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InspectedToken {
    /// Its family.
    pub family: TokenFamily,
    /// Whether it is valid.
    pub status: InspectedTokenStatus,
    /// The channel that it was issued for.
    pub channel_id: ChannelId,
    /// The first eight hexadecimal digits of its SHA-256, as in [`TokenState::fingerprint`](crate::TokenState::fingerprint).
    pub fingerprint: String,
    /// The key id of a v2.1 token.
    pub key_id: Option<String>,
    /// How long it is valid yet, in whole seconds; `None` if it does not expire or is not live.
    pub expires_in: Option<Duration>,
}

/// Whether a token is valid.
///
/// ```
/// use line_channel_token_emulator::InspectedTokenStatus;
///
/// assert_eq!(InspectedTokenStatus::Live.as_str(), "live");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InspectedTokenStatus {
    /// It is valid.
    Live,
    /// Its lifetime is over.
    Expired,
    /// It was revoked, or replaced by a newer one.
    Revoked,
}

impl InspectedTokenStatus {
    /// The name in snake case; `Display` shows the same.
    ///
    /// ```
    /// use line_channel_token_emulator::InspectedTokenStatus;
    ///
    /// assert_eq!(InspectedTokenStatus::Revoked.to_string(), "revoked");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Display for InspectedTokenStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl InspectedToken {
    pub(super) fn kind(&self) -> InspectedKind {
        match self.family {
            TokenFamily::ShortLived => InspectedKind::ShortLivedToken,
            TokenFamily::Stateless => InspectedKind::StatelessToken,
            TokenFamily::Jwt => InspectedKind::JwtToken,
            TokenFamily::LongLived => InspectedKind::LongLivedToken,
        }
    }

    pub(super) fn findings(&self, findings: &mut Findings) {
        let channel = &self.channel_id;
        let family = match self.family {
            TokenFamily::ShortLived => "a short-lived token (v2)",
            TokenFamily::Stateless => "a stateless token (v3)",
            TokenFamily::Jwt => "a v2.1 token",
            TokenFamily::LongLived => "a long-lived token",
        };
        let key_id = self.key_id.as_ref().map(|id| format!(", with the key id {id}")).unwrap_or_default();
        findings.push(Finding::ok("family", format!("{family} of channel {channel}{key_id}")));
        let remaining = self.expires_in.map(|left| left.as_secs());
        findings.push(match (self.status, remaining) {
            (InspectedTokenStatus::Live, Some(seconds)) => {
                Finding::ok("status", format!("valid for {seconds} more seconds"))
            }
            (InspectedTokenStatus::Live, None) => Finding::ok("status", "valid, and does not expire"),
            (InspectedTokenStatus::Expired, _) => Finding::violation("status", "it has expired", "issue a new one"),
            (InspectedTokenStatus::Revoked, _) => {
                Finding::violation("status", "it was revoked, or replaced by a newer one", "issue a new one")
            }
        });
    }
}

/// What is said about a text that looks like a token which is not known here.
pub(super) fn findings_of_unknown(kind: InspectedKind, text: &str, known: &KnownToken, findings: &mut Findings) {
    let jws = kind == InspectedKind::JwtOrStatelessToken;
    findings.push(Finding::ok(
        "family",
        if jws {
            "it looks like a v2.1 or a stateless token, which look the same"
        } else {
            "it looks like a short-lived or a long-lived token"
        },
    ));
    if !jws && let Some(reason) = not_short_lived(text) {
        findings.push(Finding::warning("form", reason, "copy the whole token, as it was issued"));
    }
    findings.push(if matches!(known, KnownToken::NotIssued) {
        let advice = "issue one here: tokens of LINE's own, and those from before a restart or a reset, are not known";
        Finding::violation("status", "this emulator has not issued it, or has forgotten it", advice)
    } else {
        let how = if jws {
            "`GET /oauth2/v2.1/verify` says whether a v2.1 token is valid; a stateless one cannot be verified"
        } else {
            "`POST /v2/oauth/verify` says whether it is valid"
        };
        Finding {
            advice: Some(how.to_owned()),
            ..Finding::not_checked("status", "only the service that issued it knows whether it is valid")
        }
    });
}
