//! How many tokens a channel needs a day, by the number of its replicas: with a store and without one.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use line_channel_token::cache::{
    IssueRequest, Issued, NewToken, SharedSource, SourcePolicy, TokenCache, TokenFamily, TokenSource, async_trait,
};
use line_channel_token::mock::ManualClock;
use line_channel_token::store::MemoryStore;
use line_channel_token::{AccessToken, ChannelId};

use crate::panels::{Axis, Chart, Line, Panel, Scale, Stroke};

const DAY: Duration = Duration::from_secs(86_400);
/// How often each replica needs a token.
const STEP: Duration = Duration::from_secs(3600);
const STEPS_A_DAY: usize = 24;
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

/// The replicas of a channel, each of which is restarted once a day.
struct Fleet {
    clock: ManualClock,
    source: Counted,
    store: Option<MemoryStore>,
    caches: Vec<TokenCache>,
}

impl Fleet {
    fn new(replicas: usize, lifetime: Duration, is_shared: bool) -> Self {
        let clock = ManualClock::new();
        let store = is_shared.then(|| MemoryStore::new().with_clock(Arc::new(clock.clone())));
        let mut fleet = Self { clock, source: Counted { issues: Arc::default(), lifetime }, store, caches: Vec::new() };
        fleet.caches = (0..replicas).map(|_| fleet.replica()).collect();
        fleet
    }

    fn replica(&self) -> TokenCache {
        let clock = Arc::new(self.clock.clone());
        match &self.store {
            None => TokenCache::builder(self.source.clone()).clock(clock).build(),
            Some(store) => {
                let source = SharedSource::new(self.source.clone(), store.clone());
                TokenCache::builder(source).clock(clock).build()
            }
        }
    }

    /// Issues a day, over so many days.
    async fn issues_a_day(mut self, days: usize) -> Result<f64, String> {
        for step in 0..days * STEPS_A_DAY {
            let restarted = self.restarted(step);
            for index in restarted {
                self.caches[index] = self.replica();
            }
            self.serve().await?;
            self.clock.advance(STEP);
        }
        Ok(self.source.issues.load(Ordering::Relaxed) as f64 / days as f64)
    }

    /// The replicas whose turn it is in the day's rolling deploy, which takes all day; there is none on the first day.
    fn restarted(&self, step: usize) -> std::ops::Range<usize> {
        let count = self.caches.len();
        let at = |step: usize| step * count / STEPS_A_DAY;
        let of_day = step % STEPS_A_DAY;
        if step < STEPS_A_DAY { 0..0 } else { at(of_day)..at(of_day + 1) }
    }

    /// Each replica asks for a token, until all have one.
    async fn serve(&self) -> Result<(), String> {
        for _ in 0..300 {
            let is_served = |cache: &TokenCache| matches!(cache.token().now_or_never(), Some(Ok(_)));
            if self.caches.iter().filter(|cache| !is_served(cache)).count() == 0 {
                return Ok(());
            }
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            self.clock.advance(Duration::from_millis(200));
        }
        Err(format!("not all of {} replicas were served within a minute", self.caches.len()))
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
/// If there is no runtime, or a replica stays without a token.
pub fn run() -> Result<Replicas, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut lives = Vec::new();
    for (life, days) in LIVES {
        let mut rows = Vec::new();
        for replicas in REPLICAS {
            let fleet = |is_shared| Fleet::new(replicas, DAY * life, is_shared).issues_a_day(days);
            let shared = runtime.block_on(fleet(true))?;
            let unshared = runtime.block_on(fleet(false))?;
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
