//! Calls of the store, which is foreign code: each has a deadline, and a panic is an error. What was read is parsed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use line_channel_token_core::{ChannelId, Clock};

use super::event::StoreEvent;
use super::local::{Access, Local};
use super::record::Record;
use crate::store::{Comparison, Revision, Snapshot, StoreError, StoreErrorKind, StoreKey, TokenStore};
use crate::trace;

pub(super) type Hook = Arc<dyn Fn(&StoreEvent) + Send + Sync>;

/// The store of a shared source, with what is known of its state.
pub(super) struct StoreAccess {
    pub(super) store: Arc<dyn TokenStore>,
    pub(super) key: Result<StoreKey, &'static str>,
    pub(super) channel_id: Option<ChannelId>,
    pub(super) timeout: Duration,
    pub(super) hook: Option<Hook>,
    pub(super) local: Mutex<Local>,
}

/// What the store held, and when.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) record: Option<Record>,
    pub(super) revision: Option<Revision>,
    /// The store's time at `local`.
    now: Duration,
    /// By the monotonic clock of this process: when the store was asked.
    asked_at: Duration,
    /// And when it had responded.
    responded_at: Duration,
}

/// What came of an attempt to replace a record.
#[derive(Debug)]
pub(super) enum Replaced {
    Stored(Seen),
    Changed(Seen),
}

impl Seen {
    /// The store's time when it was asked, or later.
    pub(super) fn now(&self) -> Duration {
        self.now
    }

    /// What the store's time is by now, or a little less: it was read when the response came, or before.
    pub(super) fn now_by(&self, clock: &dyn Clock) -> Duration {
        self.now.saturating_add(clock.now().monotonic.saturating_sub(self.responded_at))
    }

    /// The moment of this process that the store's time belongs to, or an earlier one.
    pub(super) fn age(&self, clock: &dyn Clock) -> Duration {
        clock.now().monotonic.saturating_sub(self.asked_at)
    }
}

impl StoreAccess {
    pub(super) fn local(&self) -> MutexGuard<'_, Local> {
        self.local.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self) -> Result<&StoreKey, StoreError> {
        self.key.as_ref().map_err(|message| StoreError::new(StoreErrorKind::InvalidSettings, *message))
    }

    /// What the store holds. What is damaged or foreign is moved out of the way, and counts as nothing.
    pub(super) async fn load(&self, clock: &dyn Clock) -> Result<Seen, StoreError> {
        let outcome = self.load_quietly(clock).await;
        let found = outcome.as_ref().ok().and_then(|seen| seen.revision.as_ref());
        self.note(Access::Read(found), outcome.as_ref().err());
        outcome
    }

    async fn load_quietly(&self, clock: &dyn Clock) -> Result<Seen, StoreError> {
        let key = self.key()?;
        let asked_at = clock.now().monotonic;
        match self.bounded(clock, self.store.load(key)).await {
            Ok(snapshot) => self.read(clock, snapshot, asked_at).await,
            Err(error) if error.kind() == StoreErrorKind::Unreadable => {
                self.set_aside(clock, None, error).await?;
                let asked_at = clock.now().monotonic;
                let snapshot = self.bounded(clock, self.store.load(key)).await?;
                self.read(clock, snapshot, asked_at).await
            }
            Err(error) => Err(error),
        }
    }

    /// Replaces what was seen by this record, if nobody else has.
    pub(super) async fn replace(
        &self,
        clock: &dyn Clock,
        seen: &Seen,
        record: &Record,
    ) -> Result<Replaced, StoreError> {
        let outcome = self.replace_quietly(clock, seen, record).await;
        self.note(Access::Write(seen.revision.as_ref()), outcome.as_ref().err());
        outcome
    }

    async fn replace_quietly(&self, clock: &dyn Clock, seen: &Seen, record: &Record) -> Result<Replaced, StoreError> {
        let key = self.key()?;
        let value = record.to_value();
        let keep_for = record.keep_for(seen.now_by(clock));
        let asked_at = clock.now().monotonic;
        let call = self.store.compare_and_set(key, seen.revision.as_ref(), &value, keep_for);
        match self.bounded(clock, call).await? {
            Comparison::Stored(revision) => {
                Ok(Replaced::Stored(Seen { record: Some(record.clone()), revision: Some(revision), ..seen.clone() }))
            }
            Comparison::Changed(snapshot) => self.read(clock, snapshot, asked_at).await.map(Replaced::Changed),
        }
    }

    async fn read(&self, clock: &dyn Clock, snapshot: Snapshot, asked_at: Duration) -> Result<Seen, StoreError> {
        let Snapshot { now, entry } = snapshot;
        let responded_at = clock.now().monotonic;
        let seen = |record, revision| Seen { record, revision, now, asked_at, responded_at };
        let Some(entry) = entry else { return Ok(seen(None, None)) };
        match Record::parse(&entry.value) {
            Ok(record) => Ok(seen(Some(record), Some(entry.revision))),
            Err(error) if error.kind() == StoreErrorKind::Unreadable => {
                self.set_aside(clock, Some(&entry.revision), error).await?;
                Ok(seen(None, None))
            }
            Err(error) => Err(error),
        }
    }

    async fn set_aside(
        &self,
        clock: &dyn Clock,
        revision: Option<&Revision>,
        error: StoreError,
    ) -> Result<(), StoreError> {
        let place = self.bounded(clock, self.store.set_aside(self.key()?, revision)).await?;
        self.emit(&StoreEvent::SetAside { error, place });
        Ok(())
    }

    /// A call of the store within its time.
    async fn bounded<T>(
        &self,
        clock: &dyn Clock,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let call = std::panic::AssertUnwindSafe(call).catch_unwind();
        let limit = clock.background_sleep(self.timeout);
        match select(std::pin::pin!(call), limit).await {
            Either::Left((outcome, _)) => outcome
                .unwrap_or_else(|_| Err(StoreError::new(StoreErrorKind::Unavailable, "the token store panicked"))),
            Either::Right(_) => Err(StoreError::new(
                StoreErrorKind::Unavailable,
                format!("the token store did not respond within {} s", self.timeout.as_secs_f64()),
            )),
        }
    }

    /// Reports a change of the store's state, once.
    fn note(&self, access: Access<'_>, error: Option<&StoreError>) {
        if !self.local().changes_store_state(access, error.map(StoreError::kind)) {
            return;
        }
        self.emit(&match error {
            Some(error) => StoreEvent::Unavailable { error: error.clone() },
            None => StoreEvent::Available,
        });
    }

    pub(super) fn emit(&self, event: &StoreEvent) {
        trace::store_event(self.channel_id.as_ref(), event);
        if let Some(hook) = &self.hook {
            // It is user code, and a call for a token must not end because of it.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| hook(event)));
        }
    }
}
