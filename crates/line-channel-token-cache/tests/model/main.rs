//! The cache itself under a scheduler that tries out orders of events: every file of the crate but two is compiled here as
//! it is, with locks and tasks of shuttle's in place of the standard library's and Tokio's.
//!
//! Each check runs some thousands of schedules, chosen at random and by probabilistic concurrency testing. A failure prints
//! a schedule that `shuttle::replay` runs again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(dead_code, unused_imports, unreachable_pub, reason = "the crate's files are not all used here")]

mod checks;
mod runtime;
mod sync;

#[path = "../../src/backoff.rs"]
mod backoff;
#[path = "../../src/berthing.rs"]
mod berthing;
#[path = "../../src/budget.rs"]
mod budget;
#[path = "../../src/builder.rs"]
mod builder;
#[path = "../../src/cache.rs"]
mod cache;
#[path = "../../src/control.rs"]
mod control;
#[path = "../../src/dock.rs"]
mod dock;
#[path = "../../src/event.rs"]
mod event;
#[path = "../../src/flight.rs"]
mod flight;
#[path = "../../src/inner.rs"]
mod inner;
#[path = "../../src/keeper.rs"]
mod keeper;
#[path = "../../src/life.rs"]
mod life;
#[path = "../../src/margins.rs"]
mod margins;
#[path = "../../src/policy.rs"]
mod policy;
#[path = "../../src/pool.rs"]
mod pool;
#[path = "../../src/pool_builder.rs"]
mod pool_builder;
#[path = "../../src/reconcile.rs"]
mod reconcile;
#[path = "../../src/refresh.rs"]
mod refresh;
#[path = "../../src/refresh_ahead.rs"]
mod refresh_ahead;
#[path = "../../src/retired.rs"]
mod retired;
#[path = "../../src/rotation.rs"]
mod rotation;
#[path = "../../src/source.rs"]
mod source;
#[path = "../../src/sources/mod.rs"]
mod sources;
#[path = "../../src/status.rs"]
mod status;
#[path = "../../src/token.rs"]
mod token;
#[path = "../../src/trace.rs"]
mod trace;
#[path = "../../src/upkeep.rs"]
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
