#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod assertion;
mod bearer;
mod bodies;
mod books;
mod builder;
mod call;
mod channel;
mod claims;
mod controls;
mod emulator;
mod endpoint;
mod form;
mod issued;
mod json_object;
mod jwk;
mod jwk_members;
mod ledger;
mod leniency;
mod messaging;
mod numeric_claims;
mod public_key;
mod random;
mod rate_limit;
mod record;
#[cfg(feature = "server")]
mod server;
mod standing;
mod state;
mod stateless_count;
mod stateless_token;
mod token_bucket;
mod token_text;
#[cfg(feature = "server")]
mod unparsed_head;
mod v2;
mod v2_1;
mod v3;

pub use bearer::BearerError;
pub use builder::EmulatorBuilder;
pub use channel::EmulatedChannel;
pub use emulator::{Emulator, MAX_REQUEST_BODY};
pub use leniency::{Evidence, NumericStrings};
pub use rate_limit::RateLimits;
pub use record::RequestRecord;
#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub use server::EmulatorServer;
pub use standing::TokenFamily;
