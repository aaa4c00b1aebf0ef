//! How many tokens a channel needs a day, by the number of its replicas: with a store and without one.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use line_channel_token::cache::{
    IssueReason, IssueRequest, Issued, NewToken, SharedSource, SourcePolicy, TokenFamily, TokenSource, async_trait,
};
use line_channel_token::mock::ManualClock;
use line_channel_token::store::MemoryStore;
use line_channel_token::{AccessToken, ChannelId, Clock};

use crate::panels::{Axis, Chart, Line, Panel, Scale, Stroke};

const DAY: Duration = Duration::from_secs(86_400);
const REPLICAS: [usize; 4] = [1, 10, 100, 1000];
/// How long a token lives, and for how long replicas are watched, in days.
const LIVES: [(u32, usize); 2] = [(30, 60), (1, 10)];
/// LINE allows a channel so many tokens at a time.
const SLOTS: f64 = 30.0;

/// Issues as many tokens as anybody asks for, and counts them.
#[derive(Clone, Debug)]
struct Counted {
    issues: Arc<AtomicUsize>,
    lifetime: Duration,
}

#[async_trait]
impl TokenSource for Counted {
    fn policy(&self) -> SourcePolicy {
        let policy = SourcePolicy::new().with_family(TokenFamily::Jwt);
        ChannelId::new("1234567890").map_or(policy.clone(), |id| policy.with_channel_id(id))
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, line_channel_token::Error> {
        let nth = self.issues.fetch_add(1, Ordering::Relaxed);
        let token = AccessToken::new(format!("token-{nth}"))?;
        Ok(NewToken::new(token, request.clock().now(), self.lifetime).into())
    }
}

/// A replica: the source that it asks, what it holds, and when it does something next.
struct Replica {
    source: Arc<dyn TokenSource>,
    token: Option<NewToken>,
    asks_at: Duration,
    restarts_at: Duration,
}

/// The replicas of a channel, each of which is restarted once a day.
///
/// They ask their sources when caches would, and have none: the timers of a thousand caches for two months take minutes.
struct Fleet {
    clock: ManualClock,
    source: Counted,
    store: Option<MemoryStore>,
    replicas: Vec<Replica>,
}

impl Fleet {
    fn new(replicas: usize, lifetime: Duration, is_shared: bool) -> Self {
        let clock = ManualClock::new();
        let store = is_shared.then(|| MemoryStore::new().with_clock(Arc::new(clock.clone())));
        let mut fleet =
            Self { clock, source: Counted { issues: Arc::default(), lifetime }, store, replicas: Vec::new() };
        fleet.replicas = (0..replicas)
            .map(|index| Replica {
                source: fleet.process(),
                token: None,
                asks_at: Duration::ZERO,
                // The day's rolling deploy takes all day; there is none on the first day.
                restarts_at: DAY + DAY.mul_f64(index as f64 / replicas as f64),
            })
            .collect();
        fleet
    }

    fn process(&self) -> Arc<dyn TokenSource> {
        match &self.store {
            None => Arc::new(self.source.clone()),
            Some(store) => Arc::new(SharedSource::new(self.source.clone(), store.clone())),
        }
    }

    /// Issues a day, over so many days.
    fn issues_a_day(mut self, days: usize) -> Result<f64, String> {
        let begin = self.clock.now().monotonic;
        let length = DAY.mul_f64(days as f64);
        loop {
            let next = (0..self.replicas.len()).min_by_key(|index| self.replicas[*index].acts_at()).unwrap_or_default();
            let at = self.replicas[next].acts_at();
            if at >= length {
                return Ok(self.source.issues.load(Ordering::Relaxed) as f64 / days as f64);
            }
            let now = self.clock.now().monotonic.saturating_sub(begin);
            self.clock.advance(at.saturating_sub(now));
            if self.replicas[next].restarts_at <= at {
                self.replicas[next].source = self.process();
                self.replicas[next].token = None;
                self.replicas[next].restarts_at += DAY;
            }
            let clock = self.clock.clone();
            self.replicas[next].ask(&clock, at)?;
        }
    }
}

impl Replica {
    fn acts_at(&self) -> Duration {
        self.asks_at.min(self.restarts_at)
    }

    /// Asks the source, as a cache does that has no token or one that is due.
    fn ask(&mut self, clock: &ManualClock, at: Duration) -> Result<(), String> {
        let request = match &self.token {
            None => IssueRequest::new(IssueReason::Cold, clock),
            Some(token) => IssueRequest::new(IssueReason::Ahead, clock).with_replaces(token),
        };
        // Nothing is slow here, and replicas ask one after the other, so there is nothing to wait for.
        let outcome = self.source.issue(request).now_or_never().ok_or("a source did not respond at once")?;
        match outcome.map_err(|error| error.to_string())? {
            Issued::New(token) | Issued::Adopted(token) => {
                // A cache replaces a token with a fifth of its life left, give or take a twentieth, unless it is told otherwise.
                let lifetime = token.lifetime().ok_or("a token lives forever")?;
                let due = token.refresh_in().unwrap_or_else(|| lifetime.mul_f64(0.75 + 0.1 * fastrand::f64()));
                self.asks_at = at.saturating_add(due);
                self.token = Some(token);
            }
            Issued::Keep { ask_again_in } => self.asks_at = at.saturating_add(ask_again_in),
            other => return Err(format!("a source responded {}", other.as_str())),
        }
        Ok(())
    }
}

/// Issues a day for each number of replicas, by a token's lifetime in days.
#[derive(Debug)]
pub struct Replicas(Vec<(u32, Vec<Row>)>);

#[derive(Debug)]
struct Row {
    replicas: usize,
    shared: f64,
    unshared: f64,
}

/// Lets the days pass, on a clock that is moved by hand.
///
/// # Errors
///
/// If a replica gets no token.
pub fn run() -> Result<Replicas, Box<dyn Error>> {
    let mut lives = Vec::new();
    for (life, days) in LIVES {
        let mut rows = Vec::new();
        for replicas in REPLICAS {
            let fleet = |is_shared| Fleet::new(replicas, DAY * life, is_shared).issues_a_day(days);
            let shared = fleet(true)?;
            let unshared = fleet(false)?;
            rows.push(Row { replicas, shared, unshared });
        }
        lives.push((life, rows));
    }
    Ok(Replicas(lives))
}

impl Replicas {
    /// The chart.
    pub fn svg(&self) -> String {
        let panels = self.0.iter().map(|(life, rows)| panel(*life, rows)).collect();
        Chart {
            title: "Tokens that a channel needs a day, by its replicas, each restarted once a day".to_owned(),
            description: format!(
                "With a store the number does not depend on the replicas. Without one it grows along with them, past what LINE allows. {self}"
            ),
            columns: 2,
            panels,
            legend: vec![
                (Stroke::Blue, "with a store".to_owned()),
                (Stroke::Orange, "without a store".to_owned()),
                (Stroke::Grey, "what LINE's 30 slots allow in the long run".to_owned()),
            ],
        }
        .svg()
    }
}

fn panel(life: u32, rows: &[Row]) -> Panel {
    let line = |stroke, figure: &dyn Fn(&Row) -> f64| Line {
        stroke,
        points: rows.iter().map(|row| (row.replicas as f64, figure(row))).collect(),
    };
    let logarithmic =
        |label: &str, ticks: &[f64]| Axis { label: label.to_owned(), ticks: ticks.to_vec(), scale: Scale::Logarithmic };
    Panel {
        title: format!("v2.1 tokens of {}", days(life)),
        x: logarithmic("replicas", &REPLICAS.map(|count| count as f64)),
        y: logarithmic("issues a day", &[0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 10_000.0]),
        limit: None,
        lines: vec![
            line(Stroke::Grey, &|_| SLOTS / f64::from(life)),
            line(Stroke::Orange, &|row| row.unshared),
            line(Stroke::Blue, &|row| row.shared),
        ],
    }
}

impl fmt::Display for Replicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Issues a day:")?;
        for (life, rows) in &self.0 {
            for Row { replicas, shared, unshared } in rows {
                write!(
                    f,
                    "\n  tokens of {}, {replicas} replicas: {shared:.2} with a store, {unshared:.2} without",
                    days(*life)
                )?;
            }
        }
        Ok(())
    }
}

fn days(count: u32) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}
