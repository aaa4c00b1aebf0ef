//! A hundred thousand channels whose tokens expire in the same minute, on a clock that is moved by hand.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use line_channel_token::cache::{Event, IssueRequest, Issued, NewToken, TokenPool, TokenSource, async_trait};
use line_channel_token::mock::ManualClock;
use line_channel_token::{AccessToken, ChannelId, Clock};

use crate::curve::{Curve, Line};
use crate::fixtures::TOKEN;

/// The lifetime of a stateless token.
const LIFETIME: Duration = Duration::from_secs(900);
const RESPONSE_TIME: Duration = Duration::from_millis(20);
/// How many calls there may be at a time.
const MAX_CONCURRENT_ISSUES: usize = 64;
/// How many callers there are in each step of time.
const READS: usize = 40;
const STEP: Duration = Duration::from_millis(10);

#[derive(Debug)]
struct Source(ManualClock);

#[async_trait]
impl TokenSource for Source {
    async fn issue(&self, _request: IssueRequest<'_>) -> Result<Issued, line_channel_token::Error> {
        let sent_at = self.0.now();
        self.0.sleep(RESPONSE_TIME).await;
        Ok(NewToken::new(AccessToken::new(TOKEN)?, sent_at, LIFETIME).into())
    }
}

/// What was observed.
#[derive(Debug)]
pub struct Outcome {
    /// How many channels there were.
    pub channels: usize,
    /// How many callers asked while the tokens were replaced.
    pub reads: usize,
    /// How many of them had to wait.
    pub waited: usize,
    /// How many tokens were replaced before they expired.
    pub refreshed: usize,
    /// The seconds from the first refresh to the last, and from the last one to the first expiry.
    pub took: f64,
    /// See `took`.
    pub to_spare: f64,
}

impl Outcome {
    /// Whether everybody was served at once, all the time.
    pub fn holds(&self) -> bool {
        self.waited == 0 && self.refreshed == self.channels && self.to_spare > 0.0
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { channels, reads, waited, refreshed, took, to_spare } = self;
        let holds = if self.holds() { "yes" } else { "NO" };
        write!(
            f,
            "{channels} channels whose tokens expire in the same minute: {refreshed} replaced within {took:.0} s, {to_spare:.0} s \
             before the first expiry; {waited} of {reads} callers waited  {holds}"
        )
    }
}

/// Lets the time pass in which all tokens are replaced.
///
/// # Errors
///
/// If there is no runtime.
pub fn run(count: usize) -> Result<(Outcome, Curve), Box<dyn Error>> {
    let clock = ManualClock::new();
    let refreshed = Arc::new(AtomicUsize::new(0));
    let (time, counted) = (clock.clone(), refreshed.clone());
    let pool = TokenPool::builder(move |_: &ChannelId| Ok(Source(time.clone())))
        .clock(Arc::new(clock.clone()))
        .max_capacity(count)
        .max_concurrent_issues(MAX_CONCURRENT_ISSUES)
        .on_event(move |_, event| {
            counted.fetch_add(usize::from(matches!(event, Event::Refreshed { .. })), Ordering::Relaxed);
        })
        .build();
    let ids: Vec<ChannelId> = (0..count).map(|id| ChannelId::new(id.to_string())).collect::<Result<_, _>>()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        for some in ids.chunks(MAX_CONCURRENT_ISSUES) {
            let mut warming = std::pin::pin!(join_all(some.iter().map(|id| pool.warm_up(id))));
            while warming.as_mut().now_or_never().is_none() {
                settle().await;
                clock.advance(RESPONSE_TIME);
            }
        }
        let warm_at = clock.now().monotonic;
        let expiry = LIFETIME.as_secs_f64();
        let (mut reads, mut waited) = (0, 0);
        let (mut due_line, mut expired_line) = (Vec::new(), Vec::new());
        let mut line = Vec::new();
        let (mut first, mut last) = (f64::NAN, f64::NAN);
        let mut random = fastrand::Rng::with_seed(7);
        // A while in which nothing is due.
        clock.advance(Duration::from_secs(600));
        while clock.now().monotonic < LIFETIME + warm_at {
            settle().await;
            let now = clock.now().monotonic.as_secs_f64();
            for _ in 0..READS {
                reads += 1;
                let served = pool.token(&ids[random.usize(..count)]).now_or_never();
                waited += usize::from(!matches!(served, Some(Ok(_))));
            }
            let sofar = refreshed.load(Ordering::Relaxed);
            if sofar > 0 && first.is_nan() {
                first = now;
            }
            if sofar < count {
                last = now;
            }
            if line.last().is_none_or(|(x, _)| now - x >= 1.0) {
                line.push((now, sofar as f64));
                // The tokens were issued one after the other, from 0 to `warm_at`.
                let share = |from: f64| ((now - from) / warm_at.as_secs_f64()).clamp(0.0, 1.0) * count as f64;
                expired_line.push((now, share(expiry)));
                due_line.push((now, share(expiry - 0.02 * expiry)));
            }
            clock.advance(STEP);
        }
        let outcome = Outcome {
            channels: count,
            reads,
            waited,
            refreshed: refreshed.load(Ordering::Relaxed),
            took: last - first,
            to_spare: expiry - last,
        };
        let curve = Curve {
            title: "100,000 tokens that expire in the same minute; 64 calls of 20 ms at a time",
            x: "seconds since the first token was issued",
            y: "channels",
            logarithmic: false,
            lines: vec![
                Line { name: "replaced", color: "#06c755", points: line },
                Line { name: "callers would have to wait", color: "#e8a33d", points: due_line },
                Line { name: "expired, if not replaced", color: "#d33", points: expired_line },
            ],
        };
        Ok((outcome, curve))
    })
}

async fn settle() {
    for _ in 0..4 {
        tokio::task::yield_now().await;
    }
}
