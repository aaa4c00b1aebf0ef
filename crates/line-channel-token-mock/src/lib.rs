#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backend;
mod canned;
mod expectation;
mod fake_signer;
mod manual_clock;
pub mod matchers;
mod received_request;
mod reply;
mod rule;
mod verification_report;

pub use backend::MockBackend;
pub use fake_signer::FakeSigner;
pub use manual_clock::{ManualClock, WaitForSleepers};
pub use matchers::Matcher;
pub use received_request::ReceivedRequest;
pub use reply::Reply;
pub use rule::{Rule, RuleBuilder};
pub use verification_report::VerificationReport;
