//! One call to the source, shared by all who wait for it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use line_channel_token_core::Error;

use crate::CachedToken;
use crate::runtime::{self, Task};

pub(crate) type Landing = Result<Arc<CachedToken>, Error>;

/// A call to the source. Whoever waits for it drives it, so it needs neither the caller who began it nor their runtime.
pub(crate) struct Flight {
    call: Shared<BoxFuture<'static, Landing>>,
    /// Drives it where nobody waits; ends with the cache that holds it.
    _task: Task,
}

impl Flight {
    /// Begins a flight.
    pub(crate) fn begin(call: impl Future<Output = Landing> + Send + 'static) -> Result<Self, Error> {
        let call = call.boxed().shared();
        let task = runtime::spawn(call.clone().map(drop))?;
        Ok(Self { call, _task: task })
    }

    /// A seat in it.
    pub(crate) fn join(&self) -> Passenger {
        Passenger(self.call.clone())
    }
}

/// Waits for a flight. It may be dropped at any moment.
pub(crate) struct Passenger(Shared<BoxFuture<'static, Landing>>);

impl Future for Passenger {
    type Output = Landing;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Landing> {
        self.0.poll_unpin(context)
    }
}
