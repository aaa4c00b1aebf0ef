use std::io::{Read, Seek, Write};
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use fleet_tests::FleetClock;
use line_channel_token_cache::store::*;
use line_channel_token_core::Clock;

#[derive(Debug)]
pub(crate) struct DevStore {
    pub(crate) dir: PathBuf,
    pub(crate) clock: FleetClock,
}

impl DevStore {
    fn open(&self, key: &StoreKey) -> std::fs::File {
        std::fs::create_dir_all(&self.dir).unwrap();
        let file = std::fs::File::options().read(true).write(true).create(true).truncate(false).open(self.dir.join(key.as_str())).unwrap();
        file.lock().unwrap();
        file
    }
    fn read(&self, mut file: &std::fs::File) -> Snapshot {
        let mut bytes = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut bytes).unwrap();
        let entry = bytes.iter().position(|b| *b == b'\n').map(|at| StoredEntry {
            revision: Revision::new(String::from_utf8(bytes[..at].to_vec()).unwrap()),
            value: StoredValue::new(bytes[at + 1..].to_vec()),
        });
        Snapshot { now: self.clock.now().unix, entry }
    }
}

#[async_trait]
impl TokenStore for DevStore {
    async fn load(&self, key: &StoreKey) -> Result<Snapshot, StoreError> {
        Ok(self.read(&self.open(key)))
    }
    async fn compare_and_set(&self, key: &StoreKey, expected: Option<&Revision>, value: &StoredValue, _: Duration) -> Result<Comparison, StoreError> {
        let mut file = self.open(key);
        let found = self.read(&file);
        if found.entry.as_ref().map(|e| &e.revision) != expected {
            return Ok(Comparison::Changed(found));
        }
        let revision = format!("{}-{}", std::process::id(), self.clock.now().monotonic.as_nanos());
        file.set_len(0).unwrap();
        file.rewind().unwrap();
        file.write_all(format!("{revision}\n").as_bytes()).unwrap();
        file.write_all(value.expose_bytes()).unwrap();
        Ok(Comparison::Stored(Revision::new(revision)))
    }
    async fn set_aside(&self, key: &StoreKey, _: Option<&Revision>) -> Result<Option<String>, StoreError> {
        self.open(key).set_len(0).unwrap();
        Ok(None)
    }
}
