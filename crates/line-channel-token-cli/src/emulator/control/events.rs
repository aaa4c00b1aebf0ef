//! Server-sent events: each request, and the state whenever something has changed.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream, unfold};
use serde::Deserialize;
use tokio::sync::watch;

use super::app::App;
use super::error::ApiError;
use super::extract::{Parameters, Sequence};
use super::state;

/// Changes that come together are told together.
const PAUSE: Duration = Duration::from_millis(50);
const BATCH: usize = 200;
/// As many batches as the journal holds: under a flood that never lets a client catch up, it is told the state after so many.
const BATCHES_PER_STATE: usize = 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    /// The number of the last request that is known already.
    after: Option<Sequence>,
}

/// One client. It takes from the journal what it has not seen as fast as it reads, so nothing piles up for one that does not.
struct Feed {
    app: App,
    seen: u64,
    changes: watch::Receiver<()>,
    stopped: watch::Receiver<bool>,
    ready: VecDeque<Event>,
    is_first: bool,
    batches_since_state: usize,
}

pub(super) async fn events(
    State(app): State<App>,
    Parameters(from): Parameters<From>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ApiError> {
    // A browser sends this if it connects again.
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let latest = app.journal().latest();
    let seen = last.or(from.after.map(|after| after.0)).unwrap_or(latest).min(latest);
    let feed = Feed {
        seen,
        changes: app.journal().subscribe(),
        stopped: app.stopped(),
        app,
        ready: VecDeque::new(),
        is_first: true,
        batches_since_state: 0,
    };
    let stream = Sse::new(stream(feed)).keep_alive(KeepAlive::default());
    Ok(([(CACHE_CONTROL, "no-store")], stream))
}

fn stream(feed: Feed) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(feed, |mut feed| async move {
        while feed.ready.is_empty() {
            if !feed.next_batch().await {
                return None;
            }
        }
        let event = feed.ready.pop_front()?;
        Some((Ok(event), feed))
    })
}

impl Feed {
    /// Fills `ready` with what has changed since, or says that the process ends.
    async fn next_batch(&mut self) -> bool {
        if !std::mem::take(&mut self.is_first) {
            tokio::select! {
                _ = self.stopped.wait_for(|stopped| *stopped) => return false,
                changed = self.changes.changed() => if changed.is_err() { return false },
            }
            // A client that has not caught up reads at its own pace.
            if self.batches_since_state == 0 {
                tokio::select! {
                    _ = self.stopped.wait_for(|stopped| *stopped) => return false,
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
            self.changes.mark_unchanged();
        }
        let entries = self.app.journal().after(self.seen, None, BATCH);
        let is_whole = entries.len() < BATCH;
        for entry in entries {
            self.seen = entry.seq;
            let event = Event::default().event("request").id(entry.seq.to_string());
            self.ready.extend(event.json_data(&entry));
        }
        self.batches_since_state += 1;
        if is_whole || self.batches_since_state == BATCHES_PER_STATE {
            self.batches_since_state = 0;
            let event = Event::default().event("state");
            self.ready.extend(event.json_data(state::without_requests(&self.app)));
        }
        if !is_whole {
            self.changes.mark_changed();
        }
        true
    }
}
