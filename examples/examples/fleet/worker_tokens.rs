//! The cache of a worker, with a token of its own or with one that all share.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use line_channel_token::cache::{
    JwtSource, RefreshAhead, SharedSource, ShortLivedSource, StoreEvent, TokenCache, TokenSource,
};
use line_channel_token::store::{FileStore, TokenStore};
use line_channel_token::{
    AssertionKid, AssertionLifetime, AssertionSigner, BaseUrl, ChannelId, ChannelSecret, Client, Clock, Error,
    HttpBackend, SigningKey, TokenLifetime,
};

use line_channel_token_redis::RedisStore;

use crate::divided_lifetime::DividedLifetime;
use crate::outcome::Outcome;
use crate::pace::Pace;
use crate::scaled_store::ScaledStore;
use crate::settings::{Family, Settings, StoreSettings};

/// What does not go faster because time does, on a wall: a call of the emulator, and one of the store.
const ISSUE_TIMEOUT: Duration = Duration::from_secs(10);
const STORE_TIMEOUT: Duration = Duration::from_secs(3);
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
/// The longest that there is, three seconds on a wall: a process of fifty may wait that long for its turn on two cores.
const LEASE: Duration = Duration::from_secs(60);

pub(crate) fn cache(settings: &Settings, backend: Arc<dyn HttpBackend>) -> Result<TokenCache, String> {
    let text = |error: Error| error.to_string();
    let clock: Arc<dyn Clock> = Arc::new(settings.pace.clock());
    let client = Client::builder(backend).base_url(BaseUrl::new(&settings.line).map_err(text)?).clock(clock).build();
    let channel = ChannelId::new(&settings.channel.id).map_err(text)?;
    let secret = ChannelSecret::new(&settings.channel.secret).map_err(text)?;
    match settings.family {
        Family::Jwt => {
            let key = SigningKey::parse(&settings.channel.key).map_err(text)?;
            let kid = AssertionKid::new(&settings.channel.kid).map_err(text)?;
            let signer = AssertionSigner::new(channel, kid, key).map_err(text)?;
            let signer = signer.with_clock(client.clock()).with_lifetime(AssertionLifetime::MAX);
            let lifetime = TokenLifetime::from_secs(settings.pace.lifetime.as_secs()).map_err(text)?;
            shared_or_not(settings, JwtSource::new(client, signer, lifetime).with_secret(secret))
        }
        Family::ShortLived => {
            let source = ShortLivedSource::new(client, channel, secret);
            shared_or_not(settings, DividedLifetime::new(source, settings.pace.ahead))
        }
    }
}

fn shared_or_not(settings: &Settings, source: impl TokenSource) -> Result<TokenCache, String> {
    let pace = settings.pace;
    Ok(match &settings.store {
        None => build(pace, source),
        Some(StoreSettings::File(directory)) => {
            let store = FileStore::builder(directory).clock(Arc::new(pace.clock()));
            let store = store.lock_timeout(LOCK_TIMEOUT).build();
            build(pace, shared(pace, source, store.map_err(|error| error.to_string())?))
        }
        Some(StoreSettings::Redis(url)) => {
            let store = RedisStore::new(url).map_err(|error| error.to_string())?;
            build(pace, shared(pace, source, ScaledStore::new(store, pace)))
        }
    })
}

fn shared<S: TokenSource>(pace: Pace, source: S, store: impl TokenStore) -> SharedSource<S> {
    let source = SharedSource::new(source, store).with_lease(LEASE);
    source.with_store_timeout(pace.stretched(STORE_TIMEOUT)).on_event(report)
}

fn report(event: &StoreEvent) {
    let text = match event {
        StoreEvent::Unavailable { error } => format!("{event}: {error}"),
        _ => event.to_string(),
    };
    let _ = writeln!(std::io::stdout(), "{}", Outcome::Store(text));
}

fn build(pace: Pace, source: impl TokenSource) -> TokenCache {
    TokenCache::builder(source)
        .clock(Arc::new(pace.clock()))
        .refresh_ahead(RefreshAhead::WhenUsed)
        .issue_timeout(pace.stretched(ISSUE_TIMEOUT))
        .build()
}
