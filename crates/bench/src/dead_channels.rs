//! A healthy channel that is asked for behind a thousand whose source never responds, on a clock that is moved by hand.

use std::error::Error;
use std::fmt;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use line_channel_token::cache::{IssueRequest, Issued, NewToken, TokenPool, TokenSource, async_trait};
use line_channel_token::mock::ManualClock;
use line_channel_token::{AccessToken, ChannelId, Clock};

use crate::fixtures::TOKEN;

const DEAD: usize = 1000;
const MAX_CONCURRENT_ISSUES: usize = 64;
const DEADLINE: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_secs(1);
/// More than it takes to give each dead channel its turn.
const MAX_TIME: Duration = Duration::from_secs(3600);

/// How long the healthy channel's caller waited, in seconds of the clock that is moved by hand.
#[derive(Debug)]
pub struct Delays {
    /// How many channels never respond.
    pub dead: usize,
    /// If none of them was asked for before.
    pub cold: f64,
    /// If each of them has failed once before.
    pub after_failures: f64,
}

impl Delays {
    /// Whether the wait is at most one deadline, and none once the dead channels are known as such.
    pub fn holds(&self) -> bool {
        self.cold <= DEADLINE.as_secs_f64() && self.after_failures < STEP.as_secs_f64()
    }
}

#[derive(Debug)]
struct Source {
    responds: bool,
}

#[async_trait]
impl TokenSource for Source {
    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, line_channel_token::Error> {
        if !self.responds {
            pending::<()>().await;
        }
        Ok(NewToken::new(AccessToken::new(TOKEN)?, request.clock().now(), Duration::from_secs(900)).into())
    }
}

impl fmt::Display for Delays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dead, cold, after_failures } = self;
        let holds = if self.holds() { "yes" } else { "NO" };
        write!(
            f,
            "a healthy caller behind {dead} dead channels (virtual time): waits {cold:.1} s if nothing is known of them, \
             {after_failures:.1} s if each has failed before  {holds}"
        )
    }
}

/// Lets the time pass that the healthy channel waits.
///
/// # Errors
///
/// If there is no runtime, or the dead channels do not behave as such.
pub fn run() -> Result<Delays, Box<dyn Error>> {
    let dead: Vec<ChannelId> = (1..=DEAD).map(|id| ChannelId::new(id.to_string())).collect::<Result<_, _>>()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let cold = Scene::new(&dead)?;
        cold.ask_for_the_dead().await?;
        let known = Scene::new(&dead)?;
        known.ask_for_the_dead().await?;
        known.let_them_fail().await?;
        known.ask_for_the_dead().await?;
        Ok(Delays { dead: DEAD, cold: cold.delay_of_healthy().await?, after_failures: known.delay_of_healthy().await? })
    })
}

struct Scene<'a> {
    clock: ManualClock,
    pool: TokenPool,
    dead: &'a [ChannelId],
    healthy: ChannelId,
}

impl<'a> Scene<'a> {
    fn new(dead: &'a [ChannelId]) -> Result<Self, Box<dyn Error>> {
        let clock = ManualClock::new();
        let healthy = ChannelId::new("2000000000")?;
        let responding = healthy.clone();
        let pool = TokenPool::builder(move |channel| Ok(Source { responds: *channel == responding }))
            .clock(Arc::new(clock.clone()))
            .issue_timeout(DEADLINE)
            .max_concurrent_issues(MAX_CONCURRENT_ISSUES)
            .build();
        Ok(Self { clock, pool, dead, healthy })
    }

    /// A caller for each dead channel, all of whom wait.
    async fn ask_for_the_dead(&self) -> Result<(), Box<dyn Error>> {
        for channel in self.dead {
            let (pool, channel) = (self.pool.clone(), channel.clone());
            tokio::spawn(async move { pool.token(&channel).await.map(drop) });
        }
        settle().await;
        let calling = self.statuses().filter(|status| status.in_flight).count();
        if calling == self.dead.len() {
            Ok(())
        } else {
            Err(format!("only {calling} dead channels are asked for").into())
        }
    }

    /// Each dead channel's call meets its deadline, and may be retried.
    async fn let_them_fail(&self) -> Result<(), Box<dyn Error>> {
        let end = self.clock.now().monotonic + MAX_TIME;
        while self.clock.now().monotonic < end {
            self.clock.advance(STEP);
            settle().await;
            if self
                .statuses()
                .all(|status| status.last_error.is_some() && !status.in_flight && status.retry_in.is_zero())
            {
                return Ok(());
            }
        }
        Err("some dead channels have not failed in an hour".into())
    }

    /// The seconds that a caller of the healthy channel waits, to the step.
    async fn delay_of_healthy(&self) -> Result<f64, Box<dyn Error>> {
        let begun = self.clock.now().monotonic;
        let mut token = pin!(self.pool.token(&self.healthy));
        loop {
            for _ in 0..TURNS {
                if let Some(token) = token.as_mut().now_or_never() {
                    token?;
                    return Ok((self.clock.now().monotonic - begun).as_secs_f64());
                }
                tokio::task::yield_now().await;
            }
            if self.clock.now().monotonic > begun + MAX_TIME {
                return Err("the healthy channel has waited for an hour".into());
            }
            self.clock.advance(STEP);
        }
    }

    fn statuses(&self) -> impl Iterator<Item = line_channel_token::cache::CacheStatus> {
        self.dead.iter().filter_map(|channel| self.pool.status(channel))
    }
}

/// How often the tasks have their turn before time passes.
const TURNS: usize = 128;

async fn settle() {
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
}
