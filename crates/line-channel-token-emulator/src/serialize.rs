//! The JSON of what an emulator has and sees, with the feature `serde`. Durations and Unix times are seconds.

use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::inspection::{Finding, InspectedKind, InspectedToken, InspectedTokenStatus, Inspection, Verdict};
use crate::key_algorithm::KeyAlgorithm;
use crate::record::RequestRecord;
use crate::state::{ChannelState, KeyState, TokenState};
use crate::token_family::TokenFamily;

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

serialize_as_str!(InspectedKind, InspectedTokenStatus, KeyAlgorithm, TokenFamily, Verdict);

/// Serializes a struct with these fields.
macro_rules! serialize_fields {
    ($named:ident, $self:ident { $($field:literal: $value:expr),+ $(,)? }) => {
        #[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
        impl Serialize for $named {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $self = self;
                let mut fields = serializer.serialize_struct(stringify!($named), [$($field),+].len())?;
                $(fields.serialize_field($field, $value)?;)+
                fields.end()
            }
        }
    };
}

serialize_fields!(ChannelState, state {
    "id": &state.id,
    "scope": &state.scope,
    "keys": &state.keys,
    "advanced_seconds": &state.advanced.as_secs_f64(),
    "tokens": &state.tokens,
    "stateless": &state.stateless,
    "max_short_lived_tokens": &state.max_short_lived_tokens,
    "max_jwt_tokens": &state.max_jwt_tokens,
});

serialize_fields!(KeyState, state {
    "kid": &state.kid,
    "algorithm": &state.algorithm,
});

serialize_fields!(TokenState, state {
    "family": &state.family,
    "fingerprint": &state.fingerprint,
    "key_id": &state.key_id,
    "issued_at": &state.issued_at.as_secs_f64(),
    "expires_in": &state.expires_in.as_ref().map(Duration::as_secs_f64),
});

serialize_fields!(RequestRecord, record {
    "time": &record.time.as_secs_f64(),
    "method": record.method.as_str(),
    "path": &record.path,
    "operation": &record.operation,
    "channel_id": &record.channel_id,
    "status": &record.status.as_u16(),
    "request_id": &record.request_id,
    "refusal": &record.refusal,
    "warnings": &record.warnings,
    "fault": &record.fault,
});

serialize_fields!(Inspection, inspection {
    "subject": &inspection.subject(),
    "is_accepted": &inspection.is_accepted(),
    "header": &inspection.header(),
    "claims": &inspection.claims(),
    "token": &inspection.token(),
    "findings": inspection.findings(),
});

serialize_fields!(Finding, finding {
    "rule": finding.rule,
    "verdict": &finding.verdict,
    "message": &finding.message,
    "advice": &finding.advice,
});

serialize_fields!(InspectedToken, token {
    "family": &token.family,
    "status": &token.status,
    "channel_id": &token.channel_id,
    "fingerprint": &token.fingerprint,
    "key_id": &token.key_id,
    "expires_in": &token.expires_in.as_ref().map(Duration::as_secs),
});
