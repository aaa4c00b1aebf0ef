//! The channels of a worker: a cache of one, or a pool of several.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fleet_tests::{ChannelSettings, FleetClock, RedisSettings, StoreSettings, WorkerSettings};
use http_body_util::Full;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use line_channel_token_assertion::{AssertionSigner, SigningKey};
use line_channel_token_cache::store::{FileStore, TokenStore};
use line_channel_token_cache::{
    CachedToken, Event, JwtSource, SharedSource, ShortLivedSource, Shutdown, StatelessSource, StoreEvent, StoreOutage,
    TokenCache, TokenPool, TokenSource,
};
use line_channel_token_core::{
    Assertion, AssertionKid, AssertionSource, BaseUrl, ChannelId, ChannelSecret, Client, Clock, Error, RetryPolicy,
    TokenLifetime,
};
use line_channel_token_hyper::HyperBackend;
use line_channel_token_redis::RedisStore;

use crate::output::Output;
use crate::stops::{StoppingSource, Stops};
use crate::watched_store::WatchedStore;

type BoxError = Box<dyn std::error::Error>;

pub(crate) struct Channels {
    pub(crate) ids: Vec<ChannelId>,
    held: Held,
}

enum Held {
    Cache(TokenCache),
    Pool(TokenPool),
}

impl Channels {
    pub(crate) fn new(
        settings: &WorkerSettings,
        clock: &FleetClock,
        stops: &Stops,
        output: &Output,
    ) -> Result<Self, BoxError> {
        let backend = backend();
        let client = Client::builder(backend)
            .base_url(BaseUrl::new(&settings.server)?)
            .clock(Arc::new(clock.clone()))
            .retry(RetryPolicy::never())
            .build();
        let store = store(settings, clock, stops, output)?;
        let mut sources = Vec::new();
        for channel in &settings.channels {
            sources.push((ChannelId::new(&channel.id)?, source(&client, channel)?));
        }
        let ids = sources.iter().map(|(id, _)| id.clone()).collect();
        let outage = match settings.outage.as_deref() {
            Some("degrade") => Some(StoreOutage::Degrade),
            Some("refuse") => Some(StoreOutage::Refuse),
            _ => None,
        };
        let make = {
            let (stops, output) = (stops.clone(), output.clone());
            move |source: Arc<dyn TokenSource>| -> Arc<dyn TokenSource> {
                let source = StoppingSource { source, stops: stops.clone() };
                let Some(store) = store.clone() else { return Arc::new(source) };
                let output = output.clone();
                let shared = SharedSource::new(source, store)
                    .on_event(move |event| output.event(event.as_str(), text_of(event)));
                match outage {
                    Some(outage) => Arc::new(shared.during_outage(outage)),
                    None => Arc::new(shared),
                }
            }
        };
        let output = output.clone();
        let on_event = move |event: &Event| match event {
            Event::RefreshFailed { error, .. } => output.event("cache_refresh_failed", error.to_string()),
            event => output.count(&format!("cache_{event}")),
        };
        let clock: Arc<dyn Clock> = Arc::new(clock.clone());
        let held = match sources.as_slice() {
            [(_, source)] => {
                Held::Cache(TokenCache::builder(make(Arc::clone(source))).clock(clock).on_event(on_event).build())
            }
            _ => {
                let make = move |id: &ChannelId| {
                    let source = sources.iter().find(|(channel, _)| channel == id);
                    let (_, source) = source.ok_or_else(|| Error::invalid_input("this worker has no such channel"))?;
                    Ok(make(Arc::clone(source)))
                };
                Held::Pool(TokenPool::builder(make).clock(clock).on_event(move |_, event| on_event(event)).build())
            }
        };
        Ok(Self { ids, held })
    }

    pub(crate) async fn token(&self, id: &ChannelId) -> Result<Arc<CachedToken>, Error> {
        match &self.held {
            Held::Cache(cache) => cache.token().await,
            Held::Pool(pool) => pool.token(id).await,
        }
    }

    /// Another token than this one, which was refused.
    pub(crate) async fn replacement(&self, id: &ChannelId, refused: &CachedToken) -> Result<Arc<CachedToken>, Error> {
        self.invalidate(id, refused);
        self.token(id).await
    }

    pub(crate) fn invalidate(&self, id: &ChannelId, token: &CachedToken) {
        match &self.held {
            Held::Cache(cache) => cache.invalidate(token),
            Held::Pool(pool) => pool.invalidate(id, token),
        }
    }

    pub(crate) fn is_in_flight(&self, id: &ChannelId) -> bool {
        match &self.held {
            Held::Cache(cache) => cache.status().in_flight,
            Held::Pool(pool) => pool.status(id).is_some_and(|status| status.in_flight),
        }
    }

    pub(crate) async fn shutdown(&self) {
        let limit = Shutdown::within(Duration::from_secs(5));
        match &self.held {
            Held::Cache(cache) => cache.shutdown(limit).await,
            Held::Pool(pool) => pool.shutdown(limit).await,
        };
    }
}

/// Plain HTTP, because everything is on this machine.
pub(crate) fn backend() -> HyperBackend {
    let client = HyperClient::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build::<_, Full<bytes::Bytes>>(HttpConnector::new());
    HyperBackend::from_client(client)
}

fn store(
    settings: &WorkerSettings,
    clock: &FleetClock,
    stops: &Stops,
    output: &Output,
) -> Result<Option<Arc<dyn TokenStore>>, BoxError> {
    // The store's time is that of the whole fleet, whatever the calendar of this process.
    let fleet_clock = clock.clone().with_skew(0);
    let (store, clock): (Arc<dyn TokenStore>, _) = match &settings.store {
        StoreSettings::None => return Ok(None),
        StoreSettings::File(directory) => (file_store(directory, fleet_clock)?, None),
        StoreSettings::Redis(redis) => (redis_store(redis)?, Some(fleet_clock)),
    };
    Ok(Some(Arc::new(WatchedStore { store, clock, stops: stops.clone(), output: output.clone() })))
}

fn source(client: &Client, channel: &ChannelSettings) -> Result<Arc<dyn TokenSource>, BoxError> {
    let id = ChannelId::new(&channel.id)?;
    let secret = ChannelSecret::new(&channel.secret)?;
    let client = client.clone();
    Ok(match channel.family.as_str() {
        "jwt" => {
            let lifetime = TokenLifetime::from_secs(channel.lifetime)?;
            let signer = LazySigner { id, kid: AssertionKid::new(&channel.kid)?, key: channel.key.clone() };
            Arc::new(JwtSource::new(client, signer, lifetime).with_secret(secret))
        }
        "short_lived" => Arc::new(ShortLivedSource::new(client, id, secret)),
        _ => Arc::new(StatelessSource::from_secret(client, id, secret)),
    })
}

/// Parses its key when it signs: of a fleet, few processes do, and to check a key takes a while in a build for tests.
#[derive(Debug)]
struct LazySigner {
    id: ChannelId,
    kid: AssertionKid,
    key: PathBuf,
}

impl LazySigner {
    fn signer(&self) -> Result<AssertionSigner, Error> {
        let pem = std::fs::read(&self.key).map_err(|_| Error::signing("the file of the test's key cannot be read"))?;
        AssertionSigner::new(self.id.clone(), self.kid.clone(), SigningKey::from_pem(pem)?)
    }
}

#[async_trait]
impl AssertionSource for LazySigner {
    fn channel_id(&self) -> &ChannelId {
        &self.id
    }

    fn kid(&self) -> Option<&AssertionKid> {
        Some(&self.kid)
    }

    async fn assertion(&self, token_lifetime: Option<TokenLifetime>) -> Result<Assertion, Error> {
        AssertionSource::assertion(&self.signer()?, token_lifetime).await
    }

    async fn assertion_by_clock(
        &self,
        token_lifetime: Option<TokenLifetime>,
        clock: &dyn Clock,
    ) -> Result<Assertion, Error> {
        self.signer()?.assertion_by_clock(token_lifetime, clock).await
    }
}

fn text_of(event: &StoreEvent) -> String {
    match event {
        StoreEvent::Unavailable { error } | StoreEvent::SetAside { error, .. } => error.to_string(),
        StoreEvent::LeaseTakenOver { unknown } => unknown.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

fn file_store(directory: &Path, clock: FleetClock) -> Result<Arc<dyn TokenStore>, BoxError> {
    Ok(Arc::new(FileStore::builder(directory).clock(Arc::new(clock)).build()?))
}

fn redis_store(redis: &RedisSettings) -> Result<Arc<dyn TokenStore>, BoxError> {
    let timeout = Duration::from_millis(redis.timeout);
    let mut builder = RedisStore::builder(&redis.url).connect_timeout(timeout).response_timeout(timeout);
    if let Some(password) = &redis.password {
        builder = builder.password(password);
    }
    if let Some(prefix) = &redis.prefix {
        builder = builder.key_prefix(prefix);
    }
    if let Some((master, sentinels)) = &redis.sentinel {
        builder = builder.sentinel(master, sentinels);
    }
    Ok(Arc::new(builder.build()?))
}
