#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod admin;
mod advance;
mod assertion;
mod bearer;
mod builder;
mod channel;
mod channel_tokens;
mod claims;
mod client_auth;
#[cfg(feature = "server")]
mod client_stream;
#[cfg(feature = "server")]
mod connection;
#[cfg(feature = "server")]
mod connections;
mod date;
mod emulator;
mod emulator_time;
mod endpoint;
mod error_bodies;
mod exchange;
#[cfg(feature = "server")]
mod fallback;
mod fault;
mod fault_admin;
#[cfg(feature = "serde")]
mod fault_json;
mod fault_kind;
mod fault_list;
mod fault_response;
mod fault_state;
mod fault_subject;
mod form;
mod header_rules;
mod inspection;
mod issued_token;
mod json_object;
mod jwk;
mod jwk_members;
mod jws;
mod key_algorithm;
mod leniency;
mod leniency_settings;
mod lifecycle;
mod live_channel;
mod messaging;
mod numeric_claims;
mod parameters;
mod public_key;
mod random;
mod rate_limit;
mod record;
mod registry;
mod request_body;
#[cfg(feature = "server")]
mod request_body_stream;
mod request_context;
mod response;
#[cfg(test)]
mod rfc_keys;
mod router;
mod rule;
#[cfg(feature = "serde")]
mod serialize;
#[cfg(feature = "server")]
mod served_body;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
mod server_builder;
mod shared;
#[cfg(test)]
mod slow_client_tests;
mod state;
mod stateless_count;
mod stateless_token;
#[cfg(feature = "server")]
mod timeouts;
mod token_bucket;
mod token_digest;
mod token_family;
mod token_format;
mod token_status;
mod token_store;
#[cfg(feature = "server")]
mod unparsed_head;
mod v2;
mod v2_1;
mod v3;
mod violation;

pub use bearer::BearerError;
pub use builder::EmulatorBuilder;
pub use channel::EmulatedChannel;
pub use emulator::Emulator;
#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub use fallback::PeerAddr;
pub use fault::Fault;
pub use fault_kind::FaultKind;
pub use fault_state::FaultState;
pub use inspection::{
    Finding, InspectedKind, InspectedToken, InspectedTokenStatus, Inspection, InspectionBuilder, Verdict,
};
pub use key_algorithm::KeyAlgorithm;
pub use leniency::{Evidence, NumericStrings};
pub use rate_limit::RateLimits;
pub use record::RequestRecord;
pub use request_body::MAX_REQUEST_BODY;
#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub use request_body_stream::RequestBodyStream;
#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub use server::EmulatorServer;
#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub use server_builder::EmulatorServerBuilder;
pub use state::{ChannelState, KeyState, TokenState};
pub use token_family::TokenFamily;
