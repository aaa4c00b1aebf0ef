//! One call to the source, shared by all who wait for it.

use std::future::Future;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use line_channel_token_core::Error;

use crate::CachedToken;
use crate::berthing::{Berthing, Vacate};
use crate::runtime::{self, Task};

pub(crate) type Landing = Result<Arc<CachedToken>, Error>;

/// A call to the source. Whoever waits for it drives it, so it needs neither the caller who began it nor their runtime.
pub(crate) struct Flight {
    /// Its number in the ledger.
    pub(crate) serial: u64,
    seat: Passenger,
    /// Drives it where nobody waits; ends with the cache that holds it.
    _task: Task,
}

/// Waits for a flight. It may be dropped at any moment.
#[derive(Clone)]
pub(crate) struct Passenger {
    call: Shared<BoxFuture<'static, Landing>>,
    berthing: Option<Arc<Berthing>>,
}

impl Flight {
    /// Begins a flight; one of a pool with its berthing.
    pub(crate) fn begin(
        serial: u64,
        call: impl Future<Output = Landing> + Send + 'static,
        berthing: Option<Berthing>,
    ) -> Result<Self, Error> {
        let berthing = berthing.map(Arc::new);
        let landed = berthing.clone().map(Vacate);
        let call = async move {
            let landing = call.await;
            drop(landed);
            landing
        };
        let seat = Passenger { call: call.boxed().shared(), berthing: berthing.clone() };
        let (driver, given_up) = (seat.clone(), berthing.map(Vacate));
        let task = runtime::spawn(async move {
            let _given_up = given_up;
            let _ = driver.ride().await;
        })?;
        Ok(Self { serial, seat, _task: task })
    }

    /// A seat in it.
    pub(crate) fn join(&self) -> Passenger {
        self.seat.clone()
    }
}

impl Passenger {
    pub(crate) async fn ride(self) -> Landing {
        if let Some(berthing) = &self.berthing {
            berthing.wait().await;
        }
        self.call.await
    }
}
