//! The kinds of faults, and which of them let the request have its effect.

use std::fmt;

/// What a request meets in place of the usual response, or on top of it.
///
/// ```
/// use line_channel_token_emulator::{Fault, FaultKind};
///
/// assert_eq!(Fault::hang().kind(), FaultKind::Hang);
/// assert_eq!(FaultKind::ConnectionResetAfter.to_string(), "connection_reset_after");
/// assert!(FaultKind::ConnectionResetAfter.has_effect(), "a token was issued, and nobody has it");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// A response with this status.
    Status,
    /// The usual response, late.
    Delay,
    /// No response.
    Hang,
    /// A TCP reset in place of a response; the request has no effect.
    ConnectionResetBefore,
    /// A TCP reset in place of a response; the request has its effect.
    ConnectionResetAfter,
    /// Bytes that are no HTTP.
    Garbage,
    /// The usual response, whose body ends before its `Content-Length`.
    TruncatedBody,
    /// The usual response, whose JSON ends too early.
    InvalidJson,
    /// A 502 with a page of HTML, as a gateway sends one.
    Html,
    /// The usual response without its body.
    EmptyBody,
    /// The usual response, one byte of its body a second.
    SlowBody,
    /// The usual response, followed by 16 MiB of spaces.
    OversizedBody,
    /// A redirect to another path of the emulator.
    Redirect,
    /// The usual response, labelled as HTML.
    WrongContentType,
}

impl FaultKind {
    /// All of them, in the order of their declaration.
    pub const ALL: &[Self] = &[
        Self::Status,
        Self::Delay,
        Self::Hang,
        Self::ConnectionResetBefore,
        Self::ConnectionResetAfter,
        Self::Garbage,
        Self::TruncatedBody,
        Self::InvalidJson,
        Self::Html,
        Self::EmptyBody,
        Self::SlowBody,
        Self::OversizedBody,
        Self::Redirect,
        Self::WrongContentType,
    ];

    /// The name in `snake_case`, as it stands in JSON.
    ///
    /// ```
    /// use line_channel_token_emulator::FaultKind;
    ///
    /// assert_eq!(FaultKind::SlowBody.as_str(), "slow_body");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Delay => "delay",
            Self::Hang => "hang",
            Self::ConnectionResetBefore => "connection_reset_before",
            Self::ConnectionResetAfter => "connection_reset_after",
            Self::Garbage => "garbage",
            Self::TruncatedBody => "truncated_body",
            Self::InvalidJson => "invalid_json",
            Self::Html => "html",
            Self::EmptyBody => "empty_body",
            Self::SlowBody => "slow_body",
            Self::OversizedBody => "oversized_body",
            Self::Redirect => "redirect",
            Self::WrongContentType => "wrong_content_type",
        }
    }

    /// Whether the emulator does what the request asks for: a token that is issued uses up a slot, even if its response is lost.
    ///
    /// ```
    /// use line_channel_token_emulator::FaultKind;
    ///
    /// assert!(FaultKind::TruncatedBody.has_effect());
    /// assert!(!FaultKind::Status.has_effect());
    /// ```
    #[must_use]
    pub fn has_effect(self) -> bool {
        match self {
            Self::Delay
            | Self::ConnectionResetAfter
            | Self::TruncatedBody
            | Self::InvalidJson
            | Self::EmptyBody
            | Self::SlowBody
            | Self::OversizedBody
            | Self::WrongContentType => true,
            Self::Status | Self::Hang | Self::ConnectionResetBefore | Self::Garbage | Self::Html | Self::Redirect => {
                false
            }
        }
    }

    /// Whether the response is the fault's own, so that its body can be chosen.
    pub(crate) fn has_own_response(self) -> bool {
        matches!(self, Self::Status | Self::Html | Self::Redirect)
    }

    /// Whether a response with headers arrives.
    #[cfg_attr(not(feature = "serde"), expect(dead_code, reason = "of interest to JSON alone"))]
    pub(crate) fn has_headers(self) -> bool {
        !matches!(self, Self::Hang | Self::ConnectionResetBefore | Self::ConnectionResetAfter | Self::Garbage)
    }

    /// What it does to the response, for a record; `None` if the client gets the usual response after all.
    pub(crate) fn effect(self) -> Option<&'static str> {
        Some(match self {
            Self::Status => "a response of its own in place of the usual one",
            Self::Hang => "no response, and the request has no effect",
            Self::ConnectionResetBefore => "the connection is reset, and the request has no effect",
            Self::ConnectionResetAfter => "the connection is reset, and the usual response is lost",
            Self::Garbage => "bytes that are no HTTP, and the request has no effect",
            Self::TruncatedBody => "the body of the usual response breaks off",
            Self::InvalidJson => "the JSON of the usual response is cut in half",
            Self::Html => "a gateway's page of HTML in place of the usual response",
            Self::EmptyBody => "the usual response without its body",
            Self::OversizedBody => "the usual response with 16 MiB of spaces behind it",
            Self::Redirect => "a redirect in place of the usual response",
            Self::Delay | Self::SlowBody | Self::WrongContentType => return None,
        })
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
