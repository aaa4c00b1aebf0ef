//! Points at which the worker stops on its way to a token, so that the test can kill it there.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use fleet_tests::{Line, StopPoint};
use line_channel_token_cache::{IssueRequest, Issued, NewToken, RetireReason, Retired, SourcePolicy, TokenSource};
use line_channel_token_core::{Error, TokenKeyId};
use tokio::sync::Notify;

use crate::output::Output;

/// The points that are still to be stopped at.
#[derive(Clone, Debug)]
pub(crate) struct Stops(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    points: Mutex<HashSet<StopPoint>>,
    go: Notify,
    output: Output,
    /// Whether a token was issued that is not stored yet.
    issued: AtomicBool,
}

impl Stops {
    pub(crate) fn new(points: &[StopPoint], output: Output) -> Self {
        let points = Mutex::new(points.iter().copied().collect());
        Self(Arc::new(Shared { points, go: Notify::new(), output, issued: AtomicBool::new(false) }))
    }

    /// Waits here if this is one of the points, and the first time only.
    pub(crate) async fn pass(&self, point: StopPoint) {
        let stops = self.0.points.lock().unwrap_or_else(PoisonError::into_inner).remove(&point);
        if stops {
            self.0.output.write(&Line::At(point));
            self.0.go.notified().await;
        }
    }

    pub(crate) fn go(&self) {
        self.0.go.notify_one();
    }

    pub(crate) fn set_issued(&self, issued: bool) {
        self.0.issued.store(issued, Ordering::Relaxed);
    }

    pub(crate) fn has_issued(&self) -> bool {
        self.0.issued.load(Ordering::Relaxed)
    }
}

/// A source that stops before and after it issues.
#[derive(Debug)]
pub(crate) struct StoppingSource {
    pub(crate) source: Arc<dyn TokenSource>,
    pub(crate) stops: Stops,
}

#[async_trait]
impl TokenSource for StoppingSource {
    fn policy(&self) -> SourcePolicy {
        self.source.policy()
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        let _busy = self.stops.0.output.busy();
        self.stops.pass(StopPoint::BeforeSending).await;
        let issued = self.source.issue(request).await;
        self.stops.pass(StopPoint::AfterResponse).await;
        self.stops.set_issued(issued.is_ok());
        issued
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        let _busy = self.stops.0.output.busy();
        self.source.retire(token, reason).await
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        let _busy = self.stops.0.output.busy();
        self.source.key_ids().await
    }
}
