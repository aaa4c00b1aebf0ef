#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "clap")]
mod args;
mod build;
mod check;
mod config;
mod credentials;
mod environment;
mod error;
mod file;
mod followed;
mod labels;
mod list;
mod parse;
mod path_text;
#[cfg(feature = "serde")]
mod serde_form;
mod setting;
mod settings;
mod similar_names;
mod source;
mod span;

#[cfg(feature = "clap")]
#[cfg_attr(docsrs, doc(cfg(feature = "clap")))]
pub use args::ChannelArgs;
pub use build::Channel;
pub use config::ChannelConfig;
pub use error::{ConfigError, ConfigProblem};
pub use line_channel_token_cache::TokenFamily;
pub use list::ChannelConfigs;
