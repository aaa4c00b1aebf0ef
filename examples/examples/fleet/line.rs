//! The emulated LINE, and what it saw.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use line_channel_token::emulator::{EmulatedChannel, Emulator, EmulatorServer, RequestRecord, TokenFamily};
use line_channel_token::{ChannelId, Clock, Operation, SystemClock};

use crate::pace::Pace;
use crate::settings::{Channel, Family};

/// An emulator with LINE's limits on a loopback port.
pub(crate) struct Line {
    server: EmulatorServer,
    seen: Arc<Seen>,
}

/// What was seen of its requests.
#[derive(Clone, Default)]
pub(crate) struct Counts {
    /// When each token was issued, by the machine's monotonic clock.
    pub(crate) issues: Vec<Duration>,
    pub(crate) refused_issues: u64,
    pub(crate) messages: u64,
    /// Messages with a token that was revoked or had expired.
    pub(crate) dead_messages: u64,
    pub(crate) revocations: u64,
    /// The most live tokens at any response.
    pub(crate) most_live: usize,
}

struct Seen {
    emulator: OnceLock<Emulator>,
    channel: ChannelId,
    family: TokenFamily,
    counts: Mutex<Counts>,
}

impl Line {
    /// Serves this channel.
    pub(crate) async fn serve(channel: &Channel, jwk: &str, family: Family, pace: Pace) -> Result<Self, String> {
        let text = |error: line_channel_token::Error| error.to_string();
        let registered = EmulatedChannel::new(&channel.id, &channel.secret).map_err(text)?;
        let registered = registered.with_key(&channel.kid, jwk).map_err(text)?;
        let family = match family {
            Family::Jwt => TokenFamily::Jwt,
            Family::ShortLived => TokenFamily::ShortLived,
        };
        let id = registered.id().clone();
        let seen = Arc::new(Seen { emulator: OnceLock::new(), channel: id, family, counts: Mutex::default() });
        let observer = Arc::clone(&seen);
        let emulator = Emulator::builder()
            .channel(registered)
            .clock(Arc::new(pace.line_clock()))
            .on_request(move |record| observer.observe(record))
            .build()
            .map_err(text)?;
        let server = emulator.serve(([127, 0, 0, 1], 0).into()).await;
        let server = server.map_err(|error| format!("no loopback port could be opened: {error}"))?;
        let _ = seen.emulator.set(emulator);
        Ok(Self { server, seen })
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    pub(crate) fn counts(&self) -> Counts {
        self.seen.counts().clone()
    }

    /// How many of the channel's tokens live now.
    pub(crate) fn live(&self) -> usize {
        let live = self.seen.live();
        let mut counts = self.seen.counts();
        counts.most_live = counts.most_live.max(live);
        live
    }

    pub(crate) async fn shutdown(self) {
        self.server.shutdown().await;
    }
}

impl Seen {
    fn observe(&self, record: &RequestRecord) {
        let is_issued = record.status.is_success();
        let live = self.live();
        let mut counts = self.counts();
        counts.most_live = counts.most_live.max(live);
        match record.operation {
            Some(Operation::IssueJwt | Operation::Issue) if is_issued => {
                counts.issues.push(SystemClock.now().monotonic)
            }
            Some(Operation::IssueJwt | Operation::Issue) => counts.refused_issues += 1,
            Some(Operation::RevokeJwt | Operation::Revoke) => counts.revocations += 1,
            None if record.path == "/v2/bot/message/push" => {
                counts.messages += 1;
                counts.dead_messages += u64::from(record.status == http::StatusCode::UNAUTHORIZED);
            }
            _ => {}
        }
    }

    fn live(&self) -> usize {
        self.emulator.get().map_or(0, |emulator| emulator.live_tokens(&self.channel, self.family))
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
