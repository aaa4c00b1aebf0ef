//! A channel of an emulator, and a way to it that can lose responses.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use line_channel_token_assertion::{AssertionSigner, SigningKey};
use line_channel_token_cache::{Event, JwtSource, TokenCache, TokenSource};
use line_channel_token_core::{
    AssertionKid, ChannelId, ChannelSecret, Client, HttpBackend, Limits, RetryPolicy, Sent, TokenLifetime,
    TransportError, TransportErrorKind,
};
use line_channel_token_emulator::{EmulatedChannel, Emulator, TokenFamily};
use line_channel_token_mock::ManualClock;

pub(crate) const DAY: Duration = Duration::from_secs(86_400);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
const CHANNEL: &str = "1234567890";
const SECRET: &str = "s3cret";

/// Generating a key takes a while, so all tests share these.
static KEYS: LazyLock<[SigningKey; 2]> = LazyLock::new(|| [(); 2].map(|()| SigningKey::generate_rsa().unwrap()));

pub(crate) struct Line {
    pub(crate) emulator: Emulator,
    pub(crate) clock: ManualClock,
    pub(crate) way: Way,
    pub(crate) events: Arc<Mutex<Vec<String>>>,
}

impl Line {
    /// A channel with one registered key, `kid-0`.
    pub(crate) fn new() -> Self {
        let clock = ManualClock::new();
        let channel = EmulatedChannel::new(CHANNEL, SECRET).unwrap();
        let channel = channel.with_key("kid-0", KEYS[0].public_jwk().to_json()).unwrap();
        let emulator = Emulator::builder().channel(channel).clock(Arc::new(clock.clone())).build().unwrap();
        let to = emulator.clone();
        let way = Way { to, loses: Arc::default(), cut: Arc::default(), fails: Arc::default(), most: Arc::default() };
        Self { emulator, clock, way, events: Arc::default() }
    }

    pub(crate) fn client(&self) -> Client {
        Client::builder(self.way.clone()).clock(Arc::new(self.clock.clone())).retry(RetryPolicy::never()).build()
    }

    pub(crate) fn id(&self) -> ChannelId {
        ChannelId::new(CHANNEL).unwrap()
    }

    pub(crate) fn secret(&self) -> ChannelSecret {
        ChannelSecret::new(SECRET).unwrap()
    }

    /// A signer with the key of this number, under the kid of the same number. It takes the clock of the client.
    pub(crate) fn signer(&self, number: usize) -> AssertionSigner {
        let kid = AssertionKid::new(format!("kid-{number}")).unwrap();
        AssertionSigner::new(self.id(), kid, KEYS[number].clone()).unwrap()
    }

    pub(crate) fn register(&self, number: usize) {
        let jwk = KEYS[number].public_jwk().to_json();
        self.emulator.register_key(&self.id(), format!("kid-{number}"), jwk).unwrap();
    }

    /// Tokens of thirty days.
    pub(crate) fn jwt(&self) -> JwtSource {
        JwtSource::new(self.client(), self.signer(0), TokenLifetime::from_days(30).unwrap())
    }

    pub(crate) fn cache(&self, source: impl TokenSource) -> TokenCache {
        let log = self.events.clone();
        TokenCache::builder(source).on_event(move |event| log.lock().unwrap().push(name(event))).build()
    }

    pub(crate) fn live(&self) -> usize {
        let live = |family| self.emulator.live_tokens(&self.id(), family);
        live(TokenFamily::Jwt) + live(TokenFamily::ShortLived)
    }

    /// The most tokens that were live after any request.
    pub(crate) fn most_live(&self) -> usize {
        self.way.most.load(Ordering::SeqCst)
    }

    pub(crate) fn told(&self, event: &str) -> usize {
        self.events.lock().unwrap().iter().filter(|told| told.starts_with(event)).count()
    }

    /// Lets time pass in steps, with a caller at each.
    pub(crate) async fn live_through(&self, cache: &TokenCache, steps: u32, step: Duration) {
        for _ in 0..steps {
            self.clock.advance(step);
            settle().await;
            let _ = cache.token().await;
            settle().await;
        }
    }
}

/// Lets the tasks that are ready run.
pub(crate) async fn settle() {
    for _ in 0..30 {
        tokio::task::yield_now().await;
    }
}

fn name(event: &Event) -> String {
    let text = format!("{event:?}");
    text.split([' ', '{']).next().unwrap_or_default().to_owned() + &text[text.find(' ').unwrap_or(text.len())..]
}

/// The way to the emulator.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    to: Emulator,
    /// Whether the responses to requests for tokens get lost.
    pub(crate) loses: Arc<AtomicBool>,
    /// Whether requests for tokens do not arrive.
    pub(crate) cut: Arc<AtomicBool>,
    /// Whether requests to revoke do not arrive.
    pub(crate) fails: Arc<AtomicBool>,
    most: Arc<AtomicUsize>,
}

#[async_trait]
impl HttpBackend for Way {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let is_for = |what| request.uri().path().ends_with(what);
        let (revokes, issues) = (is_for("/revoke"), is_for("/token") || is_for("/accessToken"));
        if (revokes && self.fails.load(Ordering::SeqCst)) || (issues && self.cut.load(Ordering::SeqCst)) {
            return Err(TransportError::new(TransportErrorKind::Connect, Sent::NotSent));
        }
        let response = self.to.send(request, limits).await?;
        let channel = ChannelId::new(CHANNEL).unwrap();
        let live = [TokenFamily::Jwt, TokenFamily::ShortLived].map(|family| self.to.live_tokens(&channel, family));
        self.most.fetch_max(live.iter().sum(), Ordering::SeqCst);
        if issues && self.loses.load(Ordering::SeqCst) {
            return Err(TransportError::new(TransportErrorKind::Interrupted, Sent::Unknown));
        }
        Ok(response)
    }
}
