#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod build;
mod check;
mod config;
mod credentials;
mod environment;
mod error;
mod file;
mod followed;
mod labels;
mod parse;
mod path_text;
mod setting;
mod settings;
mod similar_names;
mod source;
mod span;
mod token_family;

pub use build::Channel;
pub use config::ChannelConfig;
pub use error::{ConfigError, ConfigProblem};
pub use token_family::TokenFamily;
