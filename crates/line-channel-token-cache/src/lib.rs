#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod authorized;
mod budget;
mod builder;
mod cache;
mod channel_map;
mod decide;
mod event;
mod eviction;
mod in_flight;
mod issue;
mod limiter;
mod names;
mod outcome;
mod policy;
mod pool;
mod pool_removal;
mod reconcile;
mod refresh;
mod refresh_ahead;
mod refresh_task;
mod response_status;
mod revocation;
#[cfg(feature = "serde")]
mod serialize;
mod shared;
mod sharing;
mod shutdown;
mod source;
mod sources;
mod state;
mod status;
pub mod store;
mod sync;
mod timer;
mod token;
mod token_family;
mod trace;
mod wait;

pub use async_trait::async_trait;

pub use budget::IssueBudget;
pub use builder::{TokenCacheBuilder, TokenPoolBuilder};
pub use cache::TokenCache;
pub use event::Event;
pub use issue::{IssueReason, IssueRequest, Issued, NewToken, RetireReason, Retired};
pub use policy::SourcePolicy;
pub use pool::TokenPool;
pub use reconcile::Reconciliation;
pub use refresh_ahead::RefreshAhead;
pub use response_status::ResponseStatus;
pub use sharing::{SharedSource, StoreEvent, StoreOutage};
pub use shutdown::{RevocationReport, Shutdown};
pub use source::TokenSource;
pub use sources::{Credentials, JwtSource, LookupSource, ShortLivedSource, StatelessSource, StaticSource};
pub use status::{CacheState, CacheStatus};
pub use token::CachedToken;
pub use token_family::TokenFamily;
