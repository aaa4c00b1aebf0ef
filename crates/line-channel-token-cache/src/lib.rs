#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backoff;
mod berthing;
mod budget;
mod builder;
mod cache;
mod control;
mod dock;
mod event;
mod flight;
mod inner;
mod keeper;
mod life;
mod margins;
mod policy;
mod pool;
mod pool_builder;
mod reconcile;
mod refresh;
mod refresh_ahead;
mod retired;
mod rotation;
mod runtime;
mod source;
mod sources;
mod status;
mod sync;
mod token;
mod trace;
mod upkeep;

pub use budget::IssueBudget;
pub use builder::TokenCacheBuilder;
pub use cache::TokenCache;
pub use event::Event;
pub use pool::TokenPool;
pub use pool_builder::TokenPoolBuilder;
pub use reconcile::Reconciliation;
pub use refresh_ahead::RefreshAhead;
pub use source::{NewToken, TokenSource};
pub use sources::{JwtSource, ShortLivedSource, StatelessSource, StaticSource};
pub use status::{CacheState, CacheStatus};
pub use token::CachedToken;
