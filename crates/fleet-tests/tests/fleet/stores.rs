//! The stores that a fleet can share, each of a test's own.

use fleet_tests::{RedisSettings, StoreSettings};

use crate::platform::Platform;
use crate::redis_support::RedisServer;

pub fn file_store(platform: &Platform) -> StoreSettings {
    StoreSettings::File(platform.path("store"))
}

/// A redis-server of the test's own; `None`, and said so, if it is not installed.
pub fn redis(test: &str) -> Option<RedisServer> {
    RedisServer::start(test)
}

pub fn redis_store(server: &RedisServer) -> StoreSettings {
    redis_at(&server.url())
}

pub fn redis_at(url: &str) -> StoreSettings {
    StoreSettings::Redis(settings_at(url))
}

pub fn settings_at(url: &str) -> RedisSettings {
    // Far longer than it takes, so that a busy machine is no outage.
    RedisSettings { url: url.to_owned(), timeout: 2500, password: None, prefix: None, sentinel: None }
}
