//! The suite that every store passes.

use std::sync::Arc;

use line_channel_token_cache::store::{MemoryStore, StoreKey, TokenStore};
use line_channel_token_redis::RedisStore;

use crate::support::RedisServer;

/// A server for each case. If it is missing, that is said, and the store of the suite's own examples is in its place.
struct Fixture {
    server: Option<RedisServer>,
    fallback: MemoryStore,
}

impl Fixture {
    fn new() -> Self {
        Self { server: RedisServer::start("conformance"), fallback: MemoryStore::new() }
    }

    fn store(&self, url: impl Fn(&RedisServer) -> String) -> Arc<dyn TokenStore> {
        match &self.server {
            Some(server) => Arc::new(RedisStore::new(url(server)).unwrap()),
            None => Arc::new(self.fallback.clone()),
        }
    }

    fn clear(&self) {
        match &self.server {
            Some(server) => drop(server.command(&["FLUSHALL"])),
            None => self.fallback.clear(),
        }
    }

    fn overwrite(&self, key: &StoreKey, value: &str) {
        if let Some(server) = &self.server {
            server.command(&["SET", &format!("line-channel-token:{{{key}}}"), value]);
        }
    }
}

line_channel_token_conformance::store_tests! {
    over_tcp,
    fixture: async || Fixture::new(),
    store: async |fixture: &Fixture| fixture.store(RedisServer::url),
    clear: async |fixture: &Fixture| fixture.clear(),
    damage: async |fixture: &Fixture, key: &StoreKey| fixture.overwrite(key, "somebody's own"),
    make_incompatible: async |fixture: &Fixture, key: &StoreKey| fixture.overwrite(key, "LCT2 of another form\n"),
}
