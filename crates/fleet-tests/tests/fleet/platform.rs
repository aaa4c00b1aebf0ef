//! LINE, as the emulator has it, over TCP; and the clock of everything.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use std::time::Duration;

use fleet_tests::{ChannelSettings, FleetClock, StoreSettings, WorkerSettings};
use line_channel_token_assertion::SigningKey;
use line_channel_token_core::{ChannelId, Clock, Operation};
use line_channel_token_emulator::{EmulatedChannel, Emulator, EmulatorServer, RequestRecord, TokenFamily};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub const DAY: Duration = Duration::from_secs(86_400);
/// The lifetime of the tests' v2.1 tokens.
pub const LIFETIME: Duration = Duration::from_secs(30 * 86_400);

/// One key for all tests, because making one takes a while.
static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate_rsa().unwrap());

pub struct Platform {
    pub emulator: Emulator,
    server: EmulatorServer,
    clock: FleetClock,
    directory: TempDir,
    log: Arc<Mutex<Log>>,
    moved: Mutex<Duration>,
    // After what runs on it.
    _runtime: Runtime,
}

#[derive(Default)]
struct Log {
    records: Vec<RequestRecord>,
    /// The most tokens that were live at a request for the channel.
    most_live: HashMap<(ChannelId, TokenFamily), usize>,
}

impl Platform {
    /// A platform without channels.
    pub fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("line-fleet-").tempdir().unwrap();
        let clock_file = directory.path().join("clock");
        FleetClock::move_to(&clock_file, Duration::ZERO).unwrap();
        let clock = FleetClock::open(&clock_file).unwrap();
        std::fs::write(directory.path().join("key.pem"), KEY.to_pkcs8_pem().unwrap().expose_secret()).unwrap();

        let log = Arc::new(Mutex::new(Log::default()));
        let emulator = Arc::new(OnceLock::<Emulator>::new());
        let observer = {
            let (log, emulator) = (Arc::clone(&log), Arc::clone(&emulator));
            move |record: &RequestRecord| {
                let mut log = log.lock().unwrap();
                if let (Some(emulator), Some(id)) = (emulator.get(), &record.channel_id) {
                    for family in [TokenFamily::Jwt, TokenFamily::ShortLived] {
                        let live = emulator.live_tokens(id, family);
                        let most = log.most_live.entry((id.clone(), family)).or_default();
                        *most = live.max(*most);
                    }
                }
                log.records.push(record.clone());
            }
        };
        let built = Emulator::builder().clock(Arc::new(clock.clone())).on_request(observer).build().unwrap();
        emulator.set(built.clone()).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(built.serve(([127, 0, 0, 1], 0).into())).unwrap();
        Self { emulator: built, server, clock, directory, log, moved: Mutex::default(), _runtime: runtime }
    }

    /// A new channel, whose tokens are of this family.
    pub fn add_channel(&self, id: &str, family: &str) -> ChannelSettings {
        let (secret, kid) = ("s3cret".to_owned(), format!("kid-{id}"));
        let channel = EmulatedChannel::new(id, &secret).unwrap().with_key(&kid, KEY.public_jwk().to_string()).unwrap();
        self.emulator.add_channel(channel).unwrap();
        ChannelSettings {
            id: id.to_owned(),
            secret,
            kid,
            key: self.directory.path().join("key.pem"),
            family: family.to_owned(),
            lifetime: LIFETIME.as_secs(),
        }
    }

    /// What a worker of these channels is told.
    pub fn settings(&self, channels: Vec<ChannelSettings>, store: StoreSettings) -> WorkerSettings {
        WorkerSettings {
            channels,
            server: self.server.url(),
            clock: self.directory.path().join("clock"),
            skew: 0,
            store,
            outage: None,
            stops: Vec::new(),
        }
    }

    /// A directory of this name, which does not exist yet.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The time for everything, since the Unix epoch.
    pub fn now(&self) -> Duration {
        self.clock.now().unix
    }

    /// Moves the time ahead for the emulator, all processes and their stores. Workers look at it once they are told.
    pub fn advance(&self, by: Duration) {
        let mut moved = self.moved.lock().unwrap();
        *moved += by;
        FleetClock::move_to(&self.directory.path().join("clock"), *moved).unwrap();
        self.clock.wake();
    }

    /// When the channel's tokens were issued, oldest first.
    pub fn issues(&self, channel: &ChannelSettings) -> Vec<Duration> {
        let is_issue = |record: &&RequestRecord| {
            record.channel_id.as_ref().is_some_and(|id| id.as_str() == channel.id)
                && matches!(record.operation, Some(Operation::Issue | Operation::IssueJwt | Operation::IssueStateless))
                && record.refusal.is_none()
        };
        self.log.lock().unwrap().records.iter().filter(is_issue).map(|record| record.time).collect()
    }

    /// How many requests of this operation were made, refused ones included, for whatever channel.
    pub fn count(&self, operation: Operation) -> usize {
        let log = self.log.lock().unwrap();
        log.records.iter().filter(|record| record.operation == Some(operation)).count()
    }

    /// How many uses of a token were refused.
    pub fn refused_uses(&self) -> usize {
        let log = self.log.lock().unwrap();
        log.records.iter().filter(|record| record.operation.is_none() && record.status == 401).count()
    }

    /// The most tokens that were live at any request for the channel.
    pub fn most_live(&self, channel: &ChannelSettings) -> usize {
        let family = if channel.family == "jwt" { TokenFamily::Jwt } else { TokenFamily::ShortLived };
        let id = ChannelId::new(&channel.id).unwrap();
        self.log.lock().unwrap().most_live.get(&(id, family)).copied().unwrap_or_default()
    }

    /// The key ids of the channel's live tokens.
    pub fn live_key_ids(&self, channel: &ChannelSettings) -> Vec<String> {
        let id = ChannelId::new(&channel.id).unwrap();
        let tokens = self.emulator.channel_state(&id).unwrap().tokens;
        tokens.into_iter().filter_map(|token| token.key_id).collect()
    }
}
