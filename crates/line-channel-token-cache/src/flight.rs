//! One call to the source, shared by all who wait for it.

use std::sync::Arc;

use line_channel_token_core::Error;
use tokio::sync::watch;

use crate::CachedToken;

pub(crate) type Landing = Result<Arc<CachedToken>, Error>;

/// The waiters' end of a flight. Dropping it cancels nothing.
#[derive(Clone, Debug)]
pub(crate) struct Flight(watch::Receiver<Option<Landing>>);

/// The end that says how the flight ended.
#[derive(Debug)]
pub(crate) struct Pilot(watch::Sender<Option<Landing>>);

impl Flight {
    pub(crate) fn new() -> (Pilot, Self) {
        let (sender, receiver) = watch::channel(None);
        (Pilot(sender), Self(receiver))
    }

    /// Whether it can never land, because its runtime was shut down in mid-flight.
    pub(crate) fn is_lost(&self) -> bool {
        self.0.has_changed().is_err() && self.0.borrow().is_none()
    }

    /// How it ended. A runtime that was shut down in mid-flight takes the pilot with it.
    pub(crate) async fn landed(mut self) -> Landing {
        let lost = || Err(Error::backend("the runtime was shut down while the token was being fetched"));
        match self.0.wait_for(Option::is_some).await {
            Ok(landing) => (*landing).clone().unwrap_or_else(lost),
            Err(_) => lost(),
        }
    }
}

impl Pilot {
    pub(crate) fn land(self, landing: Landing) {
        self.0.send_replace(Some(landing));
    }
}
