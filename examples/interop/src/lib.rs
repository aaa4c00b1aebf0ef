//! Pushes of one text message through clients of other people, with tokens of line-channel-token. The guide's page "sending" shows these
//! programs; the tests run them against the emulator.

pub mod with_line_bot_messaging_api;
pub mod with_line_bot_sdk_rust;
pub mod with_reqwest;
