#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backend;
mod canned;
mod clock_state;
mod dispatch;
mod fake_signer;
mod manual_clock;
mod manual_sleep;
mod matcher;
pub mod matchers;
mod mismatch;
mod nearest_rule;
mod received_request;
mod reply;
mod rule;
mod rule_builder;
mod state;
mod times;
mod verification_report;

pub use backend::MockBackend;
pub use fake_signer::FakeSigner;
pub use manual_clock::ManualClock;
pub use manual_sleep::WaitForSleepers;
pub use matcher::Matcher;
pub use received_request::ReceivedRequest;
pub use reply::Reply;
pub use rule::Rule;
pub use rule_builder::RuleBuilder;
pub use times::Times;
pub use verification_report::VerificationReport;
