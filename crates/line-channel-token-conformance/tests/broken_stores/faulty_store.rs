//! A store in memory that breaks one rule.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_cache::store::{
    Comparison, Revision, Snapshot, StoreError, StoreErrorKind, StoreKey, StoredEntry, StoredValue, TokenStore,
};
use line_channel_token_core::Clock;
use line_channel_token_mock::ManualClock;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::yield_now;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    None,
    HoldsAValueAtFirst,
    StoresNothing,
    ReplacesNothing,
    CachesReads,
    IgnoresTheRevision,
    ShowsNothingIfChanged,
    ComparesBeforeItStores,
    CountsRevisions,
    HasOneRevision,
    ComparesWithAnyKey,
    KnowsTheChannelAlone,
    SetsAsideAllFamilies,
    TruncatesAt32KiB,
    KeepsTextAlone,
    KeepsNoEmptyValue,
    TrimsLines,
    TakesSecondsForMillis,
    ComparesWithTheExpired,
    KeepsTheFirstLifetime,
    ChangesTheLifetimeAnyway,
    RefusesLifetimes,
    HasNoTime,
    ShowsTimeInMillis,
    HasATimeForEachHandle,
    HasNoTimeIfChanged,
    SetsNothingAside,
    SetsAsideAnything,
    NamesAPlaceForNothing,
    RemovesBeforeItStores,
    LeavesTheLock,
    MixesReplies,
    EndsWithItsRuntime,
    WorksOnOneRuntime,
    ShowsValues,
    TakesTheDamagedForNothing,
    OverwritesTheDamaged,
    SetsTheIncompatibleAside,
}

#[derive(Clone, Default)]
struct Row {
    bytes: Vec<u8>,
    revision: String,
    until: Duration,
    unusable: Option<StoreErrorKind>,
}

#[derive(Default)]
struct Database {
    rows: HashMap<String, Row>,
    counters: HashMap<String, u64>,
    locked: bool,
    replies: VecDeque<Result<Snapshot, StoreError>>,
    handles: u64,
}

/// What its handles share.
#[derive(Clone)]
pub(crate) struct FaultyDatabase {
    fault: Fault,
    database: Arc<Mutex<Database>>,
    pub(crate) clock: ManualClock,
}

/// One handle.
pub(crate) struct FaultyStore {
    of: FaultyDatabase,
    number: u64,
    cached: Mutex<HashMap<StoreKey, Snapshot>>,
    driver: Mutex<Option<(mpsc::Sender<()>, tokio::runtime::Id)>>,
}

fn error(kind: StoreErrorKind) -> StoreError {
    StoreError::new(kind, "as this fault wants it")
}

impl FaultyDatabase {
    pub(crate) fn new(fault: Fault) -> Self {
        Self { fault, database: Arc::default(), clock: ManualClock::new() }
    }

    pub(crate) fn handle(&self) -> FaultyStore {
        let mut database = self.database.lock().unwrap();
        database.handles += 1;
        let number = database.handles;
        FaultyStore { of: self.clone(), number, cached: Mutex::default(), driver: Mutex::default() }
    }

    pub(crate) fn clear(&self) {
        self.database.lock().unwrap().rows.clear();
    }

    pub(crate) fn spoil(&self, key: &StoreKey, kind: StoreErrorKind) {
        self.database.lock().unwrap().rows.get_mut(&self.row_key(key)).unwrap().unusable = Some(kind);
    }

    fn row_key(&self, key: &StoreKey) -> String {
        match self.fault {
            Fault::KnowsTheChannelAlone => key.channel_id().to_string(),
            _ => key.to_string(),
        }
    }
}

impl FaultyStore {
    fn now(&self) -> Duration {
        let now = self.of.clock.now().unix;
        match self.of.fault {
            Fault::HasNoTime => Duration::from_secs(1_767_225_600),
            Fault::ShowsTimeInMillis => now * 1000,
            Fault::HasATimeForEachHandle => now - Duration::from_secs(10 * self.number),
            _ => now,
        }
    }

    /// A fault of connections, if it has one.
    fn connect(&self) -> Result<(), StoreError> {
        if !matches!(self.of.fault, Fault::EndsWithItsRuntime | Fault::WorksOnOneRuntime) {
            return Ok(());
        }
        let mut driver = self.driver.lock().unwrap();
        let (connection, runtime) = driver.get_or_insert_with(|| {
            let (sender, mut receiver) = mpsc::channel(1);
            tokio::spawn(async move { while receiver.recv().await.is_some() {} });
            (sender, Handle::current().id())
        });
        let elsewhere = *runtime != Handle::current().id() && self.of.fault == Fault::WorksOnOneRuntime;
        if elsewhere || connection.is_closed() { Err(error(StoreErrorKind::Unavailable)) } else { Ok(()) }
    }

    fn read(&self, database: &Database, key: &StoreKey) -> Result<Snapshot, StoreError> {
        let fault = self.of.fault;
        let now = self.now();
        let row = database.rows.get(&self.of.row_key(key)).filter(|row| row.until > self.of.clock.now().unix);
        let mut entry = row.map(|row| StoredEntry {
            value: StoredValue::new(row.bytes.clone()),
            revision: Revision::new(row.revision.clone()),
        });
        match row.and_then(|row| row.unusable) {
            Some(_) if fault == Fault::TakesTheDamagedForNothing => entry = None,
            Some(kind) => return Err(error(kind)),
            None => {}
        }
        if fault == Fault::KeepsNoEmptyValue {
            entry = entry.filter(|entry| !entry.value.expose_bytes().is_empty());
        }
        if fault == Fault::HoldsAValueAtFirst && entry.is_none() {
            entry = Some(StoredEntry { value: StoredValue::new(vec![1]), revision: Revision::new("left") });
        }
        Ok(Snapshot { now, entry })
    }

    fn kept(&self, bytes: &[u8]) -> Vec<u8> {
        match self.of.fault {
            Fault::TruncatesAt32KiB => bytes[..bytes.len().min(32 * 1024)].to_vec(),
            Fault::KeepsTextAlone => String::from_utf8_lossy(bytes).into_owned().into_bytes(),
            Fault::TrimsLines => bytes.trim_ascii_end().to_vec(),
            _ => bytes.to_vec(),
        }
    }

    fn write(&self, database: &mut Database, key: &StoreKey, value: &StoredValue, keep_for: Duration) -> Revision {
        let fault = self.of.fault;
        let key = self.of.row_key(key);
        let now = self.of.clock.now().unix;
        let counter = database.counters.entry(key.clone()).or_default();
        *counter = if fault == Fault::CountsRevisions && !database.rows.contains_key(&key) { 1 } else { *counter + 1 };
        let revision = match fault {
            Fault::CountsRevisions => counter.to_string(),
            Fault::HasOneRevision => "the one".to_owned(),
            _ => format!("{key} {counter}"),
        };
        let former = database.rows.get(&key).filter(|row| row.until > now);
        let until = match (fault, former) {
            (Fault::KeepsTheFirstLifetime, Some(former)) => former.until,
            (Fault::TakesSecondsForMillis, _) => now.saturating_add(keep_for / 1000),
            _ => now.saturating_add(keep_for),
        };
        let stores = match fault {
            Fault::StoresNothing => false,
            Fault::ReplacesNothing => former.is_none(),
            _ => true,
        };
        if stores {
            let bytes = self.kept(value.expose_bytes());
            database.rows.insert(key, Row { bytes, revision: revision.clone(), until, unusable: None });
        }
        Revision::new(revision)
    }

    fn matches(&self, database: &Database, key: &StoreKey, found: &Snapshot, expected: Option<&Revision>) -> bool {
        let there = found.entry.as_ref().map(|entry| &entry.revision);
        match self.of.fault {
            Fault::IgnoresTheRevision => true,
            Fault::ComparesWithAnyKey => {
                there == expected
                    || database.rows.values().any(|row| expected.is_some_and(|it| it.as_str() == row.revision))
            }
            Fault::ComparesWithTheExpired => {
                let row = database.rows.get(&self.of.row_key(key));
                row.map(|row| row.revision.as_str()) == expected.map(Revision::as_str)
            }
            _ => there == expected,
        }
    }
}

#[async_trait]
impl TokenStore for FaultyStore {
    async fn load(&self, key: &StoreKey) -> Result<Snapshot, StoreError> {
        self.connect()?;
        let reply = self.read(&self.of.database.lock().unwrap(), key);
        match self.of.fault {
            Fault::LeavesTheLock if self.of.database.lock().unwrap().locked => Err(error(StoreErrorKind::Unavailable)),
            Fault::CachesReads => {
                let reply = reply?;
                Ok(self.cached.lock().unwrap().entry(key.clone()).or_insert(reply).clone())
            }
            Fault::MixesReplies => {
                self.of.database.lock().unwrap().replies.push_back(reply);
                yield_now().await;
                self.of.database.lock().unwrap().replies.pop_front().unwrap()
            }
            _ => reply,
        }
    }

    async fn compare_and_set(
        &self,
        key: &StoreKey,
        expected: Option<&Revision>,
        value: &StoredValue,
        keep_for: Duration,
    ) -> Result<Comparison, StoreError> {
        self.connect()?;
        let fault = self.of.fault;
        if fault == Fault::RefusesLifetimes
            && (keep_for.as_millis() == 0 || u64::try_from(keep_for.as_millis()).is_err())
        {
            return Err(error(StoreErrorKind::InvalidSettings));
        }
        if fault == Fault::OverwritesTheDamaged {
            self.of.database.lock().unwrap().rows.retain(|_, row| row.unusable.is_none());
        }
        if fault == Fault::ComparesBeforeItStores {
            let found = self.read(&self.of.database.lock().unwrap(), key)?;
            tokio::time::sleep(Duration::from_millis(5)).await;
            let mut database = self.of.database.lock().unwrap();
            if !self.matches(&database, key, &found, expected) {
                return Ok(Comparison::Changed(found));
            }
            return Ok(Comparison::Stored(self.write(&mut database, key, value, keep_for)));
        }
        if fault == Fault::LeavesTheLock {
            self.of.database.lock().unwrap().locked = true;
            yield_now().await;
            self.of.database.lock().unwrap().locked = false;
        }
        {
            let mut database = self.of.database.lock().unwrap();
            let mut found = self.read(&database, key)?;
            if !self.matches(&database, key, &found, expected) {
                match (fault, database.rows.get_mut(&self.of.row_key(key))) {
                    (Fault::ShowsNothingIfChanged, _) => found.entry = None,
                    (Fault::HasNoTimeIfChanged, _) => found.now = Duration::ZERO,
                    (Fault::ChangesTheLifetimeAnyway, Some(row)) => row.until = self.now() + keep_for,
                    _ => {}
                }
                return Ok(Comparison::Changed(found));
            }
            if fault != Fault::RemovesBeforeItStores {
                return Ok(Comparison::Stored(self.write(&mut database, key, value, keep_for)));
            }
            database.rows.remove(&self.of.row_key(key));
        }
        yield_now().await;
        Ok(Comparison::Stored(self.write(&mut self.of.database.lock().unwrap(), key, value, keep_for)))
    }

    async fn set_aside(&self, key: &StoreKey, revision: Option<&Revision>) -> Result<Option<String>, StoreError> {
        self.connect()?;
        let fault = self.of.fault;
        let mut database = self.of.database.lock().unwrap();
        let row_key = self.of.row_key(key);
        let row = database.rows.get(&row_key).cloned();
        let moves = row.is_some_and(|row| match row.unusable {
            _ if fault == Fault::SetsAsideAnything => true,
            Some(StoreErrorKind::Unreadable) => revision.is_none(),
            Some(_) => fault == Fault::SetsTheIncompatibleAside,
            None => revision.is_some_and(|revision| revision.as_str() == row.revision),
        });
        if moves && fault == Fault::SetsAsideAllFamilies {
            database.rows.retain(|other, _| !other.starts_with(key.channel_id().as_ref()));
        }
        if moves && fault != Fault::SetsNothingAside {
            database.rows.remove(&row_key);
        }
        Ok((fault == Fault::NamesAPlaceForNothing).then(|| "elsewhere".to_owned()))
    }
}

impl fmt::Debug for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("FaultyStore");
        if self.of.fault == Fault::ShowsValues {
            let database = self.of.database.lock().unwrap();
            debug.field("rows", &database.rows.values().map(|row| row.bytes.clone()).collect::<Vec<_>>());
        }
        debug.finish_non_exhaustive()
    }
}
