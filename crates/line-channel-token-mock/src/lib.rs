#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backend;
mod canned;
mod expectation;
mod fake_signer;
mod manual_clock;
pub mod matchers;
mod received;
mod reply;
mod report;
mod rule;

pub use backend::MockBackend;
pub use fake_signer::FakeSigner;
pub use manual_clock::{ManualClock, Sleeping};
pub use matchers::Matcher;
pub use received::Received;
pub use reply::Reply;
pub use report::Report;
pub use rule::{Rule, RuleBuilder};
