#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod access_token;
mod assertion;
mod backend;
mod base_url;
mod channel;
mod classification;
mod client;
mod clock;
mod credential;
mod error;
mod error_response;
mod json_object;
mod mistaken;
mod operation;
pub mod request;
mod request_id;
pub mod response;
mod response_body;
mod retry;
mod system_clock;
mod timer;
mod token;
mod wiped;

pub use access_token::AccessToken;
pub use assertion::{Assertion, AssertionKid, AssertionLifetime, AssertionSource};
pub use backend::{HttpBackend, Limits, Sent, TransportError, TransportErrorKind};
pub use base_url::BaseUrl;
pub use channel::{ChannelId, ChannelSecret};
pub use client::{Client, ClientBuilder};
pub use clock::{Clock, Moment, Sleep};
pub use error::{Error, ErrorKind};
pub use operation::Operation;
pub use request_id::RequestId;
pub use retry::RetryPolicy;
pub use system_clock::SystemClock;
pub use token::{
    IssuedToken, JwtToken, KeyIds, Revoked, ShortLivedToken, StatelessToken, Timing, TokenKeyId, TokenLifetime,
    VerifiedToken,
};
