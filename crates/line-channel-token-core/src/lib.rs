#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod access_token;
mod as_str;
mod assertion;
mod backend;
mod base_url;
mod channel;
mod classification;
mod client;
mod clock;
mod conversions;
mod credential;
mod error;
mod error_constructors;
mod error_kind;
mod error_response;
mod issued_token;
mod json_object;
mod key_ids;
mod lifetime;
mod mistaken;
mod operation;
pub mod request;
mod request_id;
pub mod response;
mod response_body;
mod retry;
#[cfg(feature = "serde")]
mod serde_forms;
mod system_clock;
mod timer;
mod trace;
mod transport_error;
mod verified_token;
mod wiped;

pub use access_token::AccessToken;
pub use assertion::{Assertion, AssertionKid, AssertionSource};
/// For those who implement [`HttpBackend`] or [`AssertionSource`], whose methods are async.
pub use async_trait::async_trait;
pub use backend::{HttpBackend, Limits};
pub use base_url::BaseUrl;
pub use channel::{ChannelId, ChannelSecret};
pub use client::{Client, ClientBuilder};
pub use clock::{Clock, Moment, Sleep};
/// The policy for pasted text, for the crates beside this one.
#[doc(hidden)]
pub use credential::clean as __clean_pasted;
pub use error::Error;
pub use error_kind::ErrorKind;
pub use issued_token::{IssuedToken, JwtToken, ShortLivedToken, StatelessToken, Timing};
pub use key_ids::{KeyIds, TokenKeyId};
pub use lifetime::{AssertionLifetime, TokenLifetime};
pub use operation::Operation;
pub use request_id::RequestId;
pub use retry::RetryPolicy;
pub use system_clock::SystemClock;
pub use trace::ExchangeSpan;
pub use transport_error::{Sent, TransportError, TransportErrorKind};
pub use verified_token::{Revoked, VerifiedToken};
