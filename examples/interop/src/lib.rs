//! Pushes of one text message through clients of other people, with tokens of line-channel-token. The page "sending" of the guide shows
//! these programs; the tests run them against the emulator.

pub mod with_hyper_util;
pub mod with_line_bot_messaging_api;
pub mod with_line_bot_sdk_rust;
pub mod with_reqwest;
pub mod with_reqwest_middleware;
pub mod with_reqwest_service;
