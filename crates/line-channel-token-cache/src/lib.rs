#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backoff;
mod builder;
mod cache;
mod event;
mod flight;
mod margins;
mod source;
mod sources;
mod status;
mod token;

pub use builder::TokenCacheBuilder;
pub use cache::TokenCache;
pub use event::Event;
pub use source::{NewToken, TokenSource};
pub use sources::{JwtSource, ShortLivedSource, StatelessSource, StaticSource};
pub use status::{CacheState, CacheStatus};
pub use token::CachedToken;
