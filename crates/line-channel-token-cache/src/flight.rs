//! One call to the source, shared by all who wait for it.

use std::future::Future;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use line_channel_token_core::Error;
use tokio::runtime::Handle;

use crate::CachedToken;

pub(crate) type Landing = Result<Arc<CachedToken>, Error>;

/// A call to the source. Whoever waits for it drives it, so it needs neither the caller who began it nor their runtime.
pub(crate) type Flight = Shared<BoxFuture<'static, Landing>>;

/// Begins a flight, and gives it a task of its own, so that it goes on when nobody waits.
pub(crate) fn begin(call: impl Future<Output = Landing> + Send + 'static, runtime: &Handle) -> Flight {
    let flight = call.boxed().shared();
    runtime.spawn(flight.clone());
    flight
}
