//! What a log or a health endpoint takes, with the feature `serde`. Tokens and secrets are in none of it.

use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::event::Event;
use crate::issue::{IssueReason, RetireReason, Retired};
use crate::reconcile::Reconciliation;
use crate::refresh_ahead::RefreshAhead;
use crate::shutdown::RevocationReport;
use crate::status::{CacheState, CacheStatus};

/// Serializes each as its `as_str`.
macro_rules! serialize_as_str {
    ($($named:ty),+) => {$(
        #[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
        impl Serialize for $named {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )+};
}

serialize_as_str!(CacheState, IssueReason, RefreshAhead, RetireReason, Retired);

/// Serializes a struct with these fields.
macro_rules! serialize_fields {
    ($serializer:expr, $name:literal, { $($field:literal: $value:expr),+ $(,)? }) => {{
        let mut fields = $serializer.serialize_struct($name, [$($field),+].len())?;
        $(fields.serialize_field($field, $value)?;)+
        fields.end()
    }};
}

/// Seconds; `None` for a time that has no end or is not known.
fn secs(time: Duration) -> Option<f64> {
    (time != Duration::MAX).then_some(time.as_secs_f64())
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for CacheStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_fields!(serializer, "CacheStatus", {
            "state": &self.state,
            "is_ready": &self.is_ready(),
            "remaining_secs": &secs(self.remaining),
            "in_flight": &self.in_flight,
            "last_error": &self.last_error,
            "retry_in_secs": &secs(self.retry_in),
            "slots_used": &self.slots_used,
            "pending_revocations": &self.pending_revocations,
        })
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event = self.as_str();
        match self {
            Self::Issued { expires_in } | Self::Refreshed { expires_in } => {
                serialize_fields!(serializer, "Event", { "event": event, "expires_in_secs": &expires_in.and_then(secs) })
            }
            Self::RefreshFailed { error, retry_in } | Self::RevocationFailed { error, retry_in } => {
                serialize_fields!(serializer, "Event", { "event": event, "error": error, "retry_in_secs": &secs(*retry_in) })
            }
            Self::ServedStale | Self::Invalidated => serialize_fields!(serializer, "Event", { "event": event }),
            Self::Revoked { key_id } => {
                serialize_fields!(serializer, "Event", { "event": event, "key_id": &shown(key_id.as_ref()) })
            }
            Self::BudgetExhausted { slots, available_in } => {
                serialize_fields!(serializer, "Event", { "event": event, "slots": slots, "available_in_secs": &secs(*available_in) })
            }
            Self::TokenLimitReached { listed, unknown } => {
                serialize_fields!(serializer, "Event", { "event": event, "listed": listed, "unknown": &all_shown(unknown) })
            }
            Self::FallbackSignerUsed { rejected, used } => {
                serialize_fields!(serializer, "Event", { "event": event, "rejected": &shown(rejected.as_ref()), "used": &shown(used.as_ref()) })
            }
        }
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Reconciliation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_fields!(serializer, "Reconciliation", {
            "held": &all_shown(&self.held),
            "orphans": &all_shown(&self.orphans),
            "missing": &shown(self.missing.as_ref()),
        })
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for RevocationReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_fields!(serializer, "RevocationReport", {
            "is_complete": &self.is_complete(),
            "revoked": &self.revoked,
            "left_to_expire": &self.left_to_expire,
            "failed": &self.failed,
            "unfinished": &self.unfinished,
            "calls_in_flight": &self.calls_in_flight,
            "last_error": &self.last_error,
        })
    }
}

/// An id as `Display` shows it, because a server chose it.
fn shown(id: Option<&impl ToString>) -> Option<String> {
    id.map(ToString::to_string)
}

fn all_shown(ids: &[impl ToString]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}
